use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident $name:literal;)*) => {
        /// What the lint looks for. Names are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[$doc])* $rule,)*
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
        }
    };
}

rules! {
    /// `ADD COLUMN … NOT NULL` without a default: fails where there are rows.
    AddColumnNotNull "add-column-not-null";
    /// `ADD COLUMN … DEFAULT` of a volatile function, or generated, or serial: rewrites the table.
    AddColumnRewrite "add-column-rewrite";
    /// `ALTER COLUMN … TYPE`: rewrites the table, and breaks code that runs.
    ChangeColumnType "change-column-type";
    /// `SET NOT NULL` without a valid CHECK: reads the whole table under a lock.
    SetNotNull "set-not-null";
    /// A unique, primary key or exclusion constraint that makes its index under a lock.
    AddUniqueConstraint "add-unique-constraint";
    /// A foreign key without `NOT VALID`: reads both tables under locks.
    AddForeignKey "add-foreign-key";
    /// A CHECK without `NOT VALID`: reads the whole table under a lock.
    AddCheck "add-check";
    /// `VALIDATE CONSTRAINT` in the transaction that adds it: the lock lasts.
    ValidateInSameTransaction "validate-in-same-transaction";
    /// `CREATE INDEX` without `CONCURRENTLY`: nobody writes meanwhile.
    CreateIndexLocks "create-index-locks";
    /// `DROP INDEX` without `CONCURRENTLY`: waits for everybody, and everybody waits for it.
    DropIndexLocks "drop-index-locks";
    /// `CREATE INDEX CONCURRENTLY` without `IF NOT EXISTS`: cannot be run again.
    ConcurrentIndexNotRepeatable "concurrent-index-not-repeatable";
    /// `REINDEX` without `CONCURRENTLY`.
    ReindexLocks "reindex-locks";
    /// `DROP TABLE`.
    DropTable "drop-table";
    /// `DROP COLUMN`.
    DropColumn "drop-column";
    /// `DROP SCHEMA`.
    DropSchema "drop-schema";
    /// `DROP VIEW`, `SEQUENCE`, `TYPE`, `FUNCTION` … that code may use.
    DropObject "drop-object";
    /// `DROP … CASCADE`: takes along what nobody named.
    DropCascade "drop-cascade";
    /// A table, column, type … gets another name, or another schema: code that runs breaks.
    Rename "rename";
    /// `TRUNCATE`.
    Truncate "truncate";
    /// `DELETE` without `WHERE`.
    DeleteWithoutWhere "delete-without-where";
    /// `UPDATE` without `WHERE`.
    UpdateWithoutWhere "update-without-where";
    /// `LOCK TABLE`.
    LockTable "lock-table";
    /// `VACUUM FULL`, `CLUSTER`, `SET TABLESPACE`, `SET LOGGED`: rewrite a table under a lock.
    RewriteTable "rewrite-table";
    /// `ALTER TYPE … ADD VALUE` in a transaction that uses it.
    EnumValueInTransaction "enum-value-in-transaction";
    /// A trigger, policy or row security that is changed under a lock.
    AlterBehaviour "alter-behaviour";
    /// `ATTACH PARTITION` and `DETACH PARTITION`: read or lock the whole table.
    Partition "partition";
    /// A primary key of four bytes.
    IntegerKey "integer-key";
    /// `allow` for something that is not there.
    UnusedAllow "unused-allow";
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
