//! What came of loading a tenant.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A tenant's application as it was loaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Loaded {
    /// `false` where its configuration says `active: false`: it is not to be served.
    pub active: bool,
    /// By `name` of its index or configuration, else its id.
    pub name: String,
    /// Its configuration; what JSON does not know is left out.
    pub config: Value,
    /// Every method and path that is answered, in the order they were added.
    pub routes: Vec<RouteInfo>,
    /// `tenant.listServices()`.
    pub services: Vec<String>,
    /// Names of the plugins that were registered.
    pub plugins: Vec<String>,
    /// `$id`s of the schemas of its folder.
    pub schemas: Vec<String>,
    /// What is broken and was left out.
    pub errors: Vec<PartError>,
}

/// A method and a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteInfo {
    /// `GET`.
    pub method: String,
    /// `/users/:id`, with all prefixes.
    pub path: String,
}

/// A part of a tenant that could not be loaded: its config, index, a plugin, schema, service or route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartError {
    /// Which one, by kind and name: `service UserService`.
    pub part: String,
    /// The file, by its name in the tenant's folder.
    pub file: String,
    /// Counted from 1, where it is known.
    pub line: Option<u32>,
    /// Counted from 1, where it is known.
    pub column: Option<u32>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for PartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}", self.part, self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        write!(f, "): {}", self.message)
    }
}
