use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! rules {
    ($($rule:ident $name:literal $about:literal;)*) => {
        /// What the lint looks for. Names are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = $about] $rule,)*
        }

        impl Rule {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$rule,)*];

            /// The name, as `allow` and JSON have it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$rule => $name,)*
                }
            }

            /// What it finds, in a few words.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$rule => $about,)*
                }
            }
        }
    };
}

rules! {
    AddColumnNotNull "add-column-not-null" "ADD COLUMN … NOT NULL without a default: fails where there are rows.";
    AddColumnRewrite "add-column-rewrite" "ADD COLUMN … DEFAULT of a volatile function, or generated, or serial: rewrites the table.";
    ChangeColumnType "change-column-type" "ALTER COLUMN … TYPE: rewrites the table, and breaks code that runs.";
    SetNotNull "set-not-null" "SET NOT NULL without a valid CHECK: reads the whole table under a lock.";
    AddUniqueConstraint "add-unique-constraint" "A unique, primary key or exclusion constraint that makes its index under a lock.";
    AddForeignKey "add-foreign-key" "A foreign key without NOT VALID: reads both tables under locks.";
    AddCheck "add-check" "A CHECK without NOT VALID: reads the whole table under a lock.";
    ValidateInSameTransaction "validate-in-same-transaction" "VALIDATE CONSTRAINT in the transaction that adds it: the lock lasts.";
    CreateIndexLocks "create-index-locks" "CREATE INDEX without CONCURRENTLY: nobody writes meanwhile.";
    DropIndexLocks "drop-index-locks" "DROP INDEX without CONCURRENTLY: waits for everybody, and everybody waits for it.";
    ConcurrentIndexNotRepeatable "concurrent-index-not-repeatable" "CREATE INDEX CONCURRENTLY without IF NOT EXISTS: cannot be run again.";
    ReindexLocks "reindex-locks" "REINDEX without CONCURRENTLY: nobody writes meanwhile.";
    DropTable "drop-table" "DROP TABLE: its data is lost.";
    DropColumn "drop-column" "DROP COLUMN: its data is lost, and code that runs breaks.";
    DropSchema "drop-schema" "DROP SCHEMA and DROP OWNED: everything is lost.";
    DropObject "drop-object" "DROP VIEW, SEQUENCE, TYPE, FUNCTION … that code may use.";
    DropCascade "drop-cascade" "DROP … CASCADE: takes along what nobody named.";
    Rename "rename" "A table, column, type … gets another name, or another schema: code that runs breaks.";
    Truncate "truncate" "TRUNCATE: all rows are lost.";
    DeleteWithoutWhere "delete-without-where" "DELETE without WHERE: all rows are lost.";
    UpdateWithoutWhere "update-without-where" "UPDATE without WHERE: every row is written anew.";
    LockTable "lock-table" "LOCK TABLE: others wait until the transaction ends.";
    RewriteTable "rewrite-table" "VACUUM FULL, CLUSTER, SET TABLESPACE, SET LOGGED: rewrite a table under a lock.";
    EnumValueInTransaction "enum-value-in-transaction" "ALTER TYPE … ADD VALUE in a transaction that uses it.";
    RefreshLocks "refresh-locks" "REFRESH MATERIALIZED VIEW without CONCURRENTLY: nobody reads meanwhile.";
    Partition "partition" "ATTACH PARTITION and DETACH PARTITION: read or lock the whole table.";
    IntegerKey "integer-key" "A key of four bytes that counts by itself: ends at 2,147,483,647.";
    UnusedAllow "unused-allow" "An allow for something that is not there.";
}

impl Rule {
    /// The rule with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.name() == name)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
