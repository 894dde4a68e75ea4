use super::*;
use crate::statements;

fn named(sql: &str) -> Vec<String> {
    let found = statements(sql).flat_map(|statement| schemas(sql, &statement));
    found
        .map(|schema| {
            if !sql[schema.at..].starts_with(['\'', '"', '$']) {
                assert!(
                    sql[schema.at..].to_lowercase().starts_with(&*schema.name),
                    "{sql}: {schema:?}"
                );
            }
            schema.name.into_owned()
        })
        .collect()
}

#[test]
fn what_has_a_period_is_in_a_schema() {
    for (sql, expected) in [
        ("SELECT * FROM b.users", vec!["b"]),
        ("SELECT * FROM users u JOIN B.orders o ON o.id = u.id WHERE u.name = 'x'", vec!["b"]),
        (r#"INSERT INTO "Kunde 7".t (a) VALUES (1)"#, vec!["Kunde 7"]),
        ("UPDATE b . /* x */ t SET a = 1", vec!["b"]),
        ("CREATE TABLE t (m b.mood, n int REFERENCES c.t (id))", vec!["b", "c"]),
        ("SELECT b.f(1), 1::c.mood", vec!["b", "c"]),
        ("SELECT b.users.name FROM b.users", vec!["b", "b"]),
        ("SELECT * FROM db.b.users", vec!["db", "b"]),
        ("DROP TABLE IF EXISTS b.t", vec!["b"]),
        ("CREATE TRIGGER x AFTER INSERT ON b.t EXECUTE FUNCTION c.f()", vec!["b", "c"]),
        ("CREATE INDEX ON b.t (a)", vec!["b"]),
        ("ALTER TABLE t ALTER c SET DEFAULT nextval('b.seq')", vec!["b"]),
        ("SELECT 'b.t'::regclass, regclass 'c.t', 'b'::regnamespace, 'd.t'", vec!["b", "c", "b"]),
    ] {
        assert_eq!(named(sql), expected, "{sql}");
    }
}

#[test]
fn a_table_and_an_alias_are_no_schemas() {
    for sql in [
        "SELECT u.name FROM users u",
        "SELECT users.name FROM users",
        "SELECT o.a, o.b FROM orders AS o WHERE o.c",
        "UPDATE t SET a = 1 FROM c WHERE c.id = t.id",
        "INSERT INTO t VALUES (1) ON CONFLICT (id) DO UPDATE SET a = excluded.a",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.a = OLD.a; RETURN NEW; END $$",
        "SELECT 'b.t', $$ b.t $$ -- b.t",
        "SELECT * FROM {shared}.plans p WHERE p.id = {schema}.f(1)",
        "SELECT 1.5, 2.e FROM t",
    ] {
        assert_eq!(named(sql), [""; 0], "{sql}");
    }
    // Unless it stands where only a schema can.
    assert_eq!(named("SELECT 1 AS b FROM b.users"), ["b"]);
}

#[test]
fn schemas_by_themselves() {
    assert_eq!(named("CREATE SCHEMA IF NOT EXISTS b"), ["b"]);
    assert_eq!(named("DROP SCHEMA b, \"C\" CASCADE"), ["b", "C"]);
    assert_eq!(named("GRANT USAGE ON SCHEMA b TO c"), ["b"]);
    assert_eq!(named("ALTER TABLE t SET SCHEMA b"), ["b"]);
    assert_eq!(
        named("CREATE FUNCTION f() RETURNS int SET search_path = b, 'c' AS 'SELECT 1'"),
        ["b", "c"]
    );
    assert_eq!(named("ALTER FUNCTION f() SET search_path TO b"), ["b"]);
}

#[test]
fn code_is_read_in_function_bodies() {
    let found = named("DO $x$ BEGIN INSERT INTO b.t SELECT r.a FROM t r; PERFORM c.f(); END $x$");
    assert_eq!(found, ["b", "c"]);
    assert_eq!(named("CREATE FUNCTION f() RETURNS int LANGUAGE SQL AS 'SELECT a FROM b.t'"), ["b"]);
    assert_eq!(
        named("CREATE FUNCTION f() RETURNS int AS $$ SELECT a FROM b.t $$ LANGUAGE 'sql'"),
        ["b"]
    );
    assert_eq!(
        named("CREATE FUNCTION f() RETURNS int AS $$ import a.b $$ LANGUAGE plpython3u"),
        [""; 0]
    );
    assert_eq!(named("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT a FROM b.t; END"), ["b"]);
}
