//! SQL that wants out of its tenant's schema.

use tenantry_js::Data;

use crate::support::World;

/// Each is refused: by the guard, by what PostgreSQL says of it, or by PostgreSQL itself.
const TEXTS: &[&str] = &[
    // Other schemas' tables.
    "SELECT * FROM tenant_beta.users",
    "SELECT * FROM \"tenant_beta\".\"users\"",
    "SELECT * FROM U&\"tenant\\005fbeta\".users",
    "SELECT * FROM U&\"tenant!005fbeta\" UESCAPE '!' .users",
    "SELECT * FROM tenant_beta . users",
    "SELECT * FROM/**/tenant_beta/* . */./**/users",
    "SELECT 1 AS tenant_beta FROM users u, tenant_beta.users v",
    "SELECT tenant_beta.* FROM users tenant_beta, tenant_beta.users v",
    "SELECT (SELECT secret FROM tenant_beta.users LIMIT 1)",
    "SELECT CAST((SELECT secret FROM tenant_beta.users LIMIT 1) AS int)",
    "SELECT 1 / (SELECT count(*) - 2 FROM tenant_beta.users)",
    "WITH x AS (SELECT * FROM tenant_beta.users) SELECT * FROM x",
    "WITH x AS (DELETE FROM tenant_beta.users RETURNING *) SELECT * FROM x",
    "SELECT * FROM users UNION ALL SELECT * FROM tenant_beta.users",
    "SELECT * FROM users WHERE EXISTS (SELECT FROM tenant_beta.users)",
    "SELECT * FROM LATERAL (SELECT * FROM tenant_beta.users) x",
    "SELECT * FROM ONLY tenant_beta.users",
    "SELECT * FROM ONLY (tenant_beta.users)",
    "SELECT * FROM users JOIN tenant_beta.users b ON true",
    "SELECT extract(year FROM (SELECT created_at FROM tenant_beta.users LIMIT 1))",
    "TABLE tenant_beta.users",
    "INSERT INTO tenant_beta.users (name) VALUES ('x')",
    "INSERT INTO users (name) SELECT secret FROM tenant_beta.users",
    "UPDATE tenant_beta.users SET name = 'x'",
    "UPDATE users SET name = b.secret FROM tenant_beta.users b",
    "DELETE FROM tenant_beta.users",
    "DELETE FROM users USING tenant_beta.users b WHERE b.id = users.id",
    "MERGE INTO tenant_beta.users t USING users u ON t.id = u.id WHEN MATCHED THEN DELETE",
    "MERGE INTO users u USING tenant_beta.users t ON t.id = u.id WHEN MATCHED THEN UPDATE SET name = t.secret",
    "SELECT * FROM tenantry.tenants",
    "SELECT * FROM postgres.tenant_beta.users",
    // More than one statement, and statements that are no queries.
    "SELECT 1; DELETE FROM users",
    "; DROP TABLE users",
    "SELECT ';'; DROP TABLE users --",
    "SET search_path = tenant_beta",
    "SET LOCAL search_path = tenant_beta",
    "RESET ALL",
    "SET ROLE postgres",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT x",
    "PREPARE TRANSACTION 'x'",
    "DO $$ BEGIN DELETE FROM tenant_beta.users; END $$",
    "CALL x()",
    "PREPARE x AS SELECT * FROM tenant_beta.users",
    "EXECUTE x",
    "DEALLOCATE ALL",
    "DISCARD ALL",
    "COPY users TO '/tmp/x'",
    "COPY (SELECT 1) TO PROGRAM 'id'",
    "LISTEN tenantry",
    "NOTIFY tenantry_migrated, '*'",
    "LOCK TABLE users",
    "TRUNCATE users",
    "DROP TABLE users",
    "CREATE TABLE x (a int)",
    "CREATE TEMP TABLE users (a int)",
    "ALTER TABLE users ADD x int",
    "GRANT ALL ON users TO public",
    "EXPLAIN ANALYZE SELECT 1",
    "DECLARE x CURSOR FOR SELECT 1",
    "VACUUM",
    "SELECT 1 INTO other",
    "SELECT * INTO TEMP other FROM users",
    // PostgreSQL's own.
    "SELECT * FROM pg_class",
    "SELECT * FROM pg_catalog.pg_class",
    "SELECT * FROM \"pg_catalog\".\"pg_authid\"",
    "SELECT * FROM U&\"pg\\005fclass\"",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_stat_activity",
    "SELECT * FROM pg_temp.x",
    "SELECT 'tenant_beta.users'::regclass",
    "SELECT CAST('tenant_beta.users' AS regclass)",
    "SELECT regclass 'tenant_beta.users'",
    "SELECT regclass('tenant_beta.users')",
    "SELECT \"regclass\" 'tenant_beta.users'",
    "SELECT ARRAY['tenant_beta.users']::regclass[]",
    "SELECT '{tenant_beta.users}'::_regclass",
    "SELECT 'tenant_beta'::regnamespace",
    "SELECT 'postgres'::regrole",
    "SELECT to_regclass('tenant_beta.users')",
    "SELECT has_table_privilege('tenant_beta.users', 'select')",
    "SELECT current_schema, current_user, session_user, user, current_catalog",
    "SELECT current_schemas(true)",
    "SELECT version()",
    // Functions that run texts, read files, change settings, reach out, wait.
    "SELECT query_to_xml('SELECT * FROM tenant_beta.users', true, true, '')",
    "SELECT \"query_to_xml\"('SELECT 1', true, true, '')",
    "SELECT U&\"query\\005fto_xml\"('SELECT 1', true, true, '')",
    "SELECT table_to_xml('tenant_beta.users', true, true, '')",
    "SELECT schema_to_xml('tenant_beta', true, true, '')",
    "SELECT database_to_xml(true, true, '')",
    "SELECT cursor_to_xml('x', 1, true, true, '')",
    "SELECT * FROM ts_stat('SELECT to_tsvector(secret) FROM tenant_beta.users')",
    "SELECT ts_rewrite('a'::tsquery, 'SELECT secret::tsquery, secret::tsquery FROM tenant_beta.users')",
    "SELECT TREAT('server_version' AS current_setting)",
    "SELECT TREAT('/etc/passwd' AS pg_read_file)",
    "SELECT TREAT(0.1 AS lo_import)",
    "SELECT set_config('search_path', 'tenant_beta', true)",
    "SELECT set_config('search_path', 'tenant_beta', false), secret FROM users",
    "SELECT pg_catalog.set_config('search_path', 'tenant_beta', false)",
    "SELECT current_setting('search_path')",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT * FROM pg_ls_dir('.')",
    "SELECT pg_sleep(10)",
    "SELECT pg_terminate_backend(1)",
    "SELECT pg_cancel_backend(1)",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_notify('tenantry_migrated', '*')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT dblink_connect('dbname=postgres')",
    "SELECT * FROM dblink('dbname=postgres', 'SELECT 1') AS t(a int)",
    "SELECT nextval('tenant_beta.users_id_seq')",
    "SELECT setval('tenant_beta.users_id_seq', 1)",
    "SELECT currval('tenant_beta.users_id_seq')",
    "SELECT * FROM tenant_beta.users_id_seq",
    "SELECT tenant_beta.twice(2)",
    "SELECT * FROM tenant_beta.twice(2)",
    "SELECT 1 OPERATOR(pg_catalog.+) 1",
    "SELECT NULL::tenant_beta.users",
    "SELECT enum_range(NULL::tenant_beta.mood)",
    "SELECT tenant_beta.mood 'calm'",
    "SELECT * FROM json_populate_record(NULL::tenant_beta.users, '{}')",
    "SELECT * FROM json_to_record('{}') AS x(a tenant_beta.mood)",
    "SELECT pg_get_viewdef(1)",
    "SELECT txid_current(), inet_server_addr(), current_query(), setseed(0)",
    "SELECT * FROM ROWS FROM (pg_ls_dir('.')) x",
    // Texts that another reader of SQL might take for others.
    "SELECT 'a\\'; DELETE FROM tenant_beta.users; --'",
    "SELECT E'a\\''; DELETE FROM tenant_beta.users; --'",
    "SELECT $a$ ; $a$, $b$; $a$ $b$; DELETE FROM tenant_beta.users",
    "SELECT /* /* */ 1 */ * FROM tenant_beta.users",
    "SELECT 1 -- \r; DELETE FROM tenant_beta.users",
    "SELECT 1 --\n FROM tenant_beta.users",
    "\\! id",
    "SELECT * FROM {schema}.users",
    "",
    " -- nothing",
];

