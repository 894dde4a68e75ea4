use std::fs;

use tempfile::TempDir;

use crate::support::{Ran, run, tenantry};

/// A folder to run the command in. There is no database.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

async fn lint(folder: &TempDir, line: &str) -> Ran {
    let mut command = tenantry(line);
    command.current_dir(folder.path());
    run(command).await
}

const USERS: &str =
    "CREATE TABLE users (id bigint PRIMARY KEY, name varchar(50));\nCREATE INDEX ON users (name);";

fn project() -> TempDir {
    folder(&[
        ("migrations/shared/0001_plans.sql", "CREATE TABLE plans (id serial PRIMARY KEY);"),
        ("migrations/tenant/0001_users.sql", USERS),
        (
            "migrations/tenant/0002_more.sql",
            "-- Names get longer, and nobody has a nickname.\nALTER TABLE users\n  ALTER name TYPE text,\n  DROP nickname;\n\n\
             CREATE INDEX users_name ON users (name);\n\
             -- tenantry: allow drop-table because it was never used\nDROP TABLE orders;",
        ),
    ])
}

#[tokio::test]
async fn what_locks_or_loses_is_told_without_a_database() {
    let ran = lint(&project(), "lint").await;
    insta::assert_snapshot!(ran.shown());
}

#[tokio::test]
async fn strict_exits_with_1_when_something_is_found() {
    assert_eq!(lint(&project(), "lint --strict").await.status, 1);
    let clean = folder(&[("migrations/tenant/0001_users.sql", USERS)]);
    insta::assert_snapshot!(lint(&clean, "lint --strict").await.done());
}

#[tokio::test]
async fn as_json_it_is_one_document() {
    insta::assert_json_snapshot!(lint(&project(), "--json lint").await.json());
}

#[tokio::test]
async fn other_folders_can_be_named_and_their_layout_is_told() {
    let folder = folder(&[
        ("drizzle/meta/_journal.json", r#"{"entries":[{"idx":0,"when":1,"tag":"0000_a"}]}"#),
        (
            "drizzle/0000_a.sql",
            "CREATE TABLE \"a\" ();\n--> statement-breakpoint\nDROP TABLE \"b\";",
        ),
        ("diesel/2026-01-01-000000_a/up.sql", "SELECT 1"),
    ]);
    insta::assert_snapshot!(lint(&folder, "lint drizzle diesel").await.shown());
}

#[tokio::test]
async fn files_that_could_not_be_run_are_told_with_their_places() {
    let folder = folder(&[
        ("migrations/shared/0001_s.sql", "SELECT {tenant}"),
        ("migrations/tenant/0001_a.sql", "BEGIN;\nSELECT 1;\n  COMMIT;"),
        (
            "migrations/tenant/0002_b.sql",
            "-- tenantry: allow drop-tabel because so\nSET search_path = {other};",
        ),
    ]);
    insta::assert_snapshot!(lint(&folder, "lint").await.shown());
    insta::assert_json_snapshot!(lint(&folder, "lint --json").await.json());
}

#[tokio::test]
async fn without_migrations_it_says_which_folder_is_missing() {
    insta::assert_snapshot!(lint(&folder(&[]), "lint").await.shown());
}

#[tokio::test]
async fn the_rules_can_be_listed() {
    insta::assert_snapshot!(run(tenantry("lint --rules")).await.done());
}

#[tokio::test]
async fn colors_are_used_when_they_are_wanted() {
    let ran = lint(&project(), "lint --color always").await;
    assert!(ran.stdout.contains("\x1b[1m\x1b[33mwarning[drop-column]\x1b[0m"), "{}", ran.stdout);
    assert!(!lint(&project(), "lint").await.stdout.contains('\x1b'));
}
