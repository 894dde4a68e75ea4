use proptest::prelude::*;

use super::*;

fn told(sql: &str) -> String {
    match check(sql) {
        Ok(count) => format!("{count} statements"),
        Err(fault) => format!("line {}: {}", fault.line, fault.kind),
    }
}

#[test]
fn statements_are_counted_and_comments_are_none() {
    let cases = [
        ("", 0),
        (" \n\t;;;\n", 0),
        ("-- nothing\n/* nothing /* at */ all */", 0),
        ("SELECT 1", 1),
        ("SELECT 1; SELECT 2;", 2),
        ("SELECT ';'; SELECT $$;$$; SELECT \";\" -- ;", 3),
        ("SELECT 'it''s;'; SELECT E'it\\'s;'; SELECT 2", 3),
        ("CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3", 2),
        ("SELECT $a$ $b$ ; $a$, $1, a$b$c; SELECT 2", 2),
    ];
    for (sql, count) in cases {
        assert_eq!(check(sql), Ok(count), "{sql}");
    }
}

#[test]
fn transaction_control_is_refused_with_its_line() {
    let cases = [
        ("BEGIN; SELECT 1; COMMIT;", 1, "BEGIN"),
        ("SELECT 1;\n\n  commit work;", 3, "COMMIT"),
        ("-- BEGIN\n/* COMMIT */ SELECT ';';\nEnd", 3, "END"),
        ("SELECT 1;\nROLLBACK", 2, "ROLLBACK"),
        ("START TRANSACTION", 1, "START"),
        ("SELECT $$\n\n$$; ABORT", 3, "ABORT"),
        ("\nPREPARE /* x */ TRANSACTION 'a'", 2, "PREPARE TRANSACTION"),
        (r"SELECT E'a\'; COMMIT; '; COMMIT", 1, "COMMIT"),
    ];
    for (sql, line, word) in cases {
        let kind = FaultKind::TransactionControl(word.to_owned());
        assert_eq!(check(sql), Err(Fault { line, kind }), "{sql}");
    }
}

#[test]
fn what_only_looks_like_transaction_control_is_left_alone() {
    for sql in [
        "SAVEPOINT a; ROLLBACK TO a; ROLLBACK WORK TO SAVEPOINT a; RELEASE a",
        "PREPARE x AS SELECT 1",
        "DO $$ BEGIN RAISE NOTICE 'x'; END $$",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $f$ BEGIN RETURN 1; END; $f$",
        "CREATE OR REPLACE FUNCTION f(int) RETURNS int BEGIN ATOMIC \
         SELECT CASE WHEN $1 > 0 THEN 1 ELSE 2 END; SELECT 3; END",
        "CREATE PROCEDURE p() BEGIN ATOMIC INSERT INTO t VALUES (1); END; SELECT 1",
        "CREATE TABLE \"commit\" (\"begin\" int); INSERT INTO t VALUES ('; COMMIT;')",
        "SELECT 1 AS commit",
        r"SELECT 'a\'; SELECT 'COMMIT'",
    ] {
        assert!(check(sql).is_ok(), "{sql}: {}", told(sql));
    }
}

#[test]
fn copy_from_stdin_is_refused_and_other_copies_are_not() {
    assert_eq!(
        told("SELECT 1;\nCOPY t (a, b) FROM stdin;\n1\t2\n\\."),
        "line 2: COPY … FROM STDIN needs psql; write INSERT statements (pg_dump --inserts does)"
    );
    assert!(check("COPY t FROM '/tmp/stdin'; COPY t TO STDOUT").is_ok());
}

proptest! {
    #[test]
    fn any_text_is_read_to_its_end(sql in "[a-zE$;'\"()/*\\\\ \n-]{0,60}|\\PC{0,40}") {
        let _ = check(&sql);
    }

    #[test]
    fn what_is_quoted_is_never_control(text in "[a-z; \n-]{0,20}") {
        let sql = format!("SELECT '{text}; COMMIT;', $q${text}; COMMIT;$q$, \"{text}; COMMIT;\"");
        prop_assert_eq!(check(&sql), Ok(1));
    }
}