async fn state(world: &World) -> String {
    world
        .text(
            "SELECT (SELECT string_agg(u::text, ';' ORDER BY id) FROM tenant_beta.users u) \
             || (SELECT string_agg(u::text, ';' ORDER BY id) FROM tenant_acme.users u) \
             || (SELECT string_agg(format('%s.%s', n.nspname, c.relname), ';' ORDER BY 1) \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_') \
             || (SELECT last_value || '' FROM tenant_beta.users_id_seq)",
        )
        .await
}

#[tokio::test]
async fn no_text_leaves_its_tenant() {
    let world = World::new().await;
    let before = state(&world).await;
    let texts = TEXTS.iter().map(|text| Data::from(*text)).collect();
    let isolate = world
        .isolate(
            "const told = []; for (const sql of arg) { for (const way of [() => db.query(sql), () => db.transaction((tx) => tx.query(sql))]) { try { told.push(`ran: ${JSON.stringify(await way())}`) } catch (error) { told.push(`${error.code}: ${error.message} ${error.detail ?? ''} ${error.hint ?? ''}`) } } } return told;",
        )
        .await;
    let mut config = Vec::new();
    for chunk in texts_in_pieces(texts) {
        let told = world.start(&isolate, Data::List(chunk)).await;
        let Ok(Data::List(told)) = told else { panic!("{told:?}") };
        config.extend(told);
    }
    let told: Vec<&str> = config.iter().map(|told| told.as_text().expect("a text")).collect();
    assert_eq!(told.len(), 2 * TEXTS.len());
    let mut ran = Vec::new();
    for (text, told) in TEXTS.iter().zip(told.chunks(2)) {
        for told in told {
            assert!(!told.contains("of beta") && !told.contains("beta one"), "{text}: {told}");
            if told.starts_with("ran: ") {
                ran.push(*text);
            } else {
                assert!(
                    [
                        "SQL_REFUSED",
                        "SYNTAX_ERROR",
                        "FUNCTION_NOT_FOUND",
                        "TABLE_NOT_FOUND",
                        "NOT_SUPPORTED"
                    ]
                    .iter()
                    .any(|code| told.starts_with(code)),
                    "{text}: {told}"
                );
            }
        }
    }
    assert_eq!(state(&world).await, before, "nothing was changed");
    assert!(ran.is_empty(), "{ran:?}");
}

