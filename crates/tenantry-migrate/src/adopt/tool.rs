//! The ledgers of other tools, known by their columns.

use std::fmt;

/// The tables that tools keep their ledgers in, unless somebody has named another.
pub(super) const TENANT_TABLES: [&str; 4] = [
    "__drizzle_migrations",
    "_sqlx_migrations",
    "__diesel_schema_migrations",
    "refinery_schema_history",
];

/// What drizzle-multitenant calls the shared schema's.
pub(super) const SHARED_TABLE: &str = "__drizzle_shared_migrations";

/// The schema in which drizzle-kit keeps its ledger.
pub(super) const DRIZZLE_SCHEMA: &str = "drizzle";

/// How a ledger is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Format {
    /// drizzle-multitenant's `name`: names of files.
    Name { has_applied_at: bool },
    /// drizzle-multitenant's `hash`: SHA-256 of files.
    Hash,
    /// drizzle-kit's, and drizzle-multitenant's of that name: SHA-256, and when a file was made.
    DrizzleKit,
    /// drizzle-kit's since 1.0: names of folders, and SHA-256.
    DrizzleKit1,
    /// sqlx's: versions and SHA-384.
    Sqlx,
    /// Diesel's: versions.
    Diesel,
    /// refinery's: versions, and SipHash 1-3 of names, versions and texts.
    Refinery,
}

/// A column's name and type, as PostgreSQL writes them.
pub(super) type Column<'a> = (&'a str, &'a str);

impl Format {
    /// What a table with these columns is.
    pub(super) fn of(columns: &[Column<'_>]) -> Option<Self> {
        let has = |name: &str| columns.iter().any(|(column, _)| *column == name);
        let is = |name: &str, ty: &str| {
            columns.iter().any(|(column, column_type)| *column == name && *column_type == ty)
        };
        if is("version", "bigint") && is("checksum", "bytea") && is("success", "boolean") {
            Some(Self::Sqlx)
        } else if has("version") && has("run_on") {
            Some(Self::Diesel)
        } else if has("version") && has("checksum") && has("applied_on") {
            Some(Self::Refinery)
        } else if has("name") && has("hash") && is("created_at", "bigint") {
            Some(Self::DrizzleKit1)
        } else if has("name") && (has("applied_at") || has("created_at")) {
            Some(Self::Name { has_applied_at: has("applied_at") })
        } else if has("hash") && is("created_at", "bigint") {
            Some(Self::DrizzleKit)
        } else if has("hash") && has("created_at") {
            Some(Self::Hash)
        } else {
            None
        }
    }

    /// The columns of a query for its rows: what identifies the migration, what checks it, when it was
    /// applied, and whether that succeeded.
    pub(super) fn columns(self) -> &'static str {
        match self {
            Self::Name { has_applied_at: true } => {
                "name::text, NULL::text, applied_at::timestamptz, true"
            }
            Self::Name { has_applied_at: false } => {
                "name::text, NULL::text, created_at::timestamptz, true"
            }
            Self::Hash => "hash::text, NULL::text, created_at::timestamptz, true",
            Self::DrizzleKit => {
                "hash::text, created_at::text, pg_catalog.to_timestamp(created_at / 1000.0), true"
            }
            // One that was made before 1.0 has no moment in the column that 1.0 has added.
            Self::DrizzleKit1 => {
                "coalesce(name, hash)::text, hash::text, \
                 coalesce(applied_at, pg_catalog.to_timestamp(created_at / 1000.0)), true"
            }
            Self::Sqlx => {
                "version::text, pg_catalog.encode(checksum, 'hex'), installed_on, success"
            }
            Self::Diesel => "version::text, NULL::text, run_on::timestamptz, true",
            Self::Refinery => "version::text, checksum::text, applied_on::timestamptz, true",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name { .. } => "drizzle-multitenant (name)",
            Self::Hash => "drizzle-multitenant (hash)",
            Self::DrizzleKit | Self::DrizzleKit1 => "drizzle-kit",
            Self::Sqlx => "sqlx",
            Self::Diesel => "Diesel",
            Self::Refinery => "refinery",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_known_by_its_columns() {
        let drizzle = |ty| [("id", "integer"), ("hash", "text"), ("created_at", ty)];
        assert_eq!(Format::of(&drizzle("bigint")), Some(Format::DrizzleKit));
        assert_eq!(Format::of(&drizzle("timestamp with time zone")), Some(Format::Hash));
        let first = drizzle("bigint");
        let since = [&first[..], &[("name", "text"), ("applied_at", "timestamptz")]].concat();
        assert_eq!(Format::of(&since), Some(Format::DrizzleKit1));
        let name = [("id", "integer"), ("name", "character varying(255)"), ("applied_at", "x")];
        assert_eq!(Format::of(&name), Some(Format::Name { has_applied_at: true }));
        let sqlx = [
            ("version", "bigint"),
            ("description", "text"),
            ("installed_on", "timestamp with time zone"),
            ("success", "boolean"),
            ("checksum", "bytea"),
            ("execution_time", "bigint"),
        ];
        assert_eq!(Format::of(&sqlx), Some(Format::Sqlx));
        let diesel = [("version", "character varying(50)"), ("run_on", "timestamp")];
        assert_eq!(Format::of(&diesel), Some(Format::Diesel));
        let refinery =
            [("version", "integer"), ("name", "x"), ("applied_on", "x"), ("checksum", "x")];
        assert_eq!(Format::of(&refinery), Some(Format::Refinery));
        assert_eq!(Format::of(&[("id", "integer"), ("hash", "text")]), None);
    }
}
