use super::{Rule, cursor::Cursor, known::Known, notes::Notes};

pub(super) const CASCADE: &str = "CASCADE takes along whatever depends on it, which nobody has named: views, foreign keys, columns, \
                                  perhaps of other schemas";
pub(super) const CASCADE_ADVICE: &str =
    "Drop what depends on it by name, so that the file says what goes.";

/// `DROP …`, after that word.
pub(super) fn drop(cursor: &mut Cursor<'_>, at: usize, known: &Known, notes: &mut Notes<'_>) {
    if cursor.has(&["cascade"]) {
        notes.add(Rule::DropCascade, at, CASCADE, CASCADE_ADVICE);
    }
    if cursor.eat(&["table"]) || cursor.eat(&["foreign", "table"]) {
        if !are_new(cursor, known) {
            notes.add(
                Rule::DropTable,
                at,
                "DROP TABLE loses the table's data, and programs that run and use it fail",
                "Have no program use it any more, then drop it; the data cannot be had back.",
            );
        }
    } else if cursor.eat(&["schema"]) || cursor.eat(&["owned"]) {
        notes.add(
            Rule::DropSchema,
            at,
            "this loses everything in a schema, of every tenant this runs for",
            "Drop a tenant with: tenantry tenant drop",
        );
    } else if cursor.eat(&["index"]) {
        if !cursor.eat(&["concurrently"]) {
            notes.add(
                Rule::DropIndexLocks,
                at,
                "DROP INDEX takes an ACCESS EXCLUSIVE lock on the table: it waits for every query on it, and every query waits for it",
                "Use DROP INDEX CONCURRENTLY IF EXISTS, in a file of its own with: -- tenantry: no-transaction",
            );
        }
    } else if let Some(kind) = object(cursor) {
        let words: Vec<&str> = kind.split(' ').collect();
        if !is_made_again(cursor, &words, notes) && !are_new(cursor, known) {
            notes.add(
                Rule::DropObject,
                at,
                format!(
                    "DROP {} takes away what programs that run may use: they fail",
                    kind.to_uppercase()
                ),
                "Have no program use it any more, then drop it.",
            );
        }
    }
}

/// The kind of thing that comes next, gone over.
fn object(cursor: &mut Cursor<'_>) -> Option<&'static str> {
    const KINDS: [&str; 11] = [
        "materialized view",
        "view",
        "sequence",
        "type",
        "domain",
        "function",
        "procedure",
        "routine",
        "aggregate",
        "extension",
        "operator",
    ];
    KINDS.into_iter().find(|kind| cursor.eat(&kind.split(' ').collect::<Vec<_>>()))
}

/// Whether everything that is dropped was made in this file.
fn are_new(cursor: &Cursor<'_>, known: &Known) -> bool {
    let mut cursor = cursor.clone();
    cursor.eat(&["if", "exists"]);
    loop {
        match cursor.name() {
            Some(name) if known.is_new(&name) => {}
            _ => return false,
        }
        if !cursor.eat_sign(",") {
            return true;
        }
    }
}

/// Whether a later statement of the file makes it again.
fn is_made_again(cursor: &Cursor<'_>, kind: &[&str], notes: &Notes<'_>) -> bool {
    let mut cursor = cursor.clone();
    cursor.eat(&["if", "exists"]);
    let Some(name) = cursor.name() else {
        return false;
    };
    notes.later().any(|text| {
        let statement = tenantry_sql::statements(text).next();
        let Some(mut later) = statement.and_then(|statement| Cursor::of(text, &statement)) else {
            return false;
        };
        if !later.eat(&["create"]) {
            return false;
        }
        later.eat(&["or", "replace"]);
        later.eat(kind) && {
            later.eat(&["if", "not", "exists"]);
            later.name() == Some(name.clone())
        }
    })
}

/// `ALTER` of anything but a table, after that word.
pub(super) fn alter(cursor: &mut Cursor<'_>, at: usize, notes: &mut Notes<'_>) {
    const USED: [&str; 8] =
        ["materialized", "view", "sequence", "type", "domain", "function", "procedure", "schema"];
    let Some(kind) = cursor.eat_one(&USED) else {
        return;
    };
    cursor.eat(&["view"]);
    cursor.eat(&["if", "exists"]);
    cursor.name();
    cursor.parenthesised();
    if kind == "type" {
        alter_type(cursor, at, notes);
    }
    if kind == "domain" {
        alter_domain(cursor, at, notes);
    }
    if cursor.sees(&["rename", "constraint"]) {
        return;
    }
    if cursor.sees(&["rename"]) || cursor.sees(&["set", "schema"]) {
        notes.add(
            Rule::Rename,
            at,
            "PostgreSQL renames at once; programs that run ask for the old name, and fail",
            "Make the new one beside the old, have programs use it, and drop the old one in a later migration.",
        );
    }
}

fn alter_type(cursor: &mut Cursor<'_>, at: usize, notes: &mut Notes<'_>) {
    if cursor.eat(&["add", "value"]) {
        cursor.eat(&["if", "not", "exists"]);
        let Some((_, value)) = cursor.rest().next() else {
            return;
        };
        let is_used = notes.in_transaction()
            && notes.later().any(|text| {
                tenantry_sql::Lexer::new(text)
                    .any(|token| token.kind.is_string() && token.text(text) == value)
            });
        if is_used {
            notes.add(
                Rule::EnumValueInTransaction,
                at,
                format!("{value} cannot be used before the transaction that adds it has ended, and a later statement has it"),
                "Put what uses the value into the next file.",
            );
        }
    } else if cursor.sees(&["drop", "attribute"]) {
        notes.add(
            Rule::DropColumn,
            at,
            "DROP ATTRIBUTE loses data in every table that has the type",
            "Have no program use it any more, then drop it; the data cannot be had back.",
        );
    } else if cursor.sees(&["alter", "attribute"]) {
        notes.add(
            Rule::ChangeColumnType,
            at,
            "a change of an attribute's type writes every table that has the type anew, under ACCESS EXCLUSIVE locks",
            "Make a new type, and move programs over to it.",
        );
    }
}

fn alter_domain(cursor: &Cursor<'_>, at: usize, notes: &mut Notes<'_>) {
    let adds = cursor.sees(&["add"]) && !cursor.has(&["not", "valid"]);
    if adds || cursor.sees(&["set", "not", "null"]) {
        let rule = if adds { Rule::AddCheck } else { Rule::SetNotNull };
        notes.add(
            rule,
            at,
            "this reads every table that has a column of the domain, under SHARE locks: nobody writes to them until that is done",
            "Add the constraint NOT VALID, and ALTER DOMAIN … VALIDATE CONSTRAINT in the next file.",
        );
    }
}
