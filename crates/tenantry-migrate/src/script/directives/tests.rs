use crate::script::{Problem, Reading, Script};

use super::*;

fn directives(sql: &str) -> Directives {
    let read = Script::read(sql.to_owned(), Reading::default());
    read.unwrap_or_else(|problems| panic!("{sql}: {problems:?}")).directives().clone()
}

fn refused(sql: &str) -> String {
    let problems = Script::read(sql.to_owned(), Reading::default()).expect_err(sql);
    let problems = problems.iter().map(|Problem { location, reason }| match location {
        Some(location) => format!("{location}: {reason}\n"),
        None => format!("{reason}\n"),
    });
    problems.collect()
}

#[test]
fn a_file_says_how_it_wants_to_be_run() {
    let directives = directives(
        "-- A new index.\n-- tenantry: no-transaction\n  --tenantry: lock_timeout = 500ms\n\
         -- tenantry: statement_timeout=5 min\nCREATE INDEX CONCURRENTLY i ON t (a);",
    );
    assert!(!directives.transaction);
    assert_eq!(directives.lock_timeout, Some(Duration::from_millis(500)));
    assert_eq!(directives.statement_timeout, Some(Duration::from_secs(300)));
    assert_eq!(self::directives("SELECT 1 -- other: no-transaction"), Directives::default());
}

#[test]
fn what_is_allowed_is_allowed_a_statement_or_above_the_first_the_file() {
    let directives = directives(
        "-- tenantry: allow drop-table because it is empty\nDROP TABLE a;\n\
         -- tenantry: allow drop-column, rename because nobody reads it\nALTER TABLE b DROP c;",
    );
    let allows: Vec<_> =
        directives.allows.iter().map(|allow| (&*allow.rules, allow.statement)).collect();
    assert_eq!(
        allows,
        [(&[Rule::DropTable][..], None), (&[Rule::DropColumn, Rule::Rename][..], Some(1))]
    );
}

#[test]
fn another_tools_first_line_counts_where_it_is_the_first() {
    let reading = Reading { first_line: true, ..Reading::default() };
    let is_in_transaction =
        |sql: &str| Script::read(sql.to_owned(), reading).unwrap().directives().transaction;
    assert!(!is_in_transaction("-- no-transaction\nVACUUM t"));
    assert!(is_in_transaction("\n-- no-transaction\nSELECT 1"));
}

#[test]
fn what_is_not_understood_is_refused() {
    insta::assert_snapshot!(refused(
        "-- tenantry: no_transaction\n-- tenantry:\n-- tenantry: lock_timeout = 2\n-- tenantry: lock_timeout = 1s\n\
         -- tenantry: lock_timeout = 2s\n-- tenantry: retry = 5\n-- tenantry: allow drop-colum because it is empty\n\
         -- tenantry: allow everything because I may\n-- tenantry: allow drop-column\n\
         /* tenantry: no-transaction */\nDROP TABLE a; -- tenantry: allow drop-table because it is late\n\
         -- tenantry: no-transaction\nDROP TABLE\n -- tenantry: allow drop-table because it is within\n b;\n\
         -- tenantry: allow drop-table because it is the end"
    ));
}
