//! What tenantry-sql says of statements, against PostgreSQL's own reading.

use tenantry_devdb::testing::TestDb;
use tokio_postgres::SimpleQueryMessage;

/// Scripts that are hard to split, and that PostgreSQL runs.
const SCRIPTS: [&str; 17] = [
    "SELECT 1; SELECT 2;; ; SELECT 3",
    "SELECT ';'; SELECT E'\\';'; SELECT 'it''s;'; SELECT $$;$$; SELECT $a$;$$;$a$; SELECT 2",
    "SELECT U&'\\003B;'; SELECT U&\"d!0061;ta\" UESCAPE '!' FROM (SELECT 1) AS x (\"da;ta\"); SELECT B'1', X'1F', N';'",
    "SELECT 'a'\n  ';' -- one string;\n ';'; SELECT 2",
    "SELECT E'a'\n  '\\';'; SELECT 2",
    "SELECT E'a' -- a comment; in between\n  -- and another\n '\\';'; SELECT 2",
    "SELECT 1 /* ; /* ; */ ; */ + 1; -- ;\nSELECT 2",
    "SELECT 1--;\r+ 1; SELECT 2",
    "SELECT 1 AS a$b$, 2 AS c$b$; SELECT 3",
    "SELECT 1 AS \";\", 2 AS \"\"\";\"; SELECT 2",
    "CREATE TABLE t (a int); CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2); SELECT 3",
    "CREATE FUNCTION f(int) RETURNS int BEGIN ATOMIC SELECT CASE WHEN $1 > 0 THEN 1 ELSE 2 END; SELECT 3; END; SELECT 4",
    "CREATE FUNCTION g() RETURNS int BEGIN ATOMIC; SELECT 1 AS end; SELECT 2 AS \"case\"; END; SELECT 3",
    "CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS 'SELECT 1;'; SELECT begin()",
    "CREATE OR REPLACE PROCEDURE p() LANGUAGE plpgsql AS $x$ BEGIN PERFORM 1; END $x$; CALL p(); DO 'BEGIN NULL; END'",
    "SELECT 5 - -1, 2 *-1, 1 <>-1, @ -5; SELECT 2",
    "SELECT (ARRAY[1, 2, 3])[1:2], '{a;b}'::text[], 1.5e-3, .5, 1::text; SELECT 'а' AS ключ",
];

#[tokio::test]
async fn postgresql_counts_as_many_statements() {
    let db = TestDb::create().await;
    let client = db.connect().await;
    for sql in SCRIPTS {
        let found: Vec<_> = tenantry_sql::statements(sql).collect();
        let answers =
            client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let done =
            |answer: &&SimpleQueryMessage| matches!(answer, SimpleQueryMessage::CommandComplete(_));
        assert_eq!(answers.iter().filter(done).count(), found.len(), "{sql}");
        client.batch_execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await.unwrap();
        // And each runs by itself.
        for statement in found {
            let text = statement.text(sql);
            client.batch_execute(text).await.unwrap_or_else(|error| panic!("{text}: {error:?}"));
        }
        client.batch_execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await.unwrap();
    }
}

#[tokio::test]
async fn postgresql_sees_the_same_strings_and_names() {
    let db = TestDb::create().await;
    let client = db.connect().await;
    for literal in [
        "'it''s'",
        r"E'a\n\t\\\'\x41\101\u0041\U00000041b'",
        r"U&'d\0061t\+000061 \\'",
        "$$a'b\\$$",
        "$a$ $$ $a$",
        r"'a\n'",
        "N'n'",
    ] {
        let row = client.query_one(&format!("SELECT {literal}::text"), &[]).await.unwrap();
        let token = tenantry_sql::Lexer::new(literal).next().unwrap();
        assert_eq!(token.string(literal).unwrap(), row.get::<_, &str>(0), "{literal}");
    }
    for name in ["Users", "ÄPFEL", "\"Us\"\"ers\"", r#"U&"d\0061ta""#, "a$1", "_x"] {
        let statement = client.prepare(&format!("SELECT 1 AS {name}")).await.unwrap();
        let token = tenantry_sql::Lexer::new(name).next().unwrap();
        assert_eq!(token.name(name).unwrap(), statement.columns()[0].name(), "{name}");
    }
}
