//! Whose habits the files of a folder follow.

mod diesel;
mod drizzle;
mod refinery;
mod sqlx;
mod tenantry;

use std::fmt;

use serde::Serialize;

use super::{FolderProblem, listing::Listing, migration::Origin};

/// Whose habits the files of a folder follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Layout {
    /// Ours: `0001_users.sql`, and `0001_users.down.sql` where there is a way back.
    Tenantry,
    /// drizzle-kit's: `0000_name.sql`, in the order of `meta/_journal.json`; of drizzle-kit 1.0,
    /// `20261120160501_name/migration.sql` and `snapshot.json`.
    Drizzle,
    /// sqlx's: `20261120160501_users.up.sql` and `.down.sql`, or `20261120160501_users.sql`.
    Sqlx,
    /// Diesel's: `2026-11-20-160501_users/up.sql` and `down.sql`.
    Diesel,
    /// refinery's: `V1__users.sql` and `U2__orders.sql`.
    Refinery,
}

/// `drizzle-kit's`, as in a sentence.
impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Tenantry => "tenantry's",
            Self::Drizzle => "drizzle-kit's",
            Self::Sqlx => "sqlx's",
            Self::Diesel => "Diesel's",
            Self::Refinery => "refinery's",
        })
    }
}

/// A migration that a folder has, by its files' names.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) number: i64,
    pub(super) name: String,
    /// The files, by their paths in the folder.
    pub(super) up: String,
    pub(super) down: Option<String>,
    pub(super) origin: Origin,
    /// Whether something beside the file says that it runs without a transaction.
    pub(super) no_transaction: bool,
}

/// The migrations that a folder has, and what is wrong with their names.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) found: Vec<Found>,
    pub(super) problems: Vec<FolderProblem>,
}

impl Names {
    fn problem(&mut self, file: &str, reason: impl Into<String>) {
        self.problems.push(FolderProblem::of_file(file, reason));
    }
}

impl Layout {
    /// Tells it by the files' names.
    ///
    /// # Errors
    ///
    /// What was seen, when it is of several.
    pub(super) fn of(listing: &Listing) -> Result<Self, Vec<(Self, String)>> {
        let mut seen: Vec<(Self, String)> = Vec::new();
        let plain = listing.top_files().find(|name| tenantry::is_numbered(name));
        seen.extend(drizzle::sign(listing).map(|sign| (Self::Drizzle, sign)));
        seen.extend(sqlx::sign(listing).map(|sign| (Self::Sqlx, sign)));
        seen.extend(diesel::sign(listing).map(|sign| (Self::Diesel, sign)));
        seen.extend(refinery::sign(listing).map(|sign| (Self::Refinery, sign)));
        match (seen.as_slice(), plain) {
            ([], _) => Ok(Self::Tenantry),
            ([(layout @ (Self::Drizzle | Self::Sqlx), _)], _) | ([(layout, _)], None) => {
                Ok(*layout)
            }
            ([_], Some(plain)) => {
                seen.push((Self::Tenantry, plain.to_owned()));
                Err(seen)
            }
            _ => Err(seen),
        }
    }

    /// The migrations by their names, in no order.
    pub(super) fn names(self, listing: &Listing) -> Names {
        match self {
            Self::Tenantry => tenantry::names(listing),
            Self::Drizzle => drizzle::names(listing),
            Self::Sqlx => sqlx::names(listing),
            Self::Diesel => diesel::names(listing),
            Self::Refinery => refinery::names(listing),
        }
    }
}

/// The number a name begins with, and what comes after it.
fn number(name: &str) -> Option<(Result<i64, &'static str>, &str)> {
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = name.split_at(digits);
    (digits > 0).then(|| (number.parse().map_err(|_| "its number has too many digits"), rest))
}
