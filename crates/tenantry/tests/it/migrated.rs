use std::time::Duration;

use tenantry::{Migrated, TenantDb, TenantId, TenantManager};
use tokio::{sync::broadcast::Receiver, time::timeout};

use crate::support::{World, config, until};

const SELECT: &str = "SELECT * FROM whose";

/// A second process.
async fn another(world: &World) -> TenantManager {
    TenantManager::connect(config(&world.db.url()).load().unwrap()).await.unwrap()
}

/// Adds a column, as a migration does.
async fn migrate(tenants: &TenantManager, id: &TenantId, column: &str) {
    let schema = tenants.schema_name(id).unwrap().quoted();
    let sql = format!("ALTER TABLE {schema}.whose ADD {column}");
    tenants.shared().batch_execute(&sql).await.unwrap();
}

async fn columns(db: &mut TenantDb) -> usize {
    db.query(SELECT, &[]).await.unwrap()[0].len()
}

/// Until an announcement that concerns the tenant has been heard.
async fn heard(announcements: &mut Receiver<Migrated>, id: &TenantId) -> Migrated {
    let heard = async {
        loop {
            let migrated = announcements.recv().await.unwrap();
            if migrated.concerns(id) {
                return migrated;
            }
        }
    };
    timeout(Duration::from_secs(1), heard).await.expect("it is heard within a second")
}

#[tokio::test]
async fn after_a_migration_no_process_meets_a_statement_that_no_longer_fits() {
    let world = World::new().await;
    let ids = world.tenants(2).await;
    let other = another(&world).await;
    let mut announcements = world.tenants.on_migrated();
    let (mut db, mut untouched) =
        (world.tenants.db(&ids[0]).unwrap(), world.tenants.db(&ids[1]).unwrap());
    for _ in 0..10 {
        assert_eq!((columns(&mut db).await, columns(&mut untouched).await), (2, 2));
    }
    let running = tokio::spawn({
        let mut db = db.clone();
        async move { db.query("SELECT pg_sleep(0.5) FROM whose", &[]).await }
    });
    let mut tx = db.begin().await.unwrap();
    tx.query("SELECT 1", &[]).await.unwrap();

    migrate(&other, &ids[0], "note text").await;
    other.catalog().announce_migrated(&ids[..1]).await.unwrap();
    let migrated = heard(&mut announcements, &ids[0]).await;
    assert_eq!(migrated, Migrated::Tenants(ids[..1].into()));

    for _ in 0..10 {
        assert_eq!((columns(&mut db).await, columns(&mut untouched).await), (3, 2));
    }
    // There it could not be run once more.
    assert_eq!(tx.query(SELECT, &[]).await.unwrap()[0].len(), 3);
    tx.commit().await.unwrap();
    running.await.unwrap().expect("what runs goes on");
    assert_eq!(world.tenants.statement_counts().retried, 0);
    assert_eq!(world.tenants.pool_stats().counters.closed, 0, "no connection is lost");
}

#[tokio::test]
async fn who_does_not_hear_of_a_migration_runs_the_statement_once_more() {
    let world = World::new().await;
    let id = world.tenant("acme").await;
    let mut db = world.tenants.db(&id).unwrap();
    for _ in 0..10 {
        columns(&mut db).await;
    }
    migrate(&world.tenants, &id, "note text").await;
    assert_eq!(columns(&mut db).await, 3);
    assert_eq!(world.tenants.statement_counts().retried, 1);
}

#[tokio::test]
async fn whoever_announces_a_migration_is_right_at_once() {
    let world = World::new().await;
    let id = world.tenant("acme").await;
    let mut db = world.tenants.db(&id).unwrap();
    for (count, column) in ["a int", "b int", "c int"].into_iter().enumerate() {
        for _ in 0..10 {
            assert_eq!(columns(&mut db).await, 2 + count);
        }
        migrate(&world.tenants, &id, column).await;
        world.tenants.catalog().announce_migrated(std::slice::from_ref(&id)).await.unwrap();
    }
    assert_eq!(columns(&mut db).await, 5);
    assert_eq!(world.tenants.statement_counts().retried, 0);
}

/// What a statement was prepared on is closed on the server, and the number of those kept does not
/// grow with every migration.
#[tokio::test]
async fn statements_of_before_a_migration_are_closed() {
    let world = World::with(|config| config.set("connection.max_connections", 2)).await;
    let id = world.tenant("acme").await;
    let mut db = world.tenants.db(&id).unwrap();
    for _ in 0..10 {
        columns(&mut db).await;
        world.tenants.catalog().announce_migrated(std::slice::from_ref(&id)).await.unwrap();
    }
    let sql = format!("SELECT count(*) FROM pg_prepared_statements WHERE statement = '{SELECT}'");
    let left = || {
        let (mut db, sql) = (db.clone(), sql.as_str());
        async move { db.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) <= 1 }
    };
    until("the old ones are closed", left).await;
}

/// Announcements made while nobody could hear them are made up for.
#[tokio::test]
async fn after_the_listener_has_connected_anew_everybody_counts_as_migrated() {
    let world = World::new().await;
    let ids = world.tenants(2).await;
    let mut announcements = world.tenants.on_migrated();
    let mut db = world.tenants.db(&ids[1]).unwrap();
    let mut shared = world.tenants.shared();
    let in_shared = "SELECT * FROM public.plans";
    shared.batch_execute("CREATE TABLE plans (name text)").await.unwrap();
    // On two connections: the listener takes one of them later.
    let side_by_side = [db.begin().await.unwrap(), db.begin().await.unwrap()];
    for mut tx in side_by_side {
        assert_eq!(tx.query(SELECT, &[]).await.unwrap()[0].len(), 2);
        tx.rollback().await.unwrap();
    }
    let side_by_side = [shared.begin().await.unwrap(), shared.begin().await.unwrap()];
    for mut tx in side_by_side {
        tx.query(in_shared, &[]).await.unwrap();
        tx.rollback().await.unwrap();
    }
    let outside = world.db.connect().await;
    let alter = "ALTER TABLE tenant_t1.whose ADD note text; ALTER TABLE plans ADD price int";
    outside.batch_execute(alter).await.unwrap();
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE query ~ 'tenants_version' AND state = 'idle' AND datname = current_database()";
    until("the listener's connection is cut", async || {
        outside.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) >= 1
    })
    .await;
    let again = timeout(Duration::from_secs(5), announcements.recv()).await.unwrap();
    assert_eq!(again.unwrap(), Migrated::All);
    assert_eq!(columns(&mut db).await, 3);
    shared.query(in_shared, &[]).await.unwrap();
    assert_eq!(world.tenants.statement_counts().retried, 0);
}

#[tokio::test]
async fn the_shared_schemas_statements_are_prepared_anew_when_all_are_migrated() {
    let world = World::new().await;
    let other = another(&world).await;
    let mut announcements = world.tenants.on_migrated();
    let mut shared = world.tenants.shared();
    shared.batch_execute("CREATE TABLE plans AS SELECT 'basic' AS name").await.unwrap();
    for _ in 0..10 {
        shared.query("SELECT * FROM plans", &[]).await.unwrap();
    }
    other.shared().batch_execute("ALTER TABLE plans ADD price int").await.unwrap();
    other.catalog().announce_all_migrated().await.unwrap();
    let heard = timeout(Duration::from_secs(1), announcements.recv()).await.unwrap();
    assert_eq!(heard.unwrap(), Migrated::All);
    assert_eq!(shared.query("SELECT * FROM plans", &[]).await.unwrap()[0].len(), 2);
    assert_eq!(world.tenants.statement_counts().retried, 0);
}
