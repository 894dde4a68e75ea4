use std::time::{Duration, Instant};

use tenantry::{Error, NewTenant, TenantId, TenantManager, TenantStatus};

use crate::support::{World, config, until};

fn id(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

/// The memory the process holds; 0 where the system does not tell so.
fn resident_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[tokio::test]
async fn an_unknown_tenant_takes_no_connection_and_evicts_nobody() {
    let world = World::with(|config| config.set("isolation.max_pools", 10)).await;
    let known = world.tenant("acme").await;
    let mut db = world.tenants.db(&known).unwrap();
    db.query("SELECT 1 FROM whose", &[]).await.unwrap();
    let before = world.tenants.pool_stats();
    let memory = resident_kilobytes();
    for number in 0..10_000 {
        let error = world.tenants.tenant(&id(&format!("u{number}"))).await.unwrap_err();
        assert_eq!(error.code(), "TENANT_NOT_FOUND");
    }
    let grown = resident_kilobytes().saturating_sub(memory);
    assert!(grown < 1024, "{grown} KB more for tenants that are not there");
    let after = world.tenants.pool_stats();
    // The listener's session counts leases of nobody; none was added for these.
    assert_eq!(after.counters.leases, before.counters.leases);
    assert!(world.tenants.has_pool(&known));
}

#[tokio::test]
async fn a_change_is_seen_by_every_process_within_a_second() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let other = TenantManager::connect(config(&world.db.url()).load().unwrap()).await.unwrap();
    let mut handle = other.db(&acme).unwrap();
    handle.query("SELECT 1 FROM whose", &[]).await.unwrap();

    let start = Instant::now();
    world.tenants.catalog().set_status(&acme, TenantStatus::Suspended).await.unwrap();
    assert!(matches!(world.tenants.tenant(&acme).await, Err(Error::TenantSuspended(_))));
    until("the other sees it suspended", async || other.tenant(&acme).await.is_err()).await;
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    let error = handle.query("SELECT 1 FROM whose", &[]).await.unwrap_err();
    assert_eq!(error.code(), "TENANT_SUSPENDED", "handles made before hear of it, too");

    world.tenants.catalog().set_status(&acme, TenantStatus::Active).await.unwrap();
    until("the other sees it at work", async || other.tenant(&acme).await.is_ok()).await;
    handle.query("SELECT 1 FROM whose", &[]).await.unwrap();
    other.close().await.left.eq(&0).then_some(()).expect("closed");
}

#[tokio::test]
async fn a_change_made_by_sql_is_seen() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let outside = world.db.connect().await;
    outside.batch_execute("UPDATE tenantry.tenants SET status = 'archived'").await.unwrap();
    until("it is archived", async || {
        matches!(world.tenants.tenant(&acme).await, Err(Error::TenantArchived(_)))
    })
    .await;
    outside
        .batch_execute("INSERT INTO tenantry.domains VALUES ('acme.example.com', 'acme')")
        .await
        .unwrap();
    until("its domain is known", async || {
        matches!(
            world.tenants.tenant_by_domain("ACME.example.com").await,
            Err(Error::TenantArchived(_))
        )
    })
    .await;
    outside.batch_execute("DELETE FROM tenantry.tenants").await.unwrap();
    until("it is gone", async || {
        matches!(world.tenants.tenant(&acme).await, Err(Error::TenantNotFound(_)))
    })
    .await;
}

#[tokio::test]
async fn a_tenant_dropped_and_made_again_is_another_one() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let mut old = world.tenants.db(&acme).unwrap();
    old.query("SELECT 1 FROM whose", &[]).await.unwrap();
    world.tenants.catalog().delete(&acme).await.unwrap();
    world.tenants.catalog().create(NewTenant::new(acme.clone())).await.unwrap();
    let error = old.query("SELECT 1 FROM whose", &[]).await.unwrap_err();
    assert!(matches!(error, Error::TenantMoved(_)), "{error}");
    world.tenants.db(&acme).unwrap().query("SELECT 1 FROM whose", &[]).await.unwrap();
}

#[tokio::test]
async fn ids_schemas_and_domains_are_nobody_elses() {
    let world = World::new().await;
    let catalog = world.tenants.catalog();
    catalog.create(NewTenant::new(id("acme")).domain("Acme.Example.com")).await.unwrap();
    let schema = world.tenants.schema_name(&id("acme")).unwrap();
    for (new, reason) in [
        (NewTenant::new(id("acme")), "id"),
        (NewTenant::new(id("other")).schema(schema), "schema"),
        (NewTenant::new(id("other")).domain("acme.example.com"), "domain"),
    ] {
        let error = catalog.create(new).await.unwrap_err();
        assert_eq!(error.code(), "TENANT_EXISTS");
        assert!(error.to_string().contains(reason), "{error}");
    }
    assert_eq!(catalog.list().await.unwrap().len(), 1, "nothing is half made");
    let found = world.tenants.tenant_by_domain("ACME.example.COM").await.unwrap();
    assert_eq!(found.id, id("acme"));
}

#[tokio::test]
async fn a_schema_name_that_is_too_long_is_refused_before_sql() {
    let world = World::new().await;
    let long = id(&"a".repeat(60));
    let before = world.tenants.pool_stats().counters.leases;
    let error = world.tenants.catalog().create(NewTenant::new(long)).await.unwrap_err();
    assert_eq!(error.code(), "SCHEMA_NAME_INVALID");
    assert_eq!(world.tenants.pool_stats().counters.leases, before);
}

