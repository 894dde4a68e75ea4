use super::*;

/// What is told of each: number, name, whether there is a way back, and whether it is in a transaction.
fn told(migrations: &Migrations) -> Vec<(i64, &str, bool, bool)> {
    let files = migrations.files().iter();
    files
        .map(|file| {
            (file.number, &*file.name, file.down().is_some(), file.directives().transaction)
        })
        .collect()
}

const JOURNAL: &[u8] = br#"{"version":"7","dialect":"postgresql","entries":[
    {"idx":0,"version":"7","when":1700000000000,"tag":"0000_zealous_ant","breakpoints":true},
    {"idx":1,"version":"7","when":1700000000500,"tag":"0001_abrupt_bee","breakpoints":true}]}"#;

#[test]
fn drizzle_kits_come_in_the_order_of_the_journal() {
    let migrations = read(&[
        ("meta/_journal.json", JOURNAL),
        ("meta/0000_snapshot.json", b"{}"),
        (
            "0000_zealous_ant.sql",
            b"CREATE TABLE \"a\" ();\n--> statement-breakpoint\nCREATE TABLE \"b\" ();",
        ),
        ("0001_abrupt_bee.sql", b"ALTER TABLE \"a\" ADD \"roles\" text[] DEFAULT '{tenant}';"),
        ("0002_by_hand.sql", b"SELECT 1"),
    ]);
    assert_eq!(migrations.layout(), Layout::Drizzle);
    assert_eq!(
        told(&migrations),
        [
            (0, "0000_zealous_ant", false, true),
            (1, "0001_abrupt_bee", false, true),
            (2, "0002_by_hand", false, true)
        ]
    );
    let first = &migrations.files()[0];
    assert_eq!(first.origin(), &Origin::Drizzle { when: Some(1_700_000_000_000) });
    assert_eq!(first.up().statements().len(), 2);
    // As sha256sum has it.
    assert_eq!(
        first.drizzle_hash(),
        "396302b345a7b69bd918f9fc583537ad3d2c45e233655832ce6751d0b56c8189"
    );
}

#[test]
fn a_journal_that_contradicts_the_files_is_told() {
    insta::assert_snapshot!(refused(&[
        ("meta/_journal.json", JOURNAL),
        ("0000_zealous_ant.sql", b"SELECT 1"),
        ("0000_other.sql", b"SELECT 1"),
        ("notes.sql", b"SELECT 1"),
    ]));
    insta::assert_snapshot!(refused(&[("meta/_journal.json", b"{\"entries\": 3}")]));
    let mysql = br#"{"dialect":"mysql","entries":[]}"#;
    insta::assert_snapshot!(refused(&[("meta/_journal.json", mysql)]));
}

