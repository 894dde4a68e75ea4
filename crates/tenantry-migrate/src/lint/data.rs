use super::{Rule, cursor::Cursor, known::Known, notes::Notes};

/// DELETE and UPDATE, also in WITH.
pub(super) fn rows(cursor: &Cursor<'_>, known: &Known, notes: &mut Notes<'_>) {
    if !cursor.sees(&["with"]) {
        statement(cursor, known, notes);
        return;
    }
    let mut rest = cursor.clone();
    loop {
        // Each of WITH's queries is in parentheses, and the statement itself comes after them.
        if let Some(query) = rest.parenthesised() {
            statement(&query, known, notes);
            if changes(&rest) {
                statement(&rest, known, notes);
                return;
            }
        } else if rest.next().is_none() {
            return;
        }
    }
}

fn changes(cursor: &Cursor<'_>) -> bool {
    cursor.sees(&["delete"]) || cursor.sees(&["update"])
}

fn statement(cursor: &Cursor<'_>, known: &Known, notes: &mut Notes<'_>) {
    let at = cursor.position();
    let mut rest = cursor.clone();
    let (rule, message, advice) = if rest.eat(&["delete", "from"]) {
        (
            Rule::DeleteWithoutWhere,
            "DELETE without WHERE loses all rows of the table",
            "Say which rows with WHERE; or that all are meant: allow it with a reason.",
        )
    } else if rest.eat(&["update"]) {
        (
            Rule::UpdateWithoutWhere,
            "UPDATE without WHERE writes every row anew, and each stays locked until the transaction ends",
            "Say which rows with WHERE (those that differ, at least), and do many in steps.",
        )
    } else {
        return;
    };
    rest.eat(&["only"]);
    let is_new = rest.name().is_some_and(|table| known.is_new(&table));
    if !is_new && !rest.has(&["where"]) {
        notes.add(rule, at, message, advice);
    }
}

/// `TRUNCATE`, after that word.
pub(super) fn truncate(cursor: &mut Cursor<'_>, at: usize, known: &Known, notes: &mut Notes<'_>) {
    cursor.eat(&["table"]);
    cursor.eat(&["only"]);
    if !cursor.name().is_some_and(|table| known.is_new(&table)) {
        notes.add(
            Rule::Truncate,
            at,
            "TRUNCATE loses all rows, under an ACCESS EXCLUSIVE lock",
            "Say which rows with DELETE … WHERE; or that all are meant: allow it with a reason.",
        );
    }
    if cursor.has(&["cascade"]) {
        notes.add(
            Rule::DropCascade,
            at,
            "TRUNCATE … CASCADE empties every table that refers to it, too, which nobody has named",
            "Name each table that is to be emptied.",
        );
    }
}

/// `LOCK`.
pub(super) fn lock(at: usize, notes: &mut Notes<'_>) {
    notes.add(
        Rule::LockTable,
        at,
        "LOCK TABLE holds its lock to the end of the transaction, and whoever needs the table waits",
        "Leave the locks to PostgreSQL, which takes those it needs.",
    );
}

/// `VACUUM`, after that word.
pub(super) fn vacuum(cursor: &mut Cursor<'_>, at: usize, notes: &mut Notes<'_>) {
    let in_parentheses =
        cursor.clone().parenthesised().is_some_and(|options| options.has(&["full"]));
    if cursor.sees(&["full"]) || in_parentheses {
        rewrite(at, "VACUUM FULL", notes);
    }
}

/// `CLUSTER`.
pub(super) fn cluster(at: usize, notes: &mut Notes<'_>) {
    rewrite(at, "CLUSTER", notes);
}

fn rewrite(at: usize, what: &str, notes: &mut Notes<'_>) {
    notes.add(
        Rule::RewriteTable,
        at,
        format!(
            "{what} writes the whole table anew under an ACCESS EXCLUSIVE lock: nobody reads or writes it until that is done"
        ),
        "Do it outside of migrations, with a tool such as pg_repack, or while nobody needs the table.",
    );
}

/// `REINDEX`, after that word.
pub(super) fn reindex(cursor: &Cursor<'_>, at: usize, notes: &mut Notes<'_>) {
    let in_parentheses =
        cursor.clone().parenthesised().is_some_and(|options| options.has(&["concurrently"]));
    if !cursor.has(&["concurrently"]) && !in_parentheses {
        notes.add(
            Rule::ReindexLocks,
            at,
            "REINDEX lets nobody write to the table, nor read by the index, until it is done",
            "Use REINDEX … CONCURRENTLY, in a file of its own with: -- tenantry: no-transaction",
        );
    }
}

/// `REFRESH MATERIALIZED VIEW`, after the first word.
pub(super) fn refresh(cursor: &Cursor<'_>, at: usize, notes: &mut Notes<'_>) {
    if !cursor.has(&["concurrently"]) && !cursor.has(&["no", "data"]) {
        notes.add(
            Rule::RefreshLocks,
            at,
            "REFRESH MATERIALIZED VIEW takes an ACCESS EXCLUSIVE lock: nobody reads the view until it is filled",
            "Use REFRESH MATERIALIZED VIEW CONCURRENTLY, for which the view needs a unique index.",
        );
    }
}
