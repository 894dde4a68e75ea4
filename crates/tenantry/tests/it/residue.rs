//! What one tenant's code leaves in a connection, the next one's never sees.

use tenantry::{TenantDb, TenantId};

use crate::support::{World, until};

/// A budget of two, one of them the listener's: everybody shares one backend.
async fn world() -> (World, TenantId, TenantId) {
    let world = World::with(|config| config.set("connection.max_connections", 2)).await;
    let (a, b) = (world.tenant("a").await, world.tenant("b").await);
    (world, a, b)
}

async fn text(db: &mut TenantDb, sql: &str) -> Option<String> {
    let row = db.query_one(sql, &[]).await.unwrap();
    row.get(0)
}

/// Runs `leave` for one tenant, often enough that a connection is held for it in the end, then
/// asks `look` of the other: it must give what it gives on a new connection.
async fn leaves_nothing(leave: &str, look: &str) {
    for times in [1, 8] {
        let (world, a, b) = world().await;
        let mut a = world.tenants.db(&a).unwrap();
        let mut b = world.tenants.db(&b).unwrap();
        let clean = text(&mut b, look).await;
        let pid = text(&mut b, "SELECT pg_backend_pid()::text").await;
        for _ in 1..times {
            a.query("SELECT name FROM whose", &[]).await.unwrap();
        }
        if leave.contains(';') {
            a.batch_execute(leave).await.unwrap();
        } else {
            a.query(leave, &[]).await.unwrap();
        }
        assert_eq!(text(&mut b, look).await, clean, "after {times} × {leave}");
        assert_eq!(text(&mut b, "SELECT pg_backend_pid()::text").await, pid, "the same backend");
        assert_eq!(text(&mut a, "SELECT name FROM whose").await.as_deref(), Some("a"));
    }
}

macro_rules! residue {
    ($($name:ident: $leave:literal, $look:literal;)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                leaves_nothing($leave, $look).await;
            }
        )*
    };
}

residue! {
    no_setting: "SET work_mem = '77MB'", "SELECT current_setting('work_mem')";
    no_setting_by_function: "SELECT set_config('work_mem', '77MB', false)",
        "SELECT current_setting('work_mem')";
    no_setting_of_its_own: "SELECT set_config('app.user', 'eve', false)",
        "SELECT nullif(current_setting('app.user', true), '')";
    no_search_path: "SET search_path = tenant_a, public", "SELECT current_setting('search_path')";
    no_search_path_in_a_batch: "COMMIT; SET search_path = tenant_a, public;",
        "SELECT current_setting('search_path')";
    no_role: "SET ROLE pg_read_all_data", "SELECT current_user::text";
    no_session_authorization: "SET SESSION AUTHORIZATION pg_monitor;", "SELECT session_user::text";
    no_temporary_table: "CREATE TEMP TABLE left_here (id int)",
        "SELECT to_regclass('left_here')::text";
    no_shadow: "CREATE TEMP TABLE whose AS SELECT 'evil' AS name", "SELECT name FROM whose";
    no_advisory_lock: "SELECT pg_advisory_lock(42)",
        "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()";
    no_cursor: "DECLARE left_open CURSOR WITH HOLD FOR SELECT 1",
        "SELECT count(*)::text FROM pg_cursors WHERE name = 'left_open'";
    no_listening: "LISTEN left_on", "SELECT string_agg(c, ',') FROM pg_listening_channels() c";
    no_prepared_statement: "PREPARE left_prepared AS SELECT 1",
        "SELECT count(*)::text FROM pg_prepared_statements WHERE from_sql";
    no_open_transaction: "BEGIN; UPDATE whose SET name = name;",
        "SELECT count(*)::text FROM pg_locks WHERE relation = 'tenant_a.whose'::regclass";
}

#[tokio::test]
async fn no_sequence_state() {
    let (world, a, b) = world().await;
    let mut a = world.tenants.db(&a).unwrap();
    let mut b = world.tenants.db(&b).unwrap();
    a.query("SELECT nextval('whose_id_seq')", &[]).await.unwrap();
    let error = b.query("SELECT lastval()", &[]).await.unwrap_err();
    assert_eq!(error.sqlstate(), Some("55000"));
}

