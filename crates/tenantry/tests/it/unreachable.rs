//! What PostgreSQL has no reset for: `docs/architecture.md` lists it under "What a reset cannot
//! reach". Each line of that table is shown here, with what is left behind and what is not, so that
//! the table says neither too little nor too much.

use tenantry::{TenantDb, TenantId, TenantManager};
use tenantry_devdb::testing::TestServer;

use crate::{
    faults::make,
    support::{World, config},
};

/// A budget of two, one of them the listener's: everybody shares one backend.
async fn world() -> (World, TenantDb, TenantDb) {
    let world = World::with(|config| config.set("connection.max_connections", 2)).await;
    let ids = world.tenants(2).await;
    let [a, b] = [0, 1].map(|which: usize| world.tenants.db(&ids[which]).unwrap());
    (world, a, b)
}

async fn text(db: &mut TenantDb, sql: &str) -> Option<String> {
    db.query_one(sql, &[]).await.unwrap().get(0)
}

/// Uses a connection until it is held: from then on statements run bare.
async fn hold(db: &mut TenantDb) {
    for _ in 0..12 {
        text(db, "SELECT name FROM whose").await;
    }
    let bare = "SELECT (current_setting('search_path') = reset_val)::text FROM pg_settings \
                WHERE name = 'search_path'";
    assert_eq!(text(db, bare).await.as_deref(), Some("false"), "it is bound");
}

#[tokio::test]
async fn the_seed_of_random_numbers_stays() {
    let (_world, mut a, mut b) = world().await;
    let draw = "SELECT random()::text";
    text(&mut a, "SELECT setseed(0.5)::text").await;
    let first = text(&mut b, draw).await;
    text(&mut a, "SELECT setseed(0.5)::text").await;
    assert_eq!(text(&mut b, draw).await, first, "b draws what a's seed decides");
}

#[tokio::test]
async fn a_setting_of_ones_own_becomes_empty_and_not_null() {
    let (_world, mut a, mut b) = world().await;
    let look = "SELECT current_setting('app.user', true)";
    assert_eq!(text(&mut b, look).await, None);
    text(&mut a, "SELECT set_config('app.user', 'eve', false)").await;
    assert_eq!(text(&mut b, look).await.as_deref(), Some(""), "its value is gone, its name stays");
    assert_eq!(text(&mut b, &format!("SELECT nullif(({look}), '')")).await, None);
}

#[tokio::test]
async fn a_setting_changed_inside_a_function_lasts_while_its_tenant_holds_the_connection() {
    let (_world, mut a, mut b) = world().await;
    let sneaky = "CREATE FUNCTION sneaky() RETURNS text LANGUAGE plpgsql AS $$ BEGIN \
                  PERFORM set_config('work_mem', '77MB', false); RETURN name FROM whose; END $$";
    a.batch_execute(sneaky).await.unwrap();
    let look = "SELECT current_setting('work_mem')";
    let own = text(&mut b, look).await;
    hold(&mut a).await;
    assert_eq!(text(&mut a, "SELECT sneaky()").await.as_deref(), Some("t0"));
    assert_eq!(text(&mut a, look).await.as_deref(), Some("77MB"), "the tenant itself sees it");
    assert_eq!(text(&mut b, look).await, own, "nobody else does");
    assert_eq!(text(&mut a, "SELECT name FROM whose").await.as_deref(), Some("t0"));
}

#[tokio::test]
async fn a_search_path_changed_inside_a_function_reaches_nobody_else() {
    let (world, mut a, mut b) = world().await;
    let sneaky = "CREATE FUNCTION sneaky() RETURNS text LANGUAGE plpgsql AS $$ BEGIN \
                  PERFORM set_config('search_path', 'tenant_t1', false); RETURN 'done'; END $$";
    a.batch_execute(sneaky).await.unwrap();
    for _ in 0..3 {
        hold(&mut a).await;
        text(&mut a, "SELECT sneaky()").await;
        // Its own code has led it astray; that is its own affair. Now the others.
        assert_eq!(text(&mut b, "SELECT name FROM whose").await.as_deref(), Some("t1"));
        assert_eq!(text(&mut a, "SELECT name FROM whose").await.as_deref(), Some("t0"));
        let shared = world.tenants.shared().query("SELECT * FROM whose", &[]).await;
        assert_eq!(shared.unwrap_err().sqlstate(), Some("42P01"));
    }
}

