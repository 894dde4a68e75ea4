use std::time::Duration;

use tenantry::config::HostConfig;

use super::{naming::Naming, value::Integers};

/// What tenants' code may ask of the database, section `[database]`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DatabaseConfig {
    /// How long a statement may take; then it is cancelled: `QUERY_TIMEOUT`. 5 s by default.
    pub statement_timeout: Duration,
    /// How long a transaction may be open; then it is rolled back. 10 s by default.
    pub transaction_timeout: Duration,
    /// How many rows a result may have: `RESULT_TOO_LARGE`. 10,000 by default.
    pub max_rows: usize,
    /// How many bytes a result may have, as PostgreSQL sends it. 8 MiB by default.
    pub max_bytes: usize,
    /// How many statements and transactions of one tenant may be under way at once; others wait.
    /// 8 by default.
    pub max_open: usize,
    /// The same for one request. 4 by default.
    pub max_open_per_request: usize,
    /// How many of one tenant's may wait; beyond, `DATABASE_BUSY`. 200 by default.
    pub max_waiting: usize,
    /// How long they wait at most. 5 s by default.
    pub wait_timeout: Duration,
    /// How long the text of a `db.query` may be, in bytes. 64 KiB by default.
    pub max_sql_bytes: usize,
    /// How columns' names come to JavaScript. As the tables have them, by default.
    pub naming: Naming,
    /// How `int8` comes to JavaScript. A number where nothing is lost, by default.
    pub integers: Integers,
    /// Functions of extensions that tenants may call in `db.query`, beside those that are known to be
    /// harmless. None by default.
    pub functions: Vec<String>,
    /// The role that tenants' statements run as, `{id}` standing for the tenant's id: for instance
    /// `tenant_{id}`, a role that may use its tenant's schema and no other. Each statement is then a transaction of three
    /// round trips. None by default.
    pub role_template: Option<String>,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            statement_timeout: Duration::from_secs(5),
            transaction_timeout: Duration::from_secs(10),
            max_rows: 10_000,
            max_bytes: 8 << 20,
            max_open: 8,
            max_open_per_request: 4,
            max_waiting: 200,
            wait_timeout: Duration::from_secs(5),
            max_sql_bytes: 64 << 10,
            naming: Naming::AsIs,
            integers: Integers::Auto,
            functions: Vec::new(),
            role_template: None,
        }
    }
}

impl DatabaseConfig {
    /// What a server's configuration says.
    #[must_use]
    pub fn of(host: &HostConfig) -> Self {
        let (data, limits) = (&host.database, &host.limits);
        Self {
            statement_timeout: limits.query_time,
            transaction_timeout: data.transaction_time,
            max_rows: data.max_rows,
            max_bytes: data.max_bytes,
            max_open: limits.queries,
            max_open_per_request: data.queries_per_request,
            naming: if data.camel_case { Naming::CamelCase } else { Naming::AsIs },
            integers: match data.integers {
                "bigint" => Integers::BigInt,
                "string" => Integers::Text,
                _ => Integers::Auto,
            },
            functions: data.functions.clone(),
            role_template: data.role.clone(),
            ..Self::default()
        }
    }

    /// How large an answer may be.
    pub(crate) fn bounds(&self) -> tenantry::Bounds {
        tenantry::Bounds { rows: self.max_rows, bytes: self.max_bytes }
    }
}
