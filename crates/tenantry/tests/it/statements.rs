use std::time::Duration;

use tenantry::Error;

use crate::support::World;

#[tokio::test]
async fn a_statement_reads_its_own_tenant() {
    let world = World::new().await;
    for id in world.tenants(3).await {
        let mut db = world.tenants.db(&id).unwrap();
        for _ in 0..20 {
            let row = db.query_one("SELECT name FROM whose", &[]).await.unwrap();
            assert_eq!(row.get::<_, &str>(0), id.as_str());
        }
    }
}

#[tokio::test]
async fn a_write_is_committed_when_it_is_answered() {
    let world = World::new().await;
    let id = world.tenant("acme").await;
    let mut db = world.tenants.db(&id).unwrap();
    let sql = "INSERT INTO whose (name) VALUES ($1)";
    assert_eq!(db.execute(sql, &[&"second"]).await.unwrap(), 1);
    let outside = world.db.connect().await;
    let seen = outside.query_one("SELECT count(*) FROM tenant_acme.whose", &[]).await.unwrap();
    assert_eq!(seen.get::<_, i64>(0), 2);
}

#[tokio::test]
async fn a_refused_statement_says_what_postgresql_said_and_leaves_the_pool_in_order() {
    let world = World::new().await;
    let id = world.tenant("acme").await;
    let mut db = world.tenants.db(&id).unwrap();
    let sql = "INSERT INTO whose (name) VALUES ($1)";
    let error = db.execute(sql, &[&"acme"]).await.unwrap_err();
    assert_eq!((error.code(), error.sqlstate()), ("DATABASE_ERROR", Some("23505")));
    let said = error.as_database_error().unwrap();
    assert_eq!(said.constraint.as_deref(), Some("whose_name_key"));
    assert_eq!(db.query("SELECT 1 FROM whose", &[]).await.unwrap().len(), 1);
    assert_eq!(world.tenants.pool_stats().counters.cleaned, 0);
}

#[tokio::test]
async fn a_table_the_tenant_does_not_have_is_an_error_even_if_public_has_it() {
    let world = World::new().await;
    let id = world.tenant("acme").await;
    world.tenants.shared().batch_execute("CREATE TABLE plans (name text)").await.unwrap();
    let mut db = world.tenants.db(&id).unwrap();
    let error = db.query("SELECT * FROM plans", &[]).await.unwrap_err();
    assert_eq!(error.sqlstate(), Some("42P01"));
    db.query("SELECT * FROM public.plans", &[]).await.unwrap();
}

