mod columns;
mod constraints;

use super::{
    Rule,
    cursor::{Cursor, Name},
    known::Known,
    notes::Notes,
    types::Type,
};

/// `CREATE TABLE`, after these words.
pub(super) fn create(cursor: &mut Cursor<'_>, known: &mut Known, notes: &mut Notes<'_>) {
    cursor.eat(&["if", "not", "exists"]);
    let Some(table) = cursor.name() else {
        return;
    };
    known.make(table.clone());
    for part in cursor.parenthesised().into_iter().flat_map(Cursor::parts) {
        columns::in_new_table(part, &table, known, notes);
    }
}

/// `CREATE [UNIQUE] INDEX`, after these words.
pub(super) fn create_index(
    cursor: &mut Cursor<'_>,
    at: usize,
    known: &Known,
    notes: &mut Notes<'_>,
) {
    let concurrently = cursor.eat(&["concurrently"]);
    let if_not_exists = cursor.eat(&["if", "not", "exists"]);
    if cursor.find(&["on"]).is_none() {
        return;
    }
    cursor.next();
    // On a partitioned table alone, it is no more than a definition.
    let only = cursor.eat(&["only"]);
    let is_new = cursor.name().is_some_and(|table| known.is_new(&table));
    if concurrently && !if_not_exists {
        notes.add(
            Rule::ConcurrentIndexNotRepeatable,
            at,
            "CREATE INDEX CONCURRENTLY is in no transaction; what fails half-way leaves an invalid index, and running the file \
             again fails because the name is taken",
            "Name the index and write CREATE INDEX CONCURRENTLY IF NOT EXISTS.",
        );
    } else if !concurrently && !is_new && !only {
        notes.add(
            Rule::CreateIndexLocks,
            at,
            "CREATE INDEX takes a SHARE lock: nobody writes to the table until the index is built",
            "Use CREATE INDEX CONCURRENTLY IF NOT EXISTS, in a file of its own with: -- tenantry: no-transaction",
        );
    }
}

/// `ALTER TABLE`, after these words.
pub(super) fn alter(cursor: &mut Cursor<'_>, known: &mut Known, notes: &mut Notes<'_>) {
    cursor.eat(&["if", "exists"]);
    cursor.eat(&["only"]);
    let Some(table) = cursor.name() else {
        return;
    };
    cursor.eat_sign("*");
    for action in cursor.clone().parts() {
        act(action, &table, known, notes);
    }
}

/// One action of `ALTER TABLE`.
fn act(mut cursor: Cursor<'_>, table: &Name, known: &mut Known, notes: &mut Notes<'_>) {
    let at = cursor.position();
    let is_new = known.is_new(table);
    let verbs = ["add", "drop", "alter", "rename", "set", "validate", "attach", "detach"];
    match cursor.eat_one(&verbs) {
        Some("add") if constraints::begins(&cursor) => constraints::add(&mut cursor, table, at, known, notes),
        Some("add") => columns::add(&mut cursor, table, at, known, notes),
        Some("drop") => drop(&mut cursor, at, is_new, notes),
        Some("alter") => columns::alter(&mut cursor, table, at, known, notes),
        Some("rename") if cursor.sees(&["constraint"]) => {}
        Some("rename") if is_new => {
            // A table that was made beside the old one, and takes its name.
            if cursor.eat(&["to"])
                && let Some(name) = cursor.simple_name()
            {
                known.make(Name { schema: table.schema.clone(), name });
            }
        }
        Some("rename") => notes.add(
            Rule::Rename,
            at,
            "PostgreSQL renames at once; programs that run ask for the old name, and fail",
            "Make the new one beside the old, have programs use both, and take the old one away in a later migration; or leave a \
             view with the old name.",
        ),
        Some("set") if !is_new => set(&cursor, at, notes),
        Some("validate") => {
            cursor.eat(&["constraint"]);
            let name = cursor.simple_name().unwrap_or_default();
            if known.is_added_here(table, &name) && notes.in_transaction() && !is_new {
                notes.add(
                    Rule::ValidateInSameTransaction,
                    at,
                    "ADD CONSTRAINT takes a lock that lasts to the end of the transaction, so it is held while VALIDATE CONSTRAINT \
                     reads the table",
                    "Put VALIDATE CONSTRAINT into the next file.",
                );
            }
            known.validate(table, &name);
        }
        Some("attach") if !is_new => attach(&mut cursor, at, known, notes),
        Some("detach") if !is_new && !cursor.has(&["concurrently"]) => notes.add(
            Rule::Partition,
            at,
            "DETACH PARTITION takes an ACCESS EXCLUSIVE lock on the partitioned table: it waits for every query, and every query \
             waits for it",
            "Write DETACH PARTITION … CONCURRENTLY, in a file of its own with: -- tenantry: no-transaction",
        ),
        _ => {}
    }
}

fn drop(cursor: &mut Cursor<'_>, at: usize, is_new: bool, notes: &mut Notes<'_>) {
    let is_constraint = cursor.eat(&["constraint"]);
    if !is_constraint && !is_new {
        notes.add(
            Rule::DropColumn,
            at,
            "DROP COLUMN loses the column's data, and programs that run and name it fail",
            "Have no program use it any more, then drop it; the data cannot be had back.",
        );
    }
    if cursor.has(&["cascade"]) && !is_new {
        notes.add(Rule::DropCascade, at, super::objects::CASCADE, super::objects::CASCADE_ADVICE);
    }
}

fn set(cursor: &Cursor<'_>, at: usize, notes: &mut Notes<'_>) {
    if cursor.sees(&["schema"]) {
        notes.add(
            Rule::Rename,
            at,
            "SET SCHEMA takes the table out of the tenant's schema; programs that run do not find it",
            "Copy what is needed, and drop the table in a later migration.",
        );
    } else if ["tablespace", "logged", "unlogged", "access"].iter().any(|word| cursor.sees(&[word]))
    {
        notes.add(
            Rule::RewriteTable,
            at,
            "this writes the whole table anew under an ACCESS EXCLUSIVE lock: nobody reads or writes it until that is done",
            "Do it while nobody needs the table.",
        );
    }
}

fn attach(cursor: &mut Cursor<'_>, at: usize, known: &Known, notes: &mut Notes<'_>) {
    cursor.eat(&["partition"]);
    if !cursor.name().is_some_and(|partition| known.is_new(&partition)) {
        notes.add(
            Rule::Partition,
            at,
            "ATTACH PARTITION reads the whole partition under an ACCESS EXCLUSIVE lock on it, unless a valid CHECK says the same \
             as its bounds",
            "Add such a CHECK before (NOT VALID, then VALIDATE CONSTRAINT), and drop it afterwards.",
        );
    }
}

/// A column's name and type, where a definition begins.
fn name_and_type(cursor: &mut Cursor<'_>) -> Option<(String, Option<Type>)> {
    let name = cursor.simple_name()?;
    Some((name, Type::read(cursor)))
}