#[tokio::test]
async fn a_statement_prepared_inside_a_function_shows_whose_rows_it_is_asked_by() {
    let (_world, mut a, mut b) = world().await;
    let sneaky = "CREATE FUNCTION sneaky() RETURNS text LANGUAGE plpgsql AS $$ BEGIN \
                  EXECUTE 'PREPARE hidden AS SELECT name FROM whose'; RETURN 'done'; END $$";
    a.batch_execute(sneaky).await.unwrap();
    text(&mut a, "SELECT sneaky()").await;
    let look = "SELECT string_agg(statement, ',') FROM pg_prepared_statements WHERE from_sql";
    assert!(
        text(&mut b, look).await.is_some_and(|text| text.contains("hidden")),
        "b sees its text"
    );
    assert_eq!(text(&mut b, "EXECUTE hidden").await.as_deref(), Some("t1"), "and its own rows");
    assert_eq!(text(&mut a, "SELECT name FROM whose").await.as_deref(), Some("t0"));
}

#[tokio::test]
async fn a_named_connection_of_dblink_stays() {
    let (world, mut a, mut b) = world().await;
    let outside = world.db.connect().await;
    if let Err(error) = outside.batch_execute("CREATE EXTENSION dblink SCHEMA public").await {
        // It is in a package of its own on some systems.
        assert_eq!(error.code().map(|code| code.code()), Some("0A000"), "{error}");
        println!("dblink is not installed here, so there is nothing to leave behind");
        return;
    }
    let link = format!("SELECT public.dblink_connect('left_open', '{}')", world.db.url());
    text(&mut a, &link).await;
    let look = "SELECT public.dblink_get_connections()::text";
    assert_eq!(text(&mut b, look).await.as_deref(), Some("{left_open}"), "b sees a's");
    text(&mut b, "SELECT public.dblink_disconnect('left_open')").await;
}

#[tokio::test]
async fn a_prepared_transaction_stays_and_is_anybodys_with_the_same_role() {
    let server = TestServer::start_with(|it| it.setting("max_prepared_transactions", "2")).await;
    let server = server.unwrap();
    let config = config(&server.url("postgres")).set("connection.max_connections", 2);
    let tenants = TenantManager::connect(config.load().unwrap()).await.unwrap();
    let ids = make(&tenants, 2).await;
    let (mut a, mut b) = (tenants.db(&ids[0]).unwrap(), tenants.db(&ids[1]).unwrap());
    let prepare = "INSERT INTO whose VALUES ('later'); PREPARE TRANSACTION 'left_open'";
    a.batch_execute(prepare).await.unwrap();
    let look = "SELECT string_agg(gid, ',') FROM pg_prepared_xacts";
    assert_eq!(text(&mut b, look).await.as_deref(), Some("left_open"), "b sees a's");
    let count = "SELECT count(*)::text FROM whose";
    assert_eq!(text(&mut b, count).await.as_deref(), Some("1"), "but nothing of what it did");
    assert_eq!(text(&mut a, count).await.as_deref(), Some("1"));
    let mut session = tenants.session(&TenantId::parse("t1").unwrap()).await.unwrap();
    session.batch_execute("COMMIT PREPARED 'left_open'").await.expect("b may end it");
    drop(session);
    assert_eq!(text(&mut a, count).await.as_deref(), Some("2"), "it was and is a's");
    assert_eq!(text(&mut b, count).await.as_deref(), Some("1"));
}

/// A variable of a table's type, in a function of the shared schema that knows the table by its name
/// alone, keeps the type that the first tenant's table has.
#[tokio::test]
async fn a_row_type_cached_in_a_shared_function_is_an_error_and_never_anothers_rows() {
    let (world, mut a, mut b) = world().await;
    let outside = world.db.connect().await;
    outside
        .batch_execute(
            "SET check_function_bodies = off; \
             CREATE FUNCTION public.by_record() RETURNS text LANGUAGE plpgsql AS $$ \
             DECLARE found record; BEGIN SELECT * INTO found FROM whose; RETURN found.name; END $$; \
             CREATE FUNCTION public.by_type() RETURNS text LANGUAGE plpgsql AS $$ \
             DECLARE found whose; BEGIN SELECT * INTO found FROM whose; RETURN found.name; END $$; \
             DROP TABLE tenant_t1.whose; \
             CREATE TABLE tenant_t1.whose AS SELECT 't1'::text AS name, 1 AS id",
        )
        .await
        .unwrap();
    for _ in 0..4 {
        for (db, whose) in [(&mut a, "t0"), (&mut b, "t1")] {
            let record = text(db, "SELECT public.by_record()").await;
            assert_eq!(record.as_deref(), Some(whose), "a record has the type of what it is given");
        }
        assert_eq!(text(&mut a, "SELECT public.by_type()").await.as_deref(), Some("t0"));
        let error = b.query("SELECT public.by_type()", &[]).await.unwrap_err();
        assert_eq!(error.sqlstate(), Some("22P02"), "its name is no integer: {error}");
    }
}
