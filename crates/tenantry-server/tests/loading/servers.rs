//! Servers with a plugin from a store.

use std::fs;

use http::StatusCode;
use tempfile::TempDir;
use tenantry::Config;
use tenantry_server::{
    MultiTenantServer,
    loading::{Cache, LoadOptions, LoadingStrategy, Remote, Source},
};

use crate::{
    archive::{count, plugin},
    web_server::{Answer, Web},
};

const PLUGIN: &str = "export default async () => {}";

/// A server with two tenants, which begin with a plugin from there.
fn server(folder: &TempDir, remote: Remote) -> MultiTenantServer {
    let tenants = folder.path().join("tenants");
    for tenant in ["acme", "globex"] {
        fs::create_dir_all(tenants.join(tenant)).unwrap();
    }
    MultiTenantServer::builder()
        .config(Config::builder())
        .set("server.port", 0)
        .tenants(tenants)
        .plugins(folder.path().join("plugins"))
        .strategy("web", remote)
        .plugin_from("greeting", Source::new("web", "plugin.tgz"))
        .build()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_store_away_every_tenant_begins_with_the_plugin_that_came_last() {
    let folder = TempDir::new().unwrap();
    let cache = Cache::open(folder.path().join("cache"), 1 << 30).unwrap();
    let web = Web::start(Answer::File(plugin(PLUGIN))).await;
    let remote = || Remote::open(web.url(), [("timeout", "30s")], &cache).unwrap();
    let first = server(&folder, remote());
    first.ready().await.unwrap();
    assert_eq!(first.tenant_stats().loaded, 2);
    first.stop().await;

    web.set(Answer::Status(StatusCode::BAD_REQUEST));
    let second = server(&folder, remote());
    second.ready().await.unwrap();
    let stats = second.tenant_stats();
    assert_eq!(stats.loaded, 2, "{stats:?}");
    second.stop().await;
}

#[tokio::test]
async fn a_plugin_stays_in_the_cache_for_as_long_as_a_tenant_has_it() {
    let folder = TempDir::new().unwrap();
    let cache = Cache::open(folder.path().join("cache"), 0).unwrap();
    let web = Web::start(Answer::File(plugin(PLUGIN))).await;
    let remote = || Remote::open(web.url(), [("timeout", "30s")], &cache).unwrap();
    let server = server(&folder, remote());
    server.ready().await.unwrap();
    assert_eq!(server.tenant_stats().loaded, 2);

    web.set(Answer::File(plugin("export default 2")));
    let _other = remote().load("other.tgz", &LoadOptions::default()).await.unwrap();
    // Of each a folder, and what says that it is whole.
    assert_eq!(count(folder.path().join("cache/content")), 4);
    server.stop().await;
}
