//! What an application sees of tenants' versions while they are being migrated.

use std::time::{Duration, Instant};

use tenantry::{Error, TenantManager, Version};
use tenantry_migrate::{MigrateOptions, Migrator};

use crate::support::{Project, USERS, id, migrate_all};

/// Waits for whoever holds the lock, in the schema of `slow` alone.
const ORDERS: (&str, &str) = (
    "0002_orders.sql",
    "CREATE TABLE orders ();\n\
     SELECT pg_advisory_xact_lock(7) WHERE current_schema() = 'tenant_slow';",
);

#[tokio::test]
async fn a_tenant_is_served_once_its_migration_is_committed_and_others_do_not_wait_for_it() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["quick", "slow"]).await;
    migrate_all(&project.migrator().await).await;
    project.tenant_file(ORDERS.0, ORDERS.1);

    // The application: a process of its own, as far as PostgreSQL can see.
    let config = project.config().load().unwrap();
    let application = TenantManager::connect(config).await.unwrap();
    let versions = application.versions();
    let needed = Version::at_least("0002_orders");
    for tenant in ["quick", "slow"] {
        let refused = versions.require(&id(tenant), &needed).await;
        assert!(matches!(refused, Err(Error::Migrating(_))), "{tenant}: {refused:?}");
    }

    let gate = project.client().await;
    gate.batch_execute("SELECT pg_advisory_lock(7)").await.unwrap();
    let migrator = Migrator::new(project.manager().await);
    let options = MigrateOptions::new().concurrency(2);
    let meanwhile = async {
        until_served(&application, "quick", &needed).await;
        // The other one is in the middle of it: what is not committed is not there.
        let refused = versions.require(&id("slow"), &needed).await;
        assert!(matches!(refused, Err(Error::Migrating(_))), "{refused:?}");
        gate.batch_execute("SELECT pg_advisory_unlock(7)").await.unwrap();
    };
    let (report, ()) = tokio::join!(migrator.migrate_all(&options), meanwhile);
    let report = report.unwrap();
    assert_eq!(report.succeeded, 2, "{:?}", report.failures().next());
    let start = Instant::now();
    until_served(&application, "slow", &needed).await;
    assert!(start.elapsed() < Duration::from_millis(1500), "{:?}", start.elapsed());
}

async fn until_served(application: &TenantManager, tenant: &str, needed: &Version) {
    let start = Instant::now();
    while application.versions().require(&id(tenant), needed).await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(10), "{tenant} is never served");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A tenant's schema may be its own: its ledger may be anything, and is no reason for a panic.
#[tokio::test]
async fn a_ledger_of_other_types_is_read_and_its_rows_with_holes_do_not_count() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme", "text"]).await;
    migrate_all(&project.migrator().await).await;
    let sql = "ALTER TABLE tenant_acme.tenantry_migrations ALTER number TYPE integer, \
                 ALTER name DROP NOT NULL; \
               INSERT INTO tenant_acme.tenantry_migrations \
                 VALUES (9, NULL, 'x', now(), 1, NULL, NULL, NULL); \
               ALTER TABLE tenant_text.tenantry_migrations ALTER number TYPE text USING 'one'";
    project.client().await.batch_execute(sql).await.unwrap();
    let application = TenantManager::connect(project.config().load().unwrap()).await.unwrap();
    let versions = application.versions();
    versions.require(&id("acme"), &Version::at_least("0001")).await.unwrap();
    let refused = versions.require(&id("acme"), &Version::at_least("0009")).await;
    assert!(matches!(refused, Err(Error::Migrating(_))), "{refused:?}");
    let refused = versions.require(&id("text"), &Version::at_least("0001")).await;
    assert_eq!(refused.unwrap_err().sqlstate(), Some("22P02"));
}
