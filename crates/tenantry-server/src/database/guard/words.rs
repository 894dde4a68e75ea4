//! Words that matter to the guard.

/// How a statement may begin.
pub(super) const STATEMENTS: [&str; 8] =
    ["select", "insert", "update", "delete", "merge", "with", "values", "table"];

/// Words that tell of roles and schemas.
pub(super) const ABOUT_THE_SESSION: [&str; 7] = [
    "current_catalog",
    "current_role",
    "current_schema",
    "current_user",
    "session_user",
    "system_user",
    "user",
];

/// Whether a name is of what PostgreSQL keeps of itself: catalogs, functions about the server, types
/// whose values are names of tables, functions or roles. Arrays of a type have its name behind a `_`.
pub(super) fn is_postgres_own(name: &str) -> bool {
    let name = name.strip_prefix('_').unwrap_or(name);
    name.starts_with("pg_")
        || name == "information_schema"
        || name == "aclitem"
        || NAMES.contains(&name)
}

/// The types whose values name something.
const NAMES: [&str; 11] = [
    "regclass",
    "regcollation",
    "regconfig",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regrole",
    "regtype",
];