#[tokio::test]
async fn a_session_leaves_nothing_either() {
    let (world, a, b) = world().await;
    let mut session = world.tenants.session(&a).await.unwrap();
    session
        .batch_execute(
            "LISTEN gossip; PREPARE p AS SELECT 1; CREATE TEMP TABLE t (id int); \
             SET work_mem = '77MB'; SELECT pg_advisory_lock(7)",
        )
        .await
        .unwrap();
    let pid = session.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get::<_, i32>(0);
    drop(session);
    let mut b = world.tenants.db(&b).unwrap();
    let look = "SELECT pg_backend_pid(), (SELECT count(*) FROM pg_prepared_statements WHERE \
                from_sql) + (SELECT count(*) FROM pg_listening_channels()) + (SELECT count(*) \
                FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) + \
                (to_regclass('t') IS NOT NULL)::int + (current_setting('work_mem') = '77MB')::int";
    let row = b.query_one(look, &[]).await.unwrap();
    assert_eq!((row.get::<_, i32>(0), row.get::<_, i64>(1)), (pid, 0));
}

#[tokio::test]
async fn a_notification_is_for_whoever_listens_now() {
    let (world, a, b) = world().await;
    let mut session = world.tenants.session(&a).await.unwrap();
    session.batch_execute("LISTEN gossip; NOTIFY gossip, 'for a'").await.unwrap();
    drop(session);
    let mut session = world.tenants.session(&b).await.unwrap();
    session.batch_execute("LISTEN gossip; NOTIFY gossip, 'for b'").await.unwrap();
    let heard = session.next_notification().await.unwrap();
    assert_eq!(heard.payload(), "for b");
}

#[tokio::test]
async fn a_held_connection_whose_tenant_changes_its_path_still_speaks_for_that_tenant() {
    let (world, a, _) = world().await;
    world.tenants.shared().batch_execute("CREATE TABLE whose (name text)").await.unwrap();
    let mut db = world.tenants.db(&a).unwrap();
    for leave in ["SET search_path = public", "SELECT set_config('search_path', 'public', false)"] {
        for _ in 0..8 {
            assert_eq!(text(&mut db, "SELECT name FROM whose").await.as_deref(), Some("a"));
        }
        db.query(leave, &[]).await.unwrap();
        assert_eq!(text(&mut db, "SELECT name FROM whose").await.as_deref(), Some("a"));
    }
}

/// What a function locks shows in no statement's text; nobody else comes to whom a reset would be
/// due.
#[tokio::test]
async fn a_lock_taken_inside_of_a_function_is_let_go_soon_after_its_last_use() {
    let (world, a, _) = world().await;
    let mut db = world.tenants.db(&a).unwrap();
    let lock = "CREATE FUNCTION sneaky() RETURNS text LANGUAGE plpgsql AS $$ BEGIN \
                PERFORM pg_advisory_lock(42); RETURN name FROM whose; END $$";
    db.batch_execute(lock).await.unwrap();
    let outside = world.db.connect().await;
    // Once in passing, and once on a connection that is held.
    for times in [1, 12] {
        for _ in 0..times {
            assert_eq!(text(&mut db, "SELECT sneaky()").await.as_deref(), Some("a"));
        }
        let tried = outside.query_one("SELECT pg_try_advisory_lock(42)", &[]).await.unwrap();
        assert!(!tried.get::<_, bool>(0), "it is a's, while a is at it");
        let lock =
            outside.batch_execute("SELECT pg_advisory_lock(42); SELECT pg_advisory_unlock(42)");
        // After some 1.3 s; a busy machine takes longer.
        let locked = tokio::time::timeout(std::time::Duration::from_secs(5), lock).await;
        locked.expect("it is free soon").unwrap();
    }
    // The lock is free before the pool has heard so.
    let counters = || world.tenants.pool_stats().counters;
    until("both resets are counted", || std::future::ready(counters().reset_at_rest >= 2)).await;
    assert_eq!(counters().closed, 0);
    let prepared =
        "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT sneaky()'";
    let row = db.query_one(prepared, &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 1, "what was prepared still is");
}
