use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256, Sha384};

use crate::script::{Directives, Script};

/// One migration: a file such as `0001_users.sql`, and the file that takes it back, where there is one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Migration {
    /// What orders it.
    pub number: i64,
    /// What the ledger calls it, by the folder's [`Layout`](crate::Layout): a file's name such as `0001_users.sql`;
    /// the same without `.up` of sqlx's; drizzle-kit's tag or folder; the name without its ending of refinery's; Diesel's folder.
    pub name: String,
    /// SHA-256 of its text, in hexadecimal. Line ends count as `\n` whatever they are, since Git
    /// may change them.
    pub checksum: String,
    pub(super) path: PathBuf,
    pub(super) origin: Origin,
    pub(super) up: Script,
    pub(super) down: Option<Script>,
    pub(super) down_path: Option<PathBuf>,
}

/// What another tool knows of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// It is ours.
    Tenantry,
    /// drizzle-kit's.
    Drizzle {
        /// The journal's moment, or that in the name of the folder, in milliseconds since 1970; none of a file that is not
        /// in the journal.
        when: Option<i64>,
    },
    /// sqlx's.
    Sqlx {
        /// The name with blanks, as sqlx's ledger has it.
        description: String,
    },
    /// Diesel's.
    Diesel {
        /// The folder's version without dashes, as Diesel's ledger has it.
        version: String,
    },
    /// refinery's.
    Refinery,
}

impl Migration {
    /// What it does.
    #[must_use]
    pub fn up(&self) -> &Script {
        &self.up
    }

    /// What takes it back, where somebody has written that.
    #[must_use]
    pub fn down(&self) -> Option<&Script> {
        self.down.as_ref()
    }

    /// How [`up`](Self::up) is to be run.
    #[must_use]
    pub fn directives(&self) -> &Directives {
        self.up.directives()
    }

    /// The file of [`up`](Self::up).
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of [`down`](Self::down).
    #[must_use]
    pub fn down_path(&self) -> Option<&Path> {
        self.down_path.as_deref()
    }

    /// What another tool knows of it.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The hash that drizzle-kit and drizzle-multitenant keep: SHA-256 of the file's bytes, in hexadecimal.
    #[must_use]
    pub fn drizzle_hash(&self) -> String {
        let hasher = self.up.raw().into_iter().fold(Sha256::new(), Sha256::chain_update);
        hexadecimal(&hasher.finalize())
    }

    /// The checksum that sqlx keeps: SHA-384 of the file's bytes.
    #[must_use]
    pub fn sqlx_checksum(&self) -> Vec<u8> {
        let hasher = self.up.raw().into_iter().fold(Sha384::new(), Sha384::chain_update);
        hasher.finalize().to_vec()
    }
}

/// The checksum of a text.
pub(super) fn checksum(sql: &str) -> String {
    let mut hasher = Sha256::new();
    let mut lines = sql.split("\r\n");
    hasher.update(lines.next().unwrap_or_default());
    for line in lines {
        hasher.update("\n");
        hasher.update(line);
    }
    hexadecimal(&hasher.finalize())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes whatever is written to it");
        text
    })
}
