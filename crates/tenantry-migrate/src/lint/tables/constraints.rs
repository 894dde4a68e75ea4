use crate::lint::{
    Rule,
    cursor::{Cursor, Name},
    known::Known,
    notes::Notes,
};

/// Whether a table's constraint comes next, and not a column.
pub(super) fn begins(cursor: &Cursor<'_>) -> bool {
    ["constraint", "check", "unique", "primary", "foreign"].iter().any(|word| cursor.sees(&[word]))
        || cursor.sees(&["exclude", "using"])
        || cursor.sees(&["not", "null"])
}

/// `ADD [CONSTRAINT name] …`, after ADD.
pub(super) fn add(
    cursor: &mut Cursor<'_>,
    table: &Name,
    at: usize,
    known: &mut Known,
    notes: &mut Notes<'_>,
) {
    let name = if cursor.eat(&["constraint"]) { cursor.simple_name() } else { None };
    let not_valid = cursor.has(&["not", "valid"]);
    if let (true, Some(name)) = (not_valid, name.clone()) {
        known.add_not_valid(table, name);
    }
    let is_harmless = known.is_new(table) || not_valid;
    match cursor.eat_one(&["check", "unique", "primary", "foreign", "exclude", "not"]) {
        Some("check") => {
            if let (Some(name), Some(column)) = (name, cursor.parenthesised().and_then(not_null)) {
                known.add_not_null_check(table, &name, column, !not_valid);
            }
            if !is_harmless {
                check(at, notes);
            }
        }
        Some("foreign") if !is_harmless => foreign_key(at, notes),
        Some("unique" | "primary") if !is_harmless && !cursor.has(&["using", "index"]) => unique(at, notes),
        Some("exclude") if !is_harmless => notes.add(
            Rule::AddUniqueConstraint,
            at,
            "an EXCLUDE constraint builds its index under an ACCESS EXCLUSIVE lock: nobody reads or writes the table until that is \
             done",
            "PostgreSQL has no way to build it before; do it while nobody needs the table.",
        ),
        Some("not") if !is_harmless => set_not_null(at, notes),
        _ => {}
    }
}

/// The column, if an expression is `column IS NOT NULL`.
fn not_null(mut cursor: Cursor<'_>) -> Option<String> {
    while cursor.eat_sign("(") {}
    let column = cursor.simple_name()?;
    cursor.eat(&["is", "not", "null"]).then_some(column)
}

pub(super) fn check(at: usize, notes: &mut Notes<'_>) {
    notes.add(
        Rule::AddCheck,
        at,
        "ADD CONSTRAINT … CHECK reads the whole table under an ACCESS EXCLUSIVE lock: nobody reads or writes it until that is done",
        "Add it NOT VALID, and VALIDATE CONSTRAINT in the next file, which lets others work.",
    );
}

pub(super) fn foreign_key(at: usize, notes: &mut Notes<'_>) {
    notes.add(
        Rule::AddForeignKey,
        at,
        "a foreign key reads the whole table under a SHARE ROW EXCLUSIVE lock on it and on the table it refers to: nobody writes \
         to either until that is done",
        "Add it NOT VALID (ALTER TABLE … ADD CONSTRAINT … FOREIGN KEY … NOT VALID), and VALIDATE CONSTRAINT in the next file.",
    );
}

pub(super) fn unique(at: usize, notes: &mut Notes<'_>) {
    notes.add(
        Rule::AddUniqueConstraint,
        at,
        "a UNIQUE or PRIMARY KEY constraint builds its index under an ACCESS EXCLUSIVE lock: nobody reads or writes the table until \
         that is done",
        "Build it before with CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS, and add the constraint USING INDEX in the next file.",
    );
}

pub(super) fn set_not_null(at: usize, notes: &mut Notes<'_>) {
    notes.add(
        Rule::SetNotNull,
        at,
        "SET NOT NULL reads the whole table under an ACCESS EXCLUSIVE lock, unless a valid CHECK says that there is no NULL, and \
         fails where there is one",
        "Add CHECK (column IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT in the next file, and SET NOT NULL in the one after; then the \
         CHECK may go.",
    );
}
