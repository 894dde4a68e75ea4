use std::fs;

use crate::Script;

use super::*;

mod layouts;

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn read(files: &[(&str, &[u8])]) -> Migrations {
    Migrations::read(folder(files).path()).unwrap()
}

/// The message, with the folder's name taken out.
fn refused(files: &[(&str, &[u8])]) -> String {
    let folder = folder(files);
    let error = Migrations::read(folder.path()).unwrap_err();
    assert_eq!(error.code(), "MIGRATIONS_INVALID");
    error.to_string().replace(&folder.path().display().to_string(), "FOLDER")
}

#[test]
fn files_come_in_the_order_of_their_numbers() {
    let migrations = read(&[
        ("10_c.sql", b"SELECT 3"),
        ("0002_b.sql", b"SELECT 2"),
        ("0001_a.sql", b"SELECT 1"),
        ("README.md", b"how to"),
        (".gitkeep", b""),
        ("0001_a.sql~", b"COMMIT"),
        ("0001_a.sql.orig", b"COMMIT"),
        ("old/0001_b.sql", b"COMMIT"),
    ]);
    let names: Vec<_> = migrations.files().iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["0001_a.sql", "0002_b.sql", "10_c.sql"]);
    assert_eq!(migrations.layout(), Layout::Tenantry);
}

#[test]
fn a_way_back_belongs_to_its_file() {
    let migrations = read(&[
        ("0001_a.sql", b"CREATE TABLE a ()"),
        ("0001_a.down.sql", b"DROP TABLE a"),
        ("0002_b.sql", b"CREATE TABLE b ()"),
    ]);
    let downs: Vec<_> =
        migrations.files().iter().map(|file| file.down().map(Script::text)).collect();
    assert_eq!(downs, [Some("DROP TABLE a"), None]);
    assert!(migrations.files()[0].down_path().unwrap().ends_with("0001_a.down.sql"));
}

#[test]
fn a_missing_folder_says_where_to_name_another() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("nowhere");
    let error = Migrations::read(&missing).unwrap_err();
    assert_eq!(error.code(), "MIGRATIONS_MISSING");
    assert!(error.to_string().contains("nowhere for migrations; make it"), "{error}");
    assert!(Migrations::read_if_there(&missing).unwrap().is_none());
}

#[test]
fn a_single_problem_is_told_with_its_place() {
    insta::assert_snapshot!(refused(&[("0001_a.sql", b"CREATE TABLE a ();\nCOMMIT;")]));
    insta::assert_snapshot!(refused(&[("0001_a.sql", b"SELECT 1;\nSELECT '\xfc'")]));
    insta::assert_snapshot!(refused(&[("0001_a.sql", b"SELECT\n1\0")]));
    insta::assert_snapshot!(refused(&[("0001_a.sql", b"-- later\n")]));
}

#[test]
fn all_problems_of_a_folder_are_told_at_once() {
    insta::assert_snapshot!(refused(&[
        ("0001_a.sql", b""),
        ("01_b.sql", b"SELECT 1"),
        ("0002_c.down.sql", b"SELECT 1"),
        ("0003_d.sql", b"SELECT 1;\nROLLBACK;\nVACUUM;"),
        ("0003_d.down.sql", b"SET ROLE a"),
        ("0004_e.SQL", b"SELECT 1"),
        ("0005_f/x.sql", b"SELECT 1"),
        ("users.sql", b"SELECT 1"),
        ("0006_g.sql", b"-- tenantry: no-tx\nSELECT {tennant}"),
    ]));
}

#[test]
fn the_shared_schema_has_no_tenant() {
    let folder = folder(&[("0001_a.sql", b"SELECT {tenant}")]);
    assert!(Migrations::read(folder.path()).is_ok());
    let error = Migrations::read_shared(folder.path()).unwrap_err().to_string();
    assert!(error.contains("{tenant} has no meaning in the shared schema's files"), "{error}");
}

#[test]
fn line_ends_and_a_byte_order_mark_change_no_checksum() {
    let checksum_of = |content: &[u8]| read(&[("0001_a.sql", content)]).files()[0].checksum.clone();
    let unix = checksum_of(b"SELECT 1;\nSELECT 2;\n");
    assert_eq!(unix.len(), 64);
    assert_eq!(checksum_of(b"SELECT 1;\r\nSELECT 2;\r\n"), unix);
    assert_eq!(checksum_of("\u{feff}SELECT 1;\nSELECT 2;\n".as_bytes()), unix);
    assert_ne!(checksum_of(b"SELECT 1;\nSELECT 2; \n"), unix);
}

#[test]
fn files_may_be_in_memory() {
    let files: [(&str, &'static [u8]); 2] =
        [("0001_a.sql", b"SELECT 1"), ("0001_a.down.sql", b"SELECT 2")];
    let migrations = Migrations::from_files(Path::new("embedded"), files).unwrap();
    assert_eq!(migrations.files()[0].up().text(), "SELECT 1");
    assert_eq!(migrations.files()[0].path(), Path::new("embedded/0001_a.sql"));
    let wrong: [(&str, &'static [u8]); 1] = [("0001_a.sql", b"COMMIT")];
    let error = Migrations::from_files(Path::new("embedded"), wrong).unwrap_err();
    assert!(error.to_string().starts_with("invalid migration embedded/0001_a.sql:1:1: COMMIT"));
}

#[test]
fn a_long_file_is_read_in_a_moment() {
    let statement = "INSERT INTO t (a, b) VALUES (1, 'it''s a text; with a semicolon');\n";
    let text = statement.repeat(50_000_000 / statement.len() / 10);
    let migrations = read(&[("0001_a.sql", text.as_bytes())]);
    assert_eq!(migrations.files()[0].up().statements().len(), text.lines().count());
}
