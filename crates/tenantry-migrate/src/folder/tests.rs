use super::*;

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
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
    let folder = folder(&[
        ("10_c.sql", b"SELECT 3"),
        ("0002_b.sql", b"SELECT 2"),
        ("0001_a.sql", b"SELECT 1"),
        ("README.md", b"how to"),
    ]);
    let migrations = Migrations::read(folder.path()).unwrap();
    let names: Vec<_> = migrations.files().iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["0001_a.sql", "0002_b.sql", "10_c.sql"]);
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
fn each_problem_names_its_file_and_line() {
    assert_eq!(
        refused(&[("0001_a.sql", b"SELECT 1;\nSELECT '\xff'")]),
        "invalid migration FOLDER/0001_a.sql:2: it is not UTF-8; save it as UTF-8"
    );
    assert_eq!(
        refused(&[("0001_a.sql", b"-- later\n")]),
        "invalid migration FOLDER/0001_a.sql: it holds no statement; write one, or take the file \
         away"
    );
    assert_eq!(
        refused(&[("0001_a.sql", b"SELECT 1;\nCOMMIT;")]),
        "invalid migration FOLDER/0001_a.sql:2: COMMIT is not allowed in a migration: each file \
         runs in one transaction, together with its row in the ledger"
    );
    assert_eq!(
        refused(&[("0001_a.sql", b"SELECT\n1\0")]),
        "invalid migration FOLDER/0001_a.sql:2: it has a NUL character in it"
    );
    assert_eq!(
        refused(&[("0001_a.sql", b"SELECT 1"), ("01_b.sql", b"SELECT 1")]),
        "invalid migration FOLDER/01_b.sql: it has the number of 0001_a.sql; each needs one of \
         its own"
    );
}

#[test]
fn all_problems_are_told_at_once() {
    let message = refused(&[("0001_a.sql", b""), ("users.sql", b"SELECT 1")]);
    assert!(message.starts_with("invalid migrations, 2 problems:\n- FOLDER/0001_a.sql: "));
    assert!(message.contains("\n- FOLDER/users.sql: "), "{message}");
}

#[test]
fn line_ends_and_a_byte_order_mark_change_no_checksum() {
    let checksum_of = |content: &[u8]| {
        let folder = folder(&[("0001_a.sql", content)]);
        Migrations::read(folder.path()).unwrap().files()[0].checksum.clone()
    };
    let unix = checksum_of(b"SELECT 1;\nSELECT 2;\n");
    assert_eq!(unix.len(), 64);
    assert_eq!(checksum_of(b"SELECT 1;\r\nSELECT 2;\r\n"), unix);
    assert_eq!(checksum_of("\u{feff}SELECT 1;\nSELECT 2;\n".as_bytes()), unix);
    assert_ne!(checksum_of(b"SELECT 1;\nSELECT 2; \n"), unix);
}
