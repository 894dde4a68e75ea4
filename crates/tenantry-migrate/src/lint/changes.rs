use super::{cursor::Cursor, data, known::Known, notes::Notes, objects, tables};

/// Looks at one statement.
pub(super) fn check(mut cursor: Cursor<'_>, known: &mut Known, notes: &mut Notes<'_>) {
    let at = cursor.position();
    let first =
        ["alter", "create", "drop", "reindex", "refresh", "vacuum", "cluster", "truncate", "lock"];
    match cursor.eat_one(&first) {
        Some("alter") => alter(&mut cursor, at, known, notes),
        Some("create") => create(&mut cursor, at, known, notes),
        Some("drop") => objects::drop(&mut cursor, at, known, notes),
        Some("reindex") => data::reindex(&cursor, at, notes),
        Some("refresh") => data::refresh(&cursor, at, notes),
        Some("vacuum") => data::vacuum(&mut cursor, at, notes),
        Some("cluster") => data::cluster(at, notes),
        Some("truncate") => data::truncate(&mut cursor, at, known, notes),
        Some("lock") => data::lock(at, notes),
        _ => data::rows(&cursor, known, notes),
    }
}

fn create(cursor: &mut Cursor<'_>, at: usize, known: &mut Known, notes: &mut Notes<'_>) {
    while cursor
        .eat_one(&["global", "local", "temporary", "temp", "unlogged", "unique", "or", "replace"])
        .is_some()
    {}
    match cursor.eat_one(&["table", "index", "materialized"]) {
        Some("table") => tables::create(cursor, known, notes),
        Some("index") => tables::create_index(cursor, at, known, notes),
        Some("materialized") if cursor.eat(&["view"]) => {
            cursor.eat(&["if", "not", "exists"]);
            cursor.name().into_iter().for_each(|name| known.make(name));
        }
        _ => {}
    }
}

fn alter(cursor: &mut Cursor<'_>, at: usize, known: &mut Known, notes: &mut Notes<'_>) {
    if cursor.eat(&["table"]) || cursor.eat(&["foreign", "table"]) {
        tables::alter(cursor, known, notes);
    } else {
        objects::alter(cursor, at, notes);
    }
}
