use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
};

use futures_util::future::join_all;
use tenantry_server::MultiTenantServer;

use crate::support::{Project, get};

fn version(number: u32) -> String {
    format!(
        "export default async (fastify) => {{
           fastify.get('/', async () => 'version {number}')
           fastify.get('/slow', async () => {{ await new Promise((done) => setTimeout(done, 200)); return 'slow {number}' }})
         }}"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reloads_under_load_drop_no_request() {
    let project = Project::with_routes(&version(0));
    let server = project.server();
    server.ready().await.unwrap();
    let (done, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let clients = (0..8).map(|_| {
        let (server, done, answered) = (server.clone(), Arc::clone(&done), Arc::clone(&answered));
        tokio::spawn(async move {
            while !done.load(SeqCst) {
                let answer = get(&server, "acme", "/").await;
                assert!(answer.text.starts_with("version "), "{answer:?}");
                answered.fetch_add(1, SeqCst);
            }
        })
    });
    let clients: Vec<_> = clients.collect();
    for number in 1..=30 {
        project.write("tenants/acme/routes/index.mjs", &version(number));
        server.reload_tenant("acme").await.unwrap();
        assert_eq!(get(&server, "acme", "/").await.text, format!("version {number}"));
    }
    done.store(true, SeqCst);
    for client in clients {
        client.await.unwrap();
    }
    assert!(answered.load(SeqCst) > 100, "there was load: {answered:?}");
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_request_ends_in_the_version_it_began_in() {
    let project = Project::with_routes(&version(1));
    let server = project.server();
    server.ready().await.unwrap();
    let slow = tokio::spawn({
        let server = server.clone();
        async move { get(&server, "acme", "/slow").await.text }
    });
    while server.tenant_stats().tenants[0].open == 0 {
        tokio::task::yield_now().await;
    }
    project.write("tenants/acme/routes/index.mjs", &version(2));
    server.reload_tenant("acme").await.unwrap();
    assert_eq!(get(&server, "acme", "/").await.text, "version 2");
    assert_eq!(slow.await.unwrap(), "slow 1");
}

#[tokio::test]
async fn a_new_version_that_fails_is_told_and_the_old_one_stays() {
    let project = Project::with_routes(&version(1));
    let server = project.server();
    server.ready().await.unwrap();
    project.write("tenants/acme/routes/index.mjs", "export default (");
    let error = server.reload_tenant("acme").await.unwrap_err();
    assert_eq!(error.code(), "TENANT_BROKEN");
    assert!(error.to_string().contains("routes/index.mjs:1:"), "{error}");
    assert_eq!(get(&server, "acme", "/").await.text, "version 1");
}

fn many(count: usize) -> Project {
    let project = Project::new(&[]);
    for number in 0..count {
        let path = format!("tenants/t{number}/routes/index.mjs");
        project.write(
            &path,
            "export default async (fastify) => { fastify.get('/', async (request) => request.tenantId) }",
        );
    }
    project
}

#[tokio::test]
async fn beyond_the_limit_the_least_recently_used_are_unloaded() {
    let project = many(5);
    let server = project.builder().set("security.maxConcurrentTenants", 3).build().unwrap();
    for number in 0..5 {
        let id = format!("t{number}");
        assert_eq!(get(&server, &id, "/").await.text, id);
        assert!(server.tenant_stats().loaded <= 3);
    }
    let loaded: Vec<String> = server
        .tenant_stats()
        .tenants
        .into_iter()
        .filter_map(|tenant| tenant.loaded.then_some(tenant.id))
        .collect();
    assert_eq!(loaded, ["t2", "t3", "t4"]);
    assert_eq!(get(&server, "t0", "/").await.text, "t0", "loaded again by its request");
}

/// The process's own memory, in megabytes.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() / 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_is_flat_over_reloads_loads_and_unloads() {
    let project = many(4);
    let server = project.builder().set("tenants.maxConcurrent", 2).build().unwrap();
    let round = async |server: &MultiTenantServer, times: usize| {
        for number in 0..times {
            let ids = [format!("t{}", number % 4), format!("t{}", (number + 1) % 4)];
            let answers = join_all(ids.iter().map(|id| get(server, id, "/"))).await;
            assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
            server.reload_tenant(&ids[0]).await.unwrap();
        }
    };
    round(&server, 40).await;
    let before = resident();
    round(&server, 160).await;
    let after = resident();
    assert!(after < before + 24, "from {before} MB to {after} MB");
    assert!(server.stop().await);
}
