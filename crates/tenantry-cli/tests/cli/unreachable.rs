use crate::support::{Project, USERS, run};

const VERBS: [&str; 8] = [
    "status",
    "migrate --all",
    "migrate --all --dry-run",
    "health",
    "tenant create acme",
    "tenant list",
    "tenant show acme",
    "tenant drop acme --yes",
];

#[tokio::test]
async fn every_verb_exits_with_3_when_there_is_no_server() {
    let project = Project::with(&[USERS]).await;
    for verb in VERBS {
        let mut command = project.command(&format!("--json {verb}"));
        command.env("DATABASE_URL", "postgres://app:secret@127.0.0.1:1/app");
        let ran = run(command).await;
        assert_eq!(ran.status, 3, "{verb}: {ran:?}");
        assert_eq!(ran.json()["error"]["code"], "DATABASE_UNAVAILABLE", "{verb}");
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains("127.0.0.1:1") && !said.contains("secret"), "{said}");
    }
}

#[tokio::test]
async fn a_database_that_does_not_exist_cannot_be_reached_either() {
    let project = Project::with(&[USERS]).await;
    let mut command = project.command("status");
    command.env("DATABASE_URL", format!("{}_nowhere", project.db.url()));
    let ran = run(command).await;
    assert_eq!(ran.status, 3);
    assert!(ran.stderr.contains("does not exist (SQLSTATE 3D000)"), "{}", ran.stderr);
}
