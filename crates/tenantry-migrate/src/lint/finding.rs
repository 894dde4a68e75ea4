use std::fmt;

use serde::Serialize;

use super::Rule;
use crate::Location;

/// Something in a migration that locks, breaks or loses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// Which rule found it.
    pub rule: Rule,
    /// The migration, as the ledger calls it.
    pub migration: String,
    /// Its file.
    pub file: String,
    /// Where in the file.
    #[serde(flatten)]
    pub location: Location,
    /// What PostgreSQL does there.
    pub message: String,
    /// What to do instead.
    pub advice: String,
}

/// `0002_orders.sql:7:3: drop-column: …`, the statement, and the advice.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, file, location, message, advice, .. } = self;
        write!(f, "{file}:{location}: {rule}: {message}\n{}\n  {advice}", location.excerpt)
    }
}
