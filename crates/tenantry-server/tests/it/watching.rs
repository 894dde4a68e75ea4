use std::time::{Duration, Instant};

use tenantry_server::MultiTenantServer;

use crate::support::{Project, get};

fn version(number: u32) -> String {
    format!("export default async (fastify) => {{ fastify.get('/', async () => '{number}') }}")
}

/// Until the tenant answers so; how long that took.
async fn answers(server: &MultiTenantServer, tenant: &str, text: &str) -> Duration {
    let start = Instant::now();
    loop {
        if get(server, tenant, "/").await.text == text {
            return start.elapsed();
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{tenant} never answered {text}");
        tokio::task::yield_now().await;
    }
}

fn loads(server: &MultiTenantServer, id: &str) -> u64 {
    let stats = server.tenant_stats();
    stats.tenants.iter().find(|tenant| tenant.id == id).unwrap().loads
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_is_reloaded_and_nobody_else() {
    let project = Project::new(&[
        ("tenants/acme/routes/index.mjs", &version(1)),
        ("tenants/globex/routes/index.mjs", &version(1)),
    ]);
    let server = project.server();
    server.ready().await.unwrap();
    let _watch = server.watch().unwrap();
    let mut fastest = Duration::MAX;
    for number in 2..6 {
        project.write("tenants/acme/routes/index.mjs", &version(number));
        fastest = fastest.min(answers(&server, "acme", &number.to_string()).await);
    }
    // How fast it is otherwise is measured in `bench/`.
    assert!(fastest < Duration::from_secs(1), "{fastest:?}");
    assert_eq!(loads(&server, "globex"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn folders_come_and_go_and_mistakes_are_mended() {
    let project = Project::with_routes(&version(1));
    let server = project.server();
    server.ready().await.unwrap();
    let _watch = server.watch().unwrap();
    project.write("tenants/globex/routes/index.mjs", &version(7));
    answers(&server, "globex", "7").await;
    project.write("tenants/acme/routes/index.mjs", "export default (");
    project.write("tenants/acme/routes/index.mjs", &version(2));
    answers(&server, "acme", "2").await;
    std::fs::remove_dir_all(project.path("tenants/globex")).unwrap();
    while get(&server, "globex", "/").await.status != 404 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_for_all_reloads_all() {
    let plugin = |word: &str| {
        format!(
            "export default async (fastify) => {{ fastify.get('/plugin', async () => '{word}') }}"
        )
    };
    let project = Project::new(&[
        ("tenants/acme/routes/index.mjs", &version(1)),
        ("plugins/word/index.mjs", &plugin("one")),
    ]);
    let server = project.server();
    server.init_tenant("acme").await.unwrap();
    assert_eq!(get(&server, "acme", "/plugin").await.text, "one");
    let _watch = server.watch().unwrap();
    project.write("plugins/word/index.mjs", &plugin("two"));
    let start = Instant::now();
    while get(&server, "acme", "/plugin").await.text != "two" {
        assert!(start.elapsed() < Duration::from_secs(10));
        tokio::task::yield_now().await;
    }
}

/// A plugin with one route, which says a word.
fn saying(word: &str) -> String {
    format!("export default async (fastify) => {{ fastify.get('/plugin', async () => '{word}') }}")
}

/// Until acme's route of the plugin is answered so.
async fn says(server: &MultiTenantServer, status: u16, text: &str) {
    let start = Instant::now();
    loop {
        let answer = get(server, "acme", "/plugin").await;
        if answer.status == status && answer.text.contains(text) {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(10), "never {status} {text}: {answer:?}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_of_plugins_that_comes_later_is_watched_too() {
    let project = Project::with_routes(&version(1));
    let server = project.server();
    server.ready().await.unwrap();
    let _watch = server.watch().unwrap();
    for round in ["first", "second"] {
        project.write("plugins/word/index.mjs", &saying(round));
        says(&server, 200, round).await;
        project.write("plugins/word/index.mjs", &saying("changed"));
        says(&server, 200, "changed").await;
        std::fs::remove_dir_all(project.path("plugins")).unwrap();
        says(&server, 404, "").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_of_tenants_that_goes_and_comes_again_is_watched_on() {
    let project = Project::with_routes(&version(1));
    let server = project.server();
    server.ready().await.unwrap();
    let _watch = server.watch().unwrap();
    std::fs::remove_dir_all(project.path("tenants")).unwrap();
    let start = Instant::now();
    while get(&server, "acme", "/").await.status != 404 {
        assert!(start.elapsed() < Duration::from_secs(10), "it is never gone");
        tokio::task::yield_now().await;
    }
    for number in 2..5 {
        project.write("tenants/acme/routes/index.mjs", &version(number));
        answers(&server, "acme", &number.to_string()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_kept_out_by_a_plugin_is_let_in_when_that_is_mended() {
    let project = Project::with_routes(&version(1));
    project.write("plugins/word/index.mjs", "export default (");
    let server = project.server();
    assert_eq!(get(&server, "acme", "/").await.code(), "TENANT_BROKEN");
    // Each failure doubles how long it is not tried again: for half a minute in the end.
    for _ in 0..6 {
        server.reload_tenant("acme").await.unwrap_err();
    }
    let _watch = server.watch().unwrap();
    project.write("plugins/word/index.mjs", &saying("mended"));
    says(&server, 200, "mended").await;
}
