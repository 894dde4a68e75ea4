//! Servers with tenants in an S3-speaking store.

use bytes::Bytes;
use http::Request;
use tempfile::TempDir;
use tenantry::Config;
use tenantry_server::{
    MultiTenantServer, MultiTenantServerBuilder,
    loading::{Cache, Source},
};

use crate::{
    archive::{sha256, tgz},
    s3_server::S3,
};

/// An archive of a tenant that answers with this word.
fn tenant(word: &str) -> Vec<u8> {
    tgz(&[("package/config.json", "{}"), ("package/routes/index.mjs", &routes(word))])
}

fn routes(word: &str) -> String {
    format!("export default async (fastify) => {{ fastify.get('/', async () => '{word}') }}")
}

fn builder(folder: &TempDir) -> MultiTenantServerBuilder {
    MultiTenantServer::builder()
        .config(Config::builder())
        .set("server.port", 0)
        .tenants(folder.path().join("tenants"))
        .plugins(folder.path().join("plugins"))
}

/// A server whose tenant `acme` is this source, in a store named `bucket`.
fn server(folder: &TempDir, s3: &S3, source: Source) -> MultiTenantServer {
    let cache = Cache::open(folder.path().join("cache"), 1 << 30).unwrap();
    let builder = builder(folder).strategy("bucket", s3.remote("", &cache));
    builder.tenant_from("acme", source).build().unwrap()
}

/// The status and the body of what a tenant answers.
async fn answer(server: &MultiTenantServer, tenant: &str) -> (u16, String) {
    let request = Request::get("/").header("x-tenant-id", tenant).body(Bytes::new()).unwrap();
    let answer = server.inject(request).await;
    (answer.status().as_u16(), String::from_utf8_lossy(answer.body()).into_owned())
}

fn says(word: &str) -> (u16, String) {
    (200, word.to_owned())
}

#[tokio::test]
async fn a_reload_asks_by_the_etag_and_what_has_not_changed_does_not_come_again() {
    let (s3, folder) = (S3::start().await, TempDir::new().unwrap());
    s3.put("acme.tgz", tenant("one")).await;
    let server = server(&folder, &s3, Source::new("bucket", "acme.tgz"));
    server.ready().await.unwrap();
    assert_eq!(s3.log(), ["GET /code/acme.tgz 200"]);
    assert_eq!(answer(&server, "acme").await, says("one"));
    assert!(s3.log().is_empty(), "no request asks the store");

    server.reload_tenant("acme").await.unwrap();
    assert_eq!(s3.log(), ["GET /code/acme.tgz 304"]);
    assert_eq!(answer(&server, "acme").await, says("one"));

    assert!(server.unload_tenant("acme").await.unwrap());
    assert_eq!(answer(&server, "acme").await, says("one"));
    assert_eq!(s3.log(), ["GET /code/acme.tgz 304"], "its next request loads it again");
    server.stop().await;
}

#[tokio::test]
async fn a_reload_has_the_new_version_of_an_archive_that_has_changed() {
    let (s3, folder) = (S3::start().await, TempDir::new().unwrap());
    s3.put("acme.tgz", tenant("one")).await;
    let server = server(&folder, &s3, Source::new("bucket", "acme.tgz"));
    assert_eq!(answer(&server, "acme").await, says("one"));
    for (before, word) in [("one", "two"), ("two", "three")] {
        s3.put("acme.tgz", tenant(word)).await;
        assert_eq!(answer(&server, "acme").await, says(before), "nobody has asked for another");
        server.reload_tenant("acme").await.unwrap();
        assert_eq!(s3.log(), ["GET /code/acme.tgz 200"]);
        assert_eq!(answer(&server, "acme").await, says(word));
    }
    // What was there once is in the cache, and comes from the store all the same: its ETag is not the last one's.
    s3.put("acme.tgz", tenant("one")).await;
    server.reload_tenant("acme").await.unwrap();
    assert_eq!(s3.log(), ["GET /code/acme.tgz 200"]);
    assert_eq!(answer(&server, "acme").await, says("one"));
    server.stop().await;
}