#[test]
fn drizzle_kit_1s_folders_are_read_by_their_moments() {
    let migrations = read(&[
        ("20261127091004_users/migration.sql", b"CREATE TABLE \"users\" ();"),
        ("20261127091004_users/snapshot.json", b"{}"),
        ("20240229235959_by_hand/migration.sql", b"SELECT 1"),
        ("relations.ts", b""),
        ("notes/todo.md", b""),
    ]);
    assert_eq!(migrations.layout(), Layout::Drizzle);
    assert_eq!(
        told(&migrations),
        [
            (20_240_229_235_959, "20240229235959_by_hand", false, true),
            (20_261_127_091_004, "20261127091004_users", false, true)
        ]
    );
    // As `date -d` has them.
    let whens = migrations.files().iter().map(|file| file.origin().clone()).collect::<Vec<_>>();
    let of = |seconds: i64| Origin::Drizzle { when: Some(seconds * 1000) };
    assert_eq!(whens, [of(1_709_251_199), of(1_795_770_604)]);
    insta::assert_snapshot!(refused(&[
        ("20261127091004_users/migration.sql", b"SELECT 1"),
        ("20261127091004_users/snapshot.json", b"{}"),
        ("20261127091004_twice/migration.sql", b"SELECT 1"),
        ("20261127091005_empty/snapshot.json", b"{}"),
        ("by_hand/migration.sql", b"SELECT 1"),
        ("0001_old.sql", b"SELECT 1"),
    ]), @r"
    invalid migrations, 4 problems:
    - FOLDER/0001_old.sql: drizzle-kit's migrations are folders with a migration.sql in them
    - FOLDER/20261127091004_users/migration.sql: it has the number of 20261127091004_twice/migration.sql; each needs one of its own
    - FOLDER/20261127091005_empty: it has no migration.sql
    - FOLDER/by_hand: its name begins with no moment, such as 20261127091004_users
    ");
}

#[test]
fn sqlxs_pairs_and_single_files_are_read() {
    let migrations = read(&[
        ("20261120160501_create_users.up.sql", b"CREATE TABLE users ();\n"),
        ("20261120160501_create_users.down.sql", b"DROP TABLE users;\n"),
        (
            "20261120160502_index.sql",
            b"-- no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);",
        ),
    ]);
    assert_eq!(migrations.layout(), Layout::Sqlx);
    assert_eq!(
        told(&migrations),
        [
            (20_261_120_160_501, "20261120160501_create_users.sql", true, true),
            (20_261_120_160_502, "20261120160502_index.sql", false, false)
        ]
    );
    let first = &migrations.files()[0];
    assert_eq!(first.origin(), &Origin::Sqlx { description: "create users".to_owned() });
    let checksum: String = first.sqlx_checksum().iter().map(|byte| format!("{byte:02x}")).collect();
    // As sha384sum has it.
    assert_eq!(
        checksum,
        "85b647308749ebed2c7073303646e5d1b3cc5fb32a7c75b89ec4f3a5286d92c8d527ee124d24c799beba75cb853def2a"
    );
    let marked = read(&[("1_a.up.sql", "\u{feff}SELECT 1".as_bytes())]);
    assert_ne!(
        marked.files()[0].sqlx_checksum(),
        read(&[("1_a.up.sql", b"SELECT 1")]).files()[0].sqlx_checksum()
    );
}

#[test]
fn sqlxs_folder_without_pairs_is_read_as_ours() {
    let migrations = read(&[("1_a.sql", b"-- no-transaction\nVACUUM t"), ("2_b.sql", b"SELECT 1")]);
    assert_eq!(migrations.layout(), Layout::Tenantry);
    assert_eq!(told(&migrations), [(1, "1_a.sql", false, false), (2, "2_b.sql", false, true)]);
}

#[test]
fn diesels_folders_are_read() {
    let migrations = read(&[
        ("00000000000000_diesel_initial_setup/up.sql", b"SELECT 1"),
        ("00000000000000_diesel_initial_setup/down.sql", b"SELECT 2"),
        ("2026-11-20-160501_index/up.sql", b"CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)"),
        ("2026-11-20-160501_index/metadata.toml", b"run_in_transaction = false"),
        (".keep", b""),
    ]);
    assert_eq!(migrations.layout(), Layout::Diesel);
    assert_eq!(
        told(&migrations),
        [
            (0, "00000000000000_diesel_initial_setup", true, true),
            (20_261_120_160_501, "2026-11-20-160501_index", false, false)
        ]
    );
    let version = "20261120160501".to_owned();
    assert_eq!(migrations.files()[1].origin(), &Origin::Diesel { version });
    assert!(migrations.files()[1].path().ends_with("2026-11-20-160501_index/up.sql"));
}

#[test]
fn refinerys_files_are_read_in_folders_too() {
    let migrations = read(&[
        ("V1__users.sql", b"SELECT 1"),
        ("sub/V10__orders.sql", b"SELECT 1"),
        ("U2__late.sql", b"SELECT 1"),
    ]);
    assert_eq!(migrations.layout(), Layout::Refinery);
    assert_eq!(
        told(&migrations),
        [
            (1, "V1__users", false, true),
            (2, "U2__late", false, true),
            (10, "V10__orders", false, true)
        ]
    );
}

#[test]
fn what_is_wrong_in_another_tools_folder_is_told_in_its_words() {
    insta::assert_snapshot!(refused(&[
        ("1_a.up.sql", b"SELECT 1"),
        ("1_b.sql", b"SELECT 1"),
        ("2_c.down.sql", b"SELECT 1"),
        ("users.sql", b"SELECT 1"),
    ]));
    insta::assert_snapshot!(refused(&[
        ("2026-01-01-000000_a/up.sql", b"SELECT 1;\nCOMMIT"),
        ("2026-01-01-000000_a/metadata.toml", b"run_in_transaction = maybe"),
        ("2026-01-02-000000_b/down.sql", b"SELECT 1"),
        ("users/up.sql", b"SELECT 1"),
    ]));
    insta::assert_snapshot!(refused(&[
        ("V1__a.sql", b"SELECT 1"),
        ("V1__b.sql", b"SELECT 1"),
        ("V2__c.rs", b"fn main() {}"),
        ("V1.5__d.sql", b"SELECT 1"),
        ("users.sql", b"SELECT 1"),
    ]));
}

#[test]
fn a_folder_of_several_layouts_says_what_was_seen() {
    insta::assert_snapshot!(refused(&[
        ("1_a.up.sql", b"SELECT 1"),
        ("2026_b/up.sql", b"SELECT 1")
    ]));
    insta::assert_snapshot!(refused(&[("V1__a.sql", b"SELECT 1"), ("0001_b.sql", b"SELECT 1")]));
    insta::assert_snapshot!(refused(&[
        ("0001_b.up.sql", b"SELECT 1"),
        ("meta/_journal.json", JOURNAL)
    ]));
}
