//! The guide says what is so.

use std::path::Path;

use super::{Rule, check};
use crate::Migrations;

const GUIDE: &str = include_str!("../../../../docs/migrations.md");

#[test]
fn the_guide_lists_every_rule() {
    let rows: Vec<String> = Rule::ALL
        .iter()
        .map(|rule| format!("| `{rule}` | {} |", rule.about().trim_end_matches('.')))
        .collect();
    let listed = rows.join("\n");
    assert!(GUIDE.contains(&listed), "docs/migrations.md should have:\n{listed}");
}

#[test]
fn the_guides_files_can_be_read() {
    let files: Vec<&str> =
        GUIDE.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(files.len() >= 3);
    for sql in files {
        let file = ("0001_guide.sql", sql.as_bytes().to_vec());
        let migrations = Migrations::from_files(Path::new("guide"), [file])
            .unwrap_or_else(|error| panic!("{error}"));
        let _ = check(&migrations);
    }
}