#[tokio::test]
async fn a_new_version_that_cannot_be_loaded_is_told_and_the_old_one_stays() {
    let (mut s3, folder) = (S3::start().await, TempDir::new().unwrap());
    s3.put("acme.tgz", tenant("one")).await;
    let server = server(&folder, &s3, Source::new("bucket", "acme.tgz"));
    server.ready().await.unwrap();
    s3.put("acme.tgz", "no archive").await;
    let error = server.reload_tenant("acme").await.unwrap_err();
    assert_eq!(error.code(), "TENANT_BROKEN");
    assert!(error.to_string().contains("\"acme.tgz\""), "{error}");
    assert_eq!(answer(&server, "acme").await, says("one"));
    // A store that is away is no mistake.
    s3.stop().await;
    server.reload_tenant("acme").await.unwrap();
    assert_eq!(answer(&server, "acme").await, says("one"));
    server.stop().await;
}

#[tokio::test]
async fn a_tenant_that_is_pinned_is_that_archive_or_none() {
    let (s3, folder) = (S3::start().await, TempDir::new().unwrap());
    let good = tenant("good");
    let pinned = Source::new("bucket", "acme.tgz").with("sha256", sha256(&good));
    s3.put("acme.tgz", tenant("evil")).await;
    let server = server(&folder, &s3, pinned);
    let error = server.init_tenant("acme").await.unwrap_err();
    assert_eq!(error.code(), "TENANT_BROKEN");
    let digests = [sha256(&good), sha256(&tenant("evil"))];
    for word in ["acme.tgz", digests[0].as_str(), digests[1].as_str()] {
        assert!(error.to_string().contains(word), "{error}");
    }
    assert_eq!(answer(&server, "acme").await.0, 503);

    s3.put("acme.tgz", good).await;
    server.init_tenant("acme").await.unwrap();
    assert_eq!(s3.log(), ["GET /code/acme.tgz 200"]);
    assert_eq!(answer(&server, "acme").await, says("good"));
    // From then on nobody has to be asked, whatever is there now.
    s3.put("acme.tgz", tenant("evil")).await;
    server.reload_tenant("acme").await.unwrap();
    assert_eq!(answer(&server, "acme").await, says("good"));
    assert!(s3.log().is_empty());
    server.stop().await;
}

#[tokio::test]
async fn a_bucket_of_the_configuration_has_tenants_as_archives_and_as_prefixes() {
    let (s3, folder) = (S3::start().await, TempDir::new().unwrap());
    s3.put("tenants/acme.tgz", tenant("acme one")).await;
    s3.put("tenants/globex/routes/index.mjs", routes("globex one")).await;
    s3.put("tenants/globex/config.json", "{}").await;
    s3.put("elsewhere/initech.tgz", tenant("initech")).await;
    let mut builder = builder(&folder)
        .set("loading.cache", folder.path().join("cache"))
        .set("tenants.from", ["bucket"])
        .set("tenants.sources.pinned.strategy", "bucket")
        .set("tenants.sources.pinned.key", "acme.tgz")
        .set("tenants.sources.pinned.sha256", sha256(&tenant("acme one")));
    for (key, value) in s3.settings("tenants") {
        builder = builder.set(&format!("loading.bucket.{key}"), value);
    }
    let server = builder.build().unwrap();
    server.ready().await.unwrap();
    let stats = server.tenant_stats();
    assert_eq!((stats.loaded, stats.by_type["bucket"]), (3, 3), "{stats:?}");
    for (id, word) in [("acme", "acme one"), ("globex", "globex one"), ("pinned", "acme one")] {
        assert_eq!(answer(&server, id).await, says(word));
    }
    assert_eq!(answer(&server, "initech").await.0, 404);

    // Of a prefix whose objects are as they were, nothing comes but their list.
    s3.log();
    server.reload_tenant("globex").await.unwrap();
    let log = s3.log();
    assert!(log.iter().all(|line| !line.contains("/globex/")), "{log:?}");
    s3.put("tenants/acme.tgz", tenant("acme two")).await;
    s3.put("tenants/globex/routes/index.mjs", routes("globex two")).await;
    for id in ["acme", "globex", "pinned"] {
        server.reload_tenant(id).await.unwrap();
    }
    for (id, word) in [("acme", "acme two"), ("globex", "globex two"), ("pinned", "acme one")] {
        assert_eq!(answer(&server, id).await, says(word));
    }
    server.stop().await;
}