fn texts_in_pieces(texts: Vec<Data>) -> Vec<Vec<Data>> {
    texts.chunks(20).map(<[Data]>::to_vec).collect()
}

#[tokio::test]
async fn what_the_guard_does_not_see_postgres_does() {
    let world = World::new().await;
    // The guard takes these for what any tenant may write; PostgreSQL says what they are.
    for sql in [
        "SELECT * FROM tenant_beta.users",
        "SELECT 1 AS tenant_beta FROM users u, tenant_beta.users v",
        "UPDATE tenant_beta.users SET name = 'x'",
    ] {
        let told = world.error(&format!("await db.query(`{sql}`)")).await;
        assert!(told.starts_with("SQL_REFUSED"), "{sql}: {told}");
    }
    assert_eq!(
        world.text("SELECT string_agg(name, ',' ORDER BY id) FROM tenant_beta.users").await,
        "beta one,beta two"
    );
}

#[tokio::test]
async fn names_and_values_of_the_typed_methods_are_no_sql() {
    let world = World::new().await;
    let before = state(&world).await;
    for code in [
        r#"await db['tenant_beta.users'].findMany()"#,
        r#"await db['users"; DELETE FROM users; --'].findMany()"#,
        r#"await db['tenant_beta"."users'].findMany()"#,
        r#"await db.shared['../tenant_beta.users'].findMany()"#,
        r#"await db.shared.users.findMany()"#,
        r#"await db.pg_class.findMany()"#,
        r#"await db.users.findMany({ where: { ['id" = 1 OR "id']: 1 } })"#,
        r#"await db.users.findMany({ select: ['id", secret FROM tenant_beta.users --'] })"#,
        r#"await db.users.findMany({ orderBy: { id: 'asc; DELETE FROM users' } })"#,
        r#"await db.users.findMany({ take: '1; DELETE FROM users' })"#,
        r#"await db.users.findMany({ take: { toString: () => '1' } })"#,
        r#"await db.users.create({ ['name) VALUES (1); --']: 'x' })"#,
        r#"await db.users.findById({ OR: [] })"#,
    ] {
        let told = world.error(code).await;
        assert!(!told.starts_with("no error") && !told.contains("SYNTAX"), "{code}: {told}");
    }
    let json = world.json(r#"return [await db.users.count({ where: { name: "' OR '1' = '1" } }), await db.users.count({ where: { name: { contains: "%" } } }), await db.users.count({ where: { name: { in: ["a}','b"] } } })]"#).await;
    assert_eq!(json, "[0,0,0]");
    assert_eq!(state(&world).await, before, "nothing was changed");
}

#[tokio::test]
async fn db_leads_to_nothing_of_the_host() {
    let world = World::new().await;
    let json = world.json(r#"
        const told = [];
        Object.prototype.polluted = 1;
        Array.prototype.push = () => { throw new Error('pushed') };
        Reflect.apply = () => { throw new Error('applied') };
        Promise.prototype.then = new Proxy(Promise.prototype.then, {});
        for (const attempt of [
            () => { db.query = 1 }, () => { delete db.users }, () => { Object.defineProperty(db, 'x', { value: 1 }) },
            () => { db.users.findMany = 1 }, () => { Object.setPrototypeOf(db, null) }, () => db.__proto__, () => db.constructor, () => db.users.constructor,
            () => Object.getPrototypeOf(db), () => db[Symbol.toPrimitive], () => db.then, () => Object.keys(db).sort().join(),
            () => db.query.constructor === Function || Object.getPrototypeOf(db.query) === Object.getPrototypeOf(async () => {}),
        ]) { try { told[told.length] = String(attempt()); } catch (error) { told[told.length] = error.name; } }
        const hostile = { get where() { throw new Error('getter') } };
        try { await db.users.findMany(hostile) } catch (error) { told[told.length] = error.message }
        const loop = {}; loop.where = loop; try { await db.users.findMany(loop) } catch (error) { told[told.length] = 'loop' }
        try { await db.users.findMany({ where: { id: () => 1, name: Symbol() } }) } catch (error) { told[told.length] = error.code }
        try { await db.query({ toString() { return 'SELECT 1' } }) } catch (error) { told[told.length] = error.name }
        told[told.length] = await db.users.count();
        return told;
    "#).await;
    insta::assert_snapshot!(json);
}