#[tokio::test]
async fn without_its_listener_a_lookup_reads_the_row_until_it_hears_again() {
    let world = World::with(|config| config.set("connection.max_connections", 2)).await;
    let acme = world.tenant("acme").await;
    let outside = world.db.connect().await;
    let db = world.tenants.db(&acme).unwrap();
    let first = db.begin().await.unwrap();
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \
                current_database() AND query LIKE '%last_value%' AND pid <> pg_backend_pid()";
    until("the listener's backend is killed", async || {
        outside.query(kill, &[]).await.unwrap().len() == 1
    })
    .await;
    // The whole budget is taken, so that it cannot come back.
    let second = db.begin().await.unwrap();
    until("the index counts no more", async || world.tenants.db(&acme).is_err()).await;
    let error = world.tenants.db(&acme).unwrap_err();
    assert!(matches!(error, Error::CatalogStale(_)), "{error}");
    let reading = world.tenants.tenant(&acme);
    let ending = async {
        first.rollback().await.unwrap();
        second.rollback().await.unwrap();
    };
    let (read, ()) = tokio::join!(reading, ending);
    assert_eq!(read.unwrap().id, acme);
    until("it hears again", async || {
        outside
            .query_one("UPDATE tenantry.tenants SET plan = 'pro' RETURNING 1", &[])
            .await
            .unwrap();
        world.tenants.tenant(&acme).await.unwrap().plan.as_deref() == Some("pro")
            && world.tenants.db(&acme).is_ok()
    })
    .await;
}

#[tokio::test]
async fn a_catalog_of_several_pages_is_read_whole_and_what_has_gone_meanwhile_is_gone() {
    let world = World::new().await;
    let outside = world.db.connect().await;
    let fill = "INSERT INTO tenantry.tenants (id, schema) \
                SELECT 't' || n, 'tenant_t' || n FROM generate_series(1, 1000) n";
    outside.batch_execute(fill).await.unwrap();
    let reader = TenantManager::connect(config(&world.db.url()).load().unwrap()).await.unwrap();
    for number in 1..=1000 {
        reader.tenant(&id(&format!("t{number}"))).await.unwrap();
    }

    // What happens while its listener is dead is seen when all is read again.
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \
                current_database() AND query LIKE '%last_value%' AND pid <> pg_backend_pid()";
    let change = "DELETE FROM tenantry.tenants WHERE id IN ('t1', 't500', 't999'); \
                  INSERT INTO tenantry.tenants (id, schema) VALUES ('zzz', 'tenant_zzz')";
    outside.batch_execute(&format!("{kill}; {change}")).await.unwrap();
    for gone in ["t1", "t500", "t999"] {
        until("it is gone", async || reader.tenant(&id(gone)).await.is_err()).await;
    }
    until("the new one is there", async || reader.tenant(&id("zzz")).await.is_ok()).await;
    assert_eq!(reader.catalog().list().await.unwrap().len(), 998);
    reader.tenant(&id("t1000")).await.unwrap();
    assert_eq!(reader.close().await.left, 0);
}

#[tokio::test]
async fn many_processes_may_make_the_catalog_at_once() {
    let db = tenantry_devdb::testing::TestDb::create().await;
    let connecting = (0..8).map(|_| TenantManager::connect(config(&db.url()).load().unwrap()));
    for made in futures_util::future::join_all(connecting).await {
        made.unwrap();
    }
}

#[tokio::test]
async fn a_reader_writes_nothing() {
    let db = tenantry_devdb::testing::TestDb::create().await;
    let config = config(&db.url()).load().unwrap();
    let reader =
        TenantManager::builder(config).read_only().without_listener().connect().await.unwrap();
    assert_eq!(reader.tenant(&id("acme")).await.unwrap_err().code(), "TENANT_NOT_FOUND");
    let outside = db.connect().await;
    let row = outside.query_one("SELECT to_regnamespace('tenantry') IS NULL", &[]).await.unwrap();
    assert!(row.get::<_, bool>(0));
}

#[tokio::test]
async fn tenants_are_discovered_from_schemas_a_query_or_a_function() {
    let world = World::new().await;
    world.tenants(2).await;
    let sql = "CREATE TABLE companies (id text, schema text, active bool); \
               INSERT INTO companies VALUES ('t0', 'tenant_t0', true), ('odd', 'tenant_t1', true), \
               ('asleep', 'tenant_t1', false)";
    world.tenants.shared().batch_execute(sql).await.unwrap();
    let base = || config(&world.db.url());

    let schemas = base().set("discovery.source", "schemas").load().unwrap();
    let schemas = TenantManager::connect(schemas).await.unwrap();
    assert_eq!(schemas.catalog().list().await.unwrap().len(), 2);

    let query = base()
        .set("discovery.source", "query")
        .set("discovery.query", "SELECT id, schema FROM companies WHERE active")
        .set("discovery.refresh_interval", "100ms")
        .load()
        .unwrap();
    let query = TenantManager::connect(query).await.unwrap();
    let mut odd = query.db(&id("odd")).unwrap();
    let row = odd.query_one("SELECT name FROM whose", &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "t1");
    assert!(query.tenant(&id("asleep")).await.is_err());
    world.tenants.shared().batch_execute("UPDATE companies SET active = true").await.unwrap();
    until("it is found", async || query.tenant(&id("asleep")).await.is_ok()).await;

    let function = TenantManager::builder(base().load().unwrap())
        .discovery(|mut db| async move {
            let rows = db.query("SELECT id FROM companies WHERE id LIKE 't%'", &[]).await?;
            rows.iter().map(|row| Ok(TenantId::parse(row.get(0))?)).collect()
        })
        .connect()
        .await
        .unwrap();
    function.db(&id("t0")).unwrap().query("SELECT 1 FROM whose", &[]).await.unwrap();
    assert_eq!(function.catalog().list().await.unwrap().len(), 1);
}
