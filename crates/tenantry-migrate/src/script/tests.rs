use proptest::prelude::*;
use tenantry::Identifier;

use super::*;

const READING: Reading =
    Reading { strings: true, shared: false, first_line: false, no_transaction: false };

fn script(sql: &str) -> Script {
    Script::read(sql.to_owned(), READING).unwrap_or_else(|problems| panic!("{sql}: {problems:?}"))
}

/// With this name for everything.
fn rendered(sql: &str, name: &str) -> String {
    let name = Identifier::parse(name).unwrap();
    let names = Names { schema: &name, tenant: Some(name.as_str()), shared: &name };
    script(sql).render(&names).sql().to_owned()
}

/// What is wrong, as a person reads it.
fn refused(sql: &str) -> String {
    refused_as(sql, READING)
}

fn refused_as(sql: &str, reading: Reading) -> String {
    let problems = Script::read(sql.to_owned(), reading).expect_err(sql);
    let problems = problems.iter().map(|Problem { location, reason }| match location {
        Some(location) => format!("{location}: {reason}\n{}\n", location.excerpt),
        None => format!("{reason}\n"),
    });
    problems.collect()
}

#[test]
fn placeholders_are_quoted_by_where_they_stand() {
    for (sql, expected) in [
        ("CREATE VIEW {schema}.v AS SELECT 1", r#"CREATE VIEW "it's a ""\".v AS SELECT 1"#),
        ("SELECT {tenant}", r#"SELECT  E'it''s a "\\'"#),
        ("SELECT 'of {tenant}'", r#"SELECT 'of it''s a "\'"#),
        ("SELECT E'of {tenant}'", r#"SELECT E'of it''s a "\\'"#),
        (r#"CREATE TABLE "a {schema}" ()"#, r#"CREATE TABLE "a it's a ""\" ()"#),
        ("SELECT 1 FROM {shared}.t -- {schema}", r#"SELECT 1 FROM "it's a ""\".t -- {schema}"#),
        ("SELECT '{{schema}} {a} {{{tenant}}}'", "SELECT '{schema} {a} {{tenant}}'"),
        ("SELECT $$ {schema} $$, $1", "SELECT $$ {schema} $$, $1"),
    ] {
        assert_eq!(rendered(sql, "it's a \"\\"), expected, "{sql}");
    }
    assert_eq!(
        rendered("SELECT {tenant}::text, '{tenant}'", "acme"),
        "SELECT 'acme'::text, 'acme'"
    );
}

#[test]
fn code_in_dollar_quotes_is_code_and_nothing_ends_it() {
    let sql = "DO $$ BEGIN EXECUTE 'ANALYZE {schema}'; PERFORM {shared}.f({tenant}); END $$; SELECT $x$ {schema} $x$";
    assert_eq!(
        rendered(sql, "acme"),
        "DO $$ BEGIN EXECUTE 'ANALYZE acme'; PERFORM \"acme\".f('acme'); END $$; SELECT $x$ {schema} $x$"
    );
    assert_eq!(
        rendered("DO $$ BEGIN PERFORM {schema}.f(); END $$; SELECT 1", "a$$b"),
        "DO $tenantry0$ BEGIN PERFORM \"a$$b\".f(); END $tenantry0$; SELECT 1"
    );
    let python = "CREATE FUNCTION f() RETURNS text LANGUAGE plpython3u AS $$ return f'{schema}' $$";
    assert_eq!(rendered(python, "acme"), python);
}

#[test]
fn places_are_those_of_the_file() {
    let sql = "SELECT {tenant};\n-- ключ\nSELECT {schema}.ключ, nonsense FROM {shared}.t;\n";
    let (schema, shared) =
        (Identifier::parse("tenant_acme").unwrap(), Identifier::parse("s").unwrap());
    let names = Names { schema: &schema, tenant: Some("acme"), shared: &shared };
    let script = script(sql);
    let rendered = script.render(&names);
    let locate = |what: &str| {
        let at = rendered.sql().find(what).unwrap();
        rendered.locate(rendered.sql()[..at].chars().count() + 1).to_string()
    };
    assert_eq!(locate("nonsense"), "3:23");
    assert_eq!(locate("nant_acme"), "3:8", "within a value it is the placeholder");
    assert_eq!(rendered.locate(usize::MAX).to_string(), "3:48");
    assert_eq!(rendered.statement_at(1).to_string(), "3:1");
    let statements: Vec<_> = rendered.statements().collect();
    assert_eq!(statements, ["SELECT 'acme'", r#"SELECT "tenant_acme".ключ, nonsense FROM "s".t"#]);
    insta::assert_snapshot!(rendered.locate(usize::MAX).excerpt);
}

#[test]
fn places_are_right_behind_a_body_whose_quotes_were_changed() {
    let sql = "DO $$ BEGIN {schema}; {schema}; END $$;\nSELECT {schema}, nonsense";
    let name = Identifier::parse("$$").unwrap();
    let names = Names { schema: &name, tenant: None, shared: &name };
    let script = script(sql);
    let rendered = script.render(&names);
    let at = rendered.sql().find("nonsense").unwrap();
    assert_eq!(rendered.locate(at + 1).to_string(), "2:18");
    let statements: Vec<_> = rendered.statements().collect();
    assert_eq!(
        statements,
        ["DO $tenantry0$ BEGIN \"$$\"; \"$$\"; END $tenantry0$", "SELECT \"$$\", nonsense"]
    );
}

#[test]
fn schemas_are_named_once_and_opaque_code_is_known() {
    let script = script("SELECT * FROM b.t;\nDO $$ BEGIN DELETE FROM c.t, b.t; END $$");
    let named: Vec<_> = script
        .schemas_named()
        .iter()
        .map(|schema| (&*schema.name, schema.line, schema.column))
        .collect();
    assert_eq!(named, [("b", 1, 15), ("c", 2, 25)]);
    insta::assert_snapshot!(script.location_of(&script.schemas_named()[1]).excerpt);
    assert!(script.is_opaque());
    assert!(!self::script("SELECT 1").is_opaque());
}

#[test]
fn what_a_placeholder_would_stick_to_is_refused() {
    for sql in [
        "SELECT E{tenant}",
        "SELECT U&{schema}",
        "SELECT a{schema}.b",
        "SELECT {schema}{tenant}",
        "SELECT {tenant}'a'",
        "SELECT 'a'\n{tenant}",
        "SELECT {tenant}\n-- and\n'a'",
        "SELECT {tenant} {tenant}",
        "SELECT \"a\"{schema}",
        "SELECT $1{tenant}",
        "SELECT 1{tenant}",
        "SELECT U&'\\0041 {tenant}'",
        "SELECT U&\"{schema}\"",
        "SELECT B'{tenant}'",
    ] {
        refused(sql);
    }
    insta::assert_snapshot!(refused(
        "SELECT E{tenant};\nSELECT 'a'\n  {tenant};\nSELECT U&'{tenant}', {tennant}, {x}"
    ));
}

#[test]
fn another_tools_strings_are_left_as_they_are() {
    let reading = Reading { strings: false, ..READING };
    let sql = "ALTER TABLE t ALTER c SET DEFAULT '{tenant}', ADD \"{schema}\" int; SELECT {tenant}";
    let script = Script::read(sql.to_owned(), reading).unwrap();
    let name = Identifier::parse("a").unwrap();
    let names = Names { schema: &name, tenant: Some("acme"), shared: &name };
    assert_eq!(script.render(&names).sql(), sql.replace("SELECT {tenant}", "SELECT 'acme'"));
}

#[test]
fn the_shared_schema_has_no_tenant() {
    let reading = Reading { shared: true, ..READING };
    insta::assert_snapshot!(refused_as("SELECT {schema}.f('{tenant}')", reading));
}

#[test]
fn a_statement_that_begins_or_ends_a_transaction_is_refused() {
    insta::assert_snapshot!(refused(
        "BEGIN;\nSELECT 1; start transaction;\nROLLBACK /* so */ ;\nEND; ABORT;\nPREPARE TRANSACTION 'a';"
    ));
    script(
        "SAVEPOINT a; ROLLBACK TO a; ROLLBACK WORK TO SAVEPOINT a; RELEASE a; PREPARE x AS SELECT 1",
    );
}

#[test]
fn what_is_psqls_is_refused() {
    insta::assert_snapshot!(refused(
        "\\set ON_ERROR_STOP on\nCOPY t (a, b) FROM stdin;\n1\tit's\n\\.\nSELECT 1 \\gset\n;\nCOPY t FROM '/tmp/stdin';"
    ));
}

#[test]
fn what_needs_no_transaction_is_refused_in_one() {
    insta::assert_snapshot!(refused(
        "CREATE INDEX CONCURRENTLY i ON t (a);\nDROP INDEX CONCURRENTLY i;\nREINDEX (CONCURRENTLY) TABLE t;\n\
         ALTER TABLE t DETACH PARTITION p CONCURRENTLY;\nVACUUM t;\nCREATE DATABASE d;\nALTER SYSTEM SET a = 1;\n\
         ALTER DATABASE d SET search_path = a;\nREINDEX DATABASE d"
    ));
    insta::assert_snapshot!(refused(
        "-- tenantry: no-transaction\nCREATE INDEX CONCURRENTLY i ON t (a);\nVACUUM t;\nBEGIN;\nSAVEPOINT a;\nCREATE DATABASE d"
    ));
}

#[test]
fn what_changes_whose_tables_a_name_means_is_refused() {
    insta::assert_snapshot!(refused(
        "SET search_path = b;\nset local SEARCH_PATH to b;\nSET SESSION \"search_path\" TO b;\nSET SCHEMA 'b';\n\
         RESET search_path;\nRESET ALL;\nDISCARD ALL;\nSET ROLE b;\nSET LOCAL ROLE b;\nRESET ROLE;\n\
         SET SESSION AUTHORIZATION b;\nSET SESSION SESSION AUTHORIZATION b;\nSET LOCAL SESSION AUTHORIZATION b;\n\
         SELECT pg_catalog.set_config ( 'search_path', 'b', true);\nWITH a AS (SELECT set_config('role', 'b', false)) \
         SELECT 1;\nSET standard_conforming_strings = off;\nALTER ROLE b SET search_path = b;\n\
         ALTER USER b IN DATABASE c RESET ALL;\nDO $$ BEGIN SET search_path = b; IF a THEN\n SET LOCAL ROLE c; END IF; \
         PERFORM set_config('search_path', 'b', true); EXECUTE 'SET search_path = b'; END $$"
    ));
    for sql in [
        "SET lock_timeout = '2s'",
        "SET LOCAL work_mem = '1GB'",
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "SELECT set_config('work_mem', '1GB', true)",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = {schema}, pg_temp AS 'SELECT 1'",
        "UPDATE t SET role = 'admin', search_path = 'x'",
        "DO $$ BEGIN UPDATE t SET role = 'admin'; END $$",
        "ALTER TABLE t ALTER role SET DEFAULT 'x'",
        "ALTER ROLE b CONNECTION LIMIT 5",
        "SELECT 'SET search_path = b' -- SET search_path",
        "DISCARD TEMP",
    ] {
        script(sql);
    }
}

#[test]
fn all_problems_are_told_up_to_a_bound() {
    let told = refused(&"COMMIT;\n".repeat(1_000));
    assert_eq!(told.matches("COMMIT is not").count(), 20);
    assert!(told.ends_with("and 980 more of the kind\n"), "{told}");
}

/// Names that somebody may have given a schema, or tries.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "'",
        "''",
        "\"",
        "\\",
        "\\'",
        "$$",
        "$a$",
        "$",
        "--",
        "/*",
        "*/",
        "\n",
        ";",
        "{schema}",
        "{tenant}",
        "a",
        "COMMIT",
        " ",
        "E'",
        "é",
        "tenantry0",
        "(",
        ")",
    ]);
    prop::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

/// What a statement is made of, with names and literals alike.
fn shape(sql: &str) -> Vec<String> {
    tenantry_sql::Lexer::new(sql)
        .filter(|token| !token.kind.is_blank())
        .map(|token| match token.kind {
            tenantry_sql::TokenKind::EscapeString => "String".to_owned(),
            tenantry_sql::TokenKind::DollarString => {
                let body = &token.text(sql)[token.dollar_content(sql)];
                format!("{:?}", shape(body))
            }
            kind => format!("{kind:?}"),
        })
        .collect()
}

proptest! {
    #[test]
    fn no_name_changes_what_a_file_is(name in nasty()) {
        let sql = "SELECT {tenant}, '{tenant} {schema}', E'\\'{tenant}', f({tenant}) FROM {schema}.t \"x{shared}\";\n\
                   DO $$ BEGIN PERFORM {schema}.f({tenant}, 'a {tenant}', E'{tenant}', $x$ {tenant} $x$); END $$;\n\
                   CREATE FUNCTION {schema}.f() RETURNS int LANGUAGE sql AS $a$ SELECT 1 FROM {shared}.t $a$;";
        prop_assume!(name.len() <= 63);
        let (nasty, plain) = (rendered(sql, &name), rendered(sql, "a"));
        prop_assert_eq!(shape(&nasty), shape(&plain), "{}", nasty);
        // And each is read as what it is.
        let first = tenantry_sql::Lexer::new(&nasty).find(|token| token.kind.is_string()).unwrap();
        prop_assert_eq!(first.string(&nasty).unwrap(), &*name);
        let schema = tenantry_sql::Lexer::new(&nasty)
            .find(|token| token.kind == tenantry_sql::TokenKind::QuotedName)
            .unwrap();
        prop_assert_eq!(schema.name(&nasty).unwrap(), &*name);
    }

    #[test]
    fn any_text_is_read_and_rendered(
        sql in "[a-zE$;'\"()/*\\\\ \n{}-]{0,60}|\\PC{0,40}|( |;|'|\"|E'|\\{tenant\\}|\\{schema\\}|DO|\\$a\\$|\n){0,30}",
        at in 0_usize..80,
    ) {
        if let Ok(script) = Script::read(sql, READING) {
            let (schema, shared) = (Identifier::parse("a").unwrap(), Identifier::parse("b").unwrap());
            let names = Names { schema: &schema, tenant: Some("c"), shared: &shared };
            let rendered = script.render(&names);
            let _ = (rendered.locate(at), rendered.statement_at(at), rendered.statements().count());
        }
    }
}
