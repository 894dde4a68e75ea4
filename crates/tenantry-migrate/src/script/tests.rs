use proptest::prelude::*;
use tenantry::Identifier;

use super::*;

fn script(sql: &str) -> Script {
    let read = Script::read(sql.to_owned());
    assert_eq!(read.problems, []);
    read.script
}

fn rendered(sql: &str, name: &str) -> String {
    let (schema, shared) = (Identifier::parse(name).unwrap(), Identifier::parse("shared").unwrap());
    let names = Names { schema: &schema, tenant: Some(name), shared: &shared };
    script(sql).render(&names).sql().to_owned()
}

#[test]
fn placeholders_are_quoted_by_where_they_stand() {
    for (sql, expected) in [
        (
            "CREATE VIEW {schema}.v AS SELECT 1",
            r#"CREATE VIEW "it's a ""\".v AS SELECT 1"#.to_owned(),
        ),
        ("SELECT {tenant}", r#"SELECT  E'it''s a "\\'"#.to_owned()),
        ("SELECT 'of {tenant}'", r#"SELECT 'of it''s a "\'"#.to_owned()),
        ("SELECT E'of {tenant}'", r#"SELECT E'of it''s a "\\'"#.to_owned()),
        (r#"CREATE TABLE "a {schema}" ()"#, r#"CREATE TABLE "a it's a ""\" ()"#.to_owned()),
        (
            "SELECT * FROM {shared}.plans -- {schema}",
            r#"SELECT * FROM "shared".plans -- {schema}"#.to_owned(),
        ),
        ("SELECT '{{schema}} {a} {{{tenant}}}'", "SELECT '{schema} {a} {{tenant}}'".to_owned()),
    ] {
        assert_eq!(rendered(sql, "it's a \"\\"), expected, "{sql}");
    }
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

proptest! {
    #[test]
    fn any_text_is_read_and_rendered(sql in "[a-zE$;'\"()/*\\\\ \n{}-]{0,60}|\\PC{0,40}|( |;|'|\"|E'|\\{tenant\\}|\\{schema\\}|\\$a\\$|\n)*", at in 0_usize..80) {
        let read = Script::read(sql);
        let (schema, shared) = (Identifier::parse("a").unwrap(), Identifier::parse("b").unwrap());
        let names = Names { schema: &schema, tenant: Some("c"), shared: &shared };
        let rendered = read.script.render(&names);
        let _ = (rendered.locate(at), rendered.statement_at(at), rendered.statements().count());
    }
}
