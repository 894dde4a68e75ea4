use crate::support::{run, tenantry};

#[tokio::test]
async fn each_shell_gets_a_script_that_knows_the_verbs() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = run(tenantry(&format!("completion {shell}"))).await.done();
        for word in ["migrate", "concurrency", "demo"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[tokio::test]
async fn as_json_it_is_one_document_with_the_script() {
    let ran = run(tenantry("--json completion bash")).await;
    let document = ran.json();
    assert_eq!(document["shell"], "bash");
    assert!(document["script"].as_str().unwrap().contains("_tenantry()"));
}

#[tokio::test]
async fn another_shell_is_a_usage_error() {
    let ran = run(tenantry("completion tcsh")).await;
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("[possible values: bash, elvish, fish, powershell, zsh]"));
}