#[tokio::test]
async fn a_deferred_constraint_speaks_in_the_answer() {
    let world = World::new().await;
    let id = world.tenant("acme").await;
    let mut db = world.tenants.db(&id).unwrap();
    db.batch_execute(
        "ALTER TABLE whose ADD parent int REFERENCES whose (id) DEFERRABLE INITIALLY DEFERRED",
    )
    .await
    .unwrap();
    let sql = "INSERT INTO whose (name, parent) VALUES ('orphan', 99)";
    let error = db.execute(sql, &[]).await.unwrap_err();
    assert_eq!(error.sqlstate(), Some("23503"));
    assert_eq!(db.query("SELECT 1 FROM whose", &[]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_result_type_that_changes_under_a_prepared_statement_is_no_error() {
    let world = World::new().await;
    let id = world.tenant("acme").await;
    let mut db = world.tenants.db(&id).unwrap();
    let sql = "SELECT * FROM whose";
    for _ in 0..10 {
        db.query(sql, &[]).await.unwrap();
    }
    let outside = world.db.connect().await;
    let alter = "ALTER TABLE tenant_acme.whose ADD note text, ALTER id TYPE bigint";
    outside.batch_execute(alter).await.unwrap();
    let rows = db.query(sql, &[]).await.unwrap();
    assert_eq!(rows[0].len(), 3);
}

#[tokio::test]
async fn a_transaction_keeps_all_or_nothing() {
    let world = World::new().await;
    let id = world.tenant("acme").await;
    let mut db = world.tenants.db(&id).unwrap();
    let insert = "INSERT INTO whose (name) VALUES ($1)";
    let mut tx = db.begin().await.unwrap();
    tx.execute(insert, &[&"kept"]).await.unwrap();
    let mut part = tx.savepoint().await.unwrap();
    part.execute(insert, &[&"kept"]).await.unwrap_err();
    part.rollback().await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = db.begin().await.unwrap();
    tx.execute(insert, &[&"dropped"]).await.unwrap();
    drop(tx);

    let mut tx = db.begin().await.unwrap();
    tx.execute(insert, &[&"kept"]).await.unwrap_err();
    assert!(matches!(tx.commit().await, Err(Error::RolledBack)));
    let rows = db.query("SELECT name FROM whose ORDER BY id", &[]).await.unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(names, ["acme", "kept"]);
}

/// tokio-postgres keeps its look-ups of types prepared, and the reset after a session drops them.
#[tokio::test]
async fn types_of_a_tenants_own_are_read_after_a_session_on_the_same_budget() {
    let world = World::with(|config| config.set("connection.max_connections", 2)).await;
    let ids = world.tenants(2).await;
    for id in &ids {
        let mut db = world.tenants.db(id).unwrap();
        let sql = "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE moods (m mood); \
                   INSERT INTO moods VALUES ('ok')";
        db.batch_execute(sql).await.unwrap();
    }
    let mut db = world.tenants.db(&ids[0]).unwrap();
    assert_eq!(db.query("SELECT m FROM moods", &[]).await.unwrap().len(), 1);
    let mut session = world.tenants.session(&ids[0]).await.unwrap();
    session.batch_execute("SET work_mem = '1MB'").await.unwrap();
    drop(session);
    let mut other = world.tenants.db(&ids[1]).unwrap();
    assert_eq!(other.query("SELECT m FROM moods", &[]).await.unwrap().len(), 1);
}

/// How many statements are kept prepared, by our own count.
fn prepared(world: &World) -> usize {
    world.tenants.statement_counts().prepared
}

#[tokio::test]
async fn prepared_statements_are_bounded_in_all() {
    let bound = 20;
    let world = World::with(|config| {
        config.set("connection.max_connections", 5).set("connection.max_prepared_statements", bound)
    })
    .await;
    let ids = world.tenants(4).await;
    let mut most = 0;
    for round in 0..40 {
        let all = ids.iter().map(|id| {
            let mut db = world.tenants.db(id).unwrap();
            async move {
                for number in 0..3 {
                    let sql = format!("SELECT name, {} AS number FROM whose", round % 9 + number);
                    let row = db.query_one(&sql, &[]).await.unwrap();
                    assert_eq!(row.get::<_, i32>(1), round % 9 + number);
                }
            }
        });
        futures_util::future::join_all(all).await;
        most = most.max(prepared(&world));
    }
    assert!((10..=20).contains(&most), "{most} of {bound}");
    // The server says the same, on whatever connections there are.
    let transactions = futures_util::future::join_all(
        (0..4).map(|_| async { world.tenants.shared().begin().await.unwrap() }),
    );
    let mut there = 0;
    for mut tx in transactions.await {
        let sql = "SELECT count(*) FROM pg_prepared_statements WHERE statement ~ 'FROM whose'";
        there += tx.query_one(sql, &[]).await.unwrap().get::<_, i64>(0);
        tx.rollback().await.unwrap();
    }
    assert!((1..=20).contains(&there), "{there}");
    // What goes is counted out again.
    let kept = prepared(&world);
    for id in &ids {
        world.tenants.evict(id);
    }
    assert!(prepared(&world) < kept, "{} of {kept}", prepared(&world));
}

#[tokio::test]
async fn none_is_kept_where_none_may_be() {
    let world = World::with(|config| config.set("connection.max_prepared_statements", 0)).await;
    let id = world.tenant("acme").await;
    let mut db = world.tenants.db(&id).unwrap();
    for _ in 0..10 {
        assert_eq!(db.query("SELECT name FROM whose", &[]).await.unwrap().len(), 1);
    }
    assert_eq!(prepared(&world), 0);
}

#[tokio::test]
async fn bindings_and_resets_are_counted() {
    let world = World::with(|config| config.set("connection.max_connections", 2)).await;
    let ids = world.tenants(2).await;
    let (mut a, mut b) = (world.tenants.db(&ids[0]).unwrap(), world.tenants.db(&ids[1]).unwrap());
    let sql = "SELECT name FROM whose";
    a.query(sql, &[]).await.unwrap();
    b.query(sql, &[]).await.unwrap();
    let before = world.tenants.statement_counts();
    for _ in 0..10 {
        a.query(sql, &[]).await.unwrap();
        b.query(sql, &[]).await.unwrap();
    }
    let after = world.tenants.statement_counts();
    assert_eq!((after.bindings - before.bindings, after.resets - before.resets), (20, 20));
    for _ in 0..10 {
        a.query(sql, &[]).await.unwrap();
    }
    let held = world.tenants.statement_counts();
    // The first of them resets; from the fifth on the connection is held.
    assert_eq!((held.bindings - after.bindings, held.resets - after.resets), (5, 1));
}

/// tokio-postgres prepares its look-ups of types once, and cannot be told that they are gone.
async fn types_are_read_after(drops: &[&str]) {
    let world = World::with(|config| config.set("connection.max_connections", 2)).await;
    let ids = world.tenants(2).await;
    for id in &ids {
        let mut db = world.tenants.db(id).unwrap();
        let sql = "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE moods (m mood); \
                   CREATE TYPE level AS ENUM ('low', 'high'); CREATE TABLE levels (l level); \
                   INSERT INTO moods VALUES ('ok'); INSERT INTO levels VALUES ('low'); \
                   CREATE FUNCTION sneaky() RETURNS text LANGUAGE plpgsql AS $$ BEGIN \
                   EXECUTE 'DEALLOCATE ALL'; RETURN name FROM whose; END $$";
        db.batch_execute(sql).await.unwrap();
    }
    let mut db = world.tenants.db(&ids[0]).unwrap();
    assert_eq!(db.query("SELECT m FROM moods", &[]).await.unwrap().len(), 1);
    let mut session = world.tenants.session(&ids[0]).await.unwrap();
    session.query("SELECT m FROM moods", &[]).await.unwrap();
    for drop in drops {
        session.batch_execute(drop).await.unwrap();
    }
    // The path is the tenant's no more after DISCARD ALL, which is whoever runs it to answer for.
    session.query("SELECT m FROM tenant_t0.moods", &[]).await.unwrap();
    drop(session);
    for id in &ids {
        let mut db = world.tenants.db(id).unwrap();
        assert_eq!(db.query("SELECT l FROM levels", &[]).await.unwrap().len(), 1);
        assert_eq!(db.query("SELECT m FROM moods", &[]).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn types_are_read_after_a_session_that_discards_all() {
    types_are_read_after(&["DISCARD ALL"]).await;
}

#[tokio::test]
async fn types_are_read_after_a_session_that_deallocates_all() {
    types_are_read_after(&["DEALLOCATE ALL", "SELECT 1"]).await;
}

#[tokio::test]
async fn types_are_read_after_a_function_that_deallocates_all() {
    types_are_read_after(&["SELECT sneaky()"]).await;
}

#[tokio::test]
async fn types_are_read_after_a_statement_whose_function_deallocates_all() {
    let world = World::with(|config| config.set("connection.max_connections", 2)).await;
    let ids = world.tenants(2).await;
    for id in &ids {
        let mut db = world.tenants.db(id).unwrap();
        let sql = "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE moods (m mood); \
                   INSERT INTO moods VALUES ('ok'); \
                   CREATE FUNCTION sneaky() RETURNS text LANGUAGE plpgsql AS $$ BEGIN \
                   EXECUTE 'DEALLOCATE ALL'; RETURN name FROM whose; END $$";
        db.batch_execute(sql).await.unwrap();
    }
    let [mut a, mut b] = [0, 1].map(|which: usize| world.tenants.db(&ids[which]).unwrap());
    for _ in 0..3 {
        assert_eq!(a.query("SELECT m FROM moods", &[]).await.unwrap().len(), 1);
        assert_eq!(a.query("SELECT sneaky()", &[]).await.unwrap().len(), 1);
        assert_eq!(b.query("SELECT m FROM moods", &[]).await.unwrap().len(), 1);
        assert_eq!(b.query("SELECT m AS again FROM moods", &[]).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn executing_what_nobody_prepared_is_an_error_and_costs_no_connection() {
    let world = World::new().await;
    let id = world.tenant("acme").await;
    let mut db = world.tenants.db(&id).unwrap();
    for _ in 0..5 {
        let error = db.execute("EXECUTE nothing", &[]).await.unwrap_err();
        assert_eq!(error.sqlstate(), Some("26000"), "{error}");
        assert_eq!(db.query("SELECT name FROM whose", &[]).await.unwrap().len(), 1);
    }
    assert_eq!(world.tenants.pool_stats().counters.closed, 0);
}

#[tokio::test]
async fn several_copies_in_one_message_give_what_each_has_sent() {
    let world = World::new().await;
    for id in world.tenants(2).await {
        let mut db = world.tenants.db(&id).unwrap();
        db.batch_execute("CREATE TABLE empty (n int)").await.unwrap();
        let sql = "COPY whose (name) TO STDOUT; COPY empty TO STDOUT; SELECT 1; \
                   COPY (SELECT 'x' || n, NULL FROM generate_series(1, 1000) n) TO STDOUT";
        let copied = db.copy_out(sql).await.unwrap();
        let [names, empty, series] = &copied[..] else { panic!("{copied:?}") };
        assert_eq!(*names, format!("{id}\n").into_bytes());
        assert!(empty.is_empty());
        let series = std::str::from_utf8(series).unwrap();
        assert_eq!((series.lines().count(), series.lines().last()), (1000, Some("x1000\t\\N")));
    }
    assert_eq!(world.tenants.pool_stats().counters.cleaned, 0);
}

#[tokio::test]
async fn a_copy_that_fails_or_is_dropped_leaves_nothing_for_the_next() {
    let world = World::with(|config| config.set("connection.max_connections", 2)).await;
    let id = world.tenant("acme").await;
    let mut db = world.tenants.db(&id).unwrap();
    let error = db.copy_out("COPY whose TO STDOUT; COPY nowhere TO STDOUT").await.unwrap_err();
    assert_eq!(error.sqlstate(), Some("42P01"));
    let endless = "COPY (SELECT n FROM generate_series(1, 1000000000) n) TO STDOUT";
    let ended = tokio::time::timeout(Duration::from_millis(100), db.copy_out(endless)).await;
    assert!(ended.is_err());
    let copied = db.copy_out("COPY whose (name) TO STDOUT").await.unwrap();
    assert_eq!(copied, [b"acme\n"]);
    let row = db.query_one("SELECT name FROM whose", &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "acme");
}
