use proptest::prelude::*;

use super::*;
use crate::lexer::tests::pieces;

fn split(sql: &str) -> Vec<&str> {
    statements(sql).map(|statement| statement.text(sql)).collect()
}

fn kind(sql: &str) -> Kind {
    statements(sql).next().expect("there is one").kind()
}

#[test]
fn statements_end_with_semicolons_and_comments_are_none() {
    assert_eq!(split(""), [""; 0]);
    assert_eq!(split(" \n\t;;;\n-- nothing\n/* nothing /* at */ all */"), [""; 0]);
    assert_eq!(split("SELECT 1; SELECT 2 ; -- end"), ["SELECT 1", "SELECT 2"]);
    assert_eq!(
        split("SELECT ';'; SELECT $$;$$, \";\" -- ;"),
        ["SELECT ';'", "SELECT $$;$$, \";\""]
    );
    assert_eq!(split("SELECT E'it\\'s;'; b"), ["SELECT E'it\\'s;'", "b"]);
    assert_eq!(split("a /* ; */ b; c"), ["a /* ; */ b", "c"]);
}

#[test]
fn rules_and_function_bodies_keep_their_semicolons() {
    let rule = "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)";
    assert_eq!(split(&format!("{rule}; x")), [rule, "x"]);
    for body in [
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END",
        "CREATE OR REPLACE FUNCTION f(int) RETURNS int begin /* ; */ atomic SELECT CASE WHEN $1 > 0 THEN 1 \
         ELSE 2 END; SELECT 3; END",
        "CREATE PROCEDURE p() BEGIN ATOMIC INSERT INTO t SELECT 1 AS end; SELECT t.case FROM t; END",
    ] {
        assert_eq!(split(&format!("{body}; x")), [body, "x"]);
    }
    // BEGIN is no reserved word.
    assert_eq!(
        split("CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS 'SELECT 1'; COMMIT"),
        ["CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS 'SELECT 1'", "COMMIT"]
    );
    assert_eq!(
        split("CREATE TABLE begin (atomic int); b"),
        ["CREATE TABLE begin (atomic int)", "b"]
    );
}

#[test]
fn lines_and_columns_are_those_of_the_first_word() {
    let sql = "-- ключ\n  SELECT 1; /* и */ SELECT 2;\r\n\tSELECT 3";
    let places: Vec<_> = statements(sql).map(|found| (found.line(), found.column())).collect();
    assert_eq!(places, [(2, 3), (2, 21), (3, 2)]);
}

#[test]
fn the_kind_of_a_statement_is_told_by_its_words() {
    use Kind::*;
    for (sql, expected) in [
        ("BEGIN", TransactionControl),
        ("start transaction", TransactionControl),
        ("Commit Work", TransactionControl),
        ("END", TransactionControl),
        ("ROLLBACK", TransactionControl),
        ("ROLLBACK PREPARED 'a'", TransactionControl),
        ("ABORT WORK", TransactionControl),
        ("PREPARE /* x */ TRANSACTION 'a'", TransactionControl),
        ("PREPARE x AS SELECT 1", Other),
        ("ROLLBACK TO a", Savepoint),
        ("ROLLBACK WORK TO SAVEPOINT a", Savepoint),
        ("SAVEPOINT a", Savepoint),
        ("RELEASE a", Savepoint),
        ("SET search_path = a", Set),
        ("RESET ALL", Reset),
        ("COPY t (a, b) FROM stdin", CopyFromStdin),
        ("COPY t FROM 'stdin'", Copy),
        ("COPY (SELECT a FROM stdin) TO STDOUT", Copy),
        ("DO $$ BEGIN COMMIT; END $$", Do),
        ("CALL p()", Call),
        ("EXECUTE x", Execute),
        ("CREATE OR REPLACE PROCEDURE p() LANGUAGE sql AS ''", CreateRoutine),
        ("CREATE INDEX ON t (a)", CreateIndex),
        ("CREATE UNIQUE INDEX i ON t (a)", CreateIndex),
        ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)", CreateIndexConcurrently),
        ("DROP INDEX CONCURRENTLY i", DropIndexConcurrently),
        ("REINDEX INDEX CONCURRENTLY i", ReindexConcurrently),
        ("REINDEX (VERBOSE) TABLE CONCURRENTLY i", ReindexConcurrently),
        ("REINDEX (CONCURRENTLY) TABLE t", ReindexConcurrently),
        ("REINDEX TABLE t", Other),
        ("ALTER TABLE a.t DETACH PARTITION p CONCURRENTLY", DetachConcurrently),
        ("ALTER TABLE t DETACH PARTITION p", Other),
        ("VACUUM (FULL) t", Vacuum),
        ("CREATE DATABASE d", ServerWide),
        ("ALTER SYSTEM SET a = 1", ServerWide),
        ("\\d users", Psql),
        ("CREATE TABLE \"commit\" ()", Other),
        ("\"begin\"", Other),
        ("(SELECT 1)", Other),
    ] {
        assert_eq!(kind(sql), expected, "{sql}");
    }
}

#[test]
fn what_psql_would_send_for_copy_is_passed_over() {
    let sql = "COPY t FROM stdin;\n1\tit's\n\\.\n\nSELECT 1;\nCOPY t FROM stdin;\n2";
    assert_eq!(split(sql), ["COPY t FROM stdin", "SELECT 1", "COPY t FROM stdin", "2"]);
}

#[test]
fn many_copies_take_no_time() {
    for copy in
        ["COPY t FROM STDIN;\n", "COPY t FROM STDIN;\n\\.x\n", "COPY t FROM STDIN;\n1\n\\.\n"]
    {
        assert!(statements(&copy.repeat(20_000)).count() >= 20_000);
    }
}

proptest! {
    #[test]
    fn splitting_loses_nothing(sql in prop_oneof![pieces(), "\\PC{0,60}"]) {
        let mut at = 0;
        let mut joined = String::new();
        for statement in statements(&sql) {
            let range = statement.range();
            prop_assert!(range.start >= at && range.end > range.start);
            let between = &sql[at..range.start];
            if !sql.contains("\\.") {
                let is_nothing = |token: Token| token.kind.is_blank() || token.kind == TokenKind::Semicolon;
                prop_assert!(Lexer::new(between).all(is_nothing), "{between:?}");
            }
            let line = 1 + sql[..range.start].matches('\n').count();
            prop_assert_eq!(statement.line(), line);
            joined.push_str(between);
            joined.push_str(statement.text(&sql));
            at = range.end;
        }
        joined.push_str(&sql[at..]);
        prop_assert_eq!(joined, sql);
    }

    #[test]
    fn what_is_quoted_is_never_control(text in "[a-z; \n-]{0,20}") {
        let sql = format!("SELECT '{text}; COMMIT;', $q${text}; COMMIT;$q$, \"{text}; COMMIT;\"");
        prop_assert_eq!(split(&sql).len(), 1);
    }
}
