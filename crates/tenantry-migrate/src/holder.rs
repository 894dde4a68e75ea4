//! Who holds the lock that a migration waits for.

use std::{fmt, sync::Mutex, time::Duration};

use serde::Serialize;
use tenantry::{Result, TenantManager};

/// How much of a holder's statement is shown, in characters.
const EXCERPT: i32 = 120;

/// Who held a lock that a migration waited for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct LockHolder {
    /// The process of PostgreSQL.
    pub pid: i32,
    /// Who is connected.
    pub user: Option<String>,
    /// The name that the application gave itself.
    pub application_name: Option<String>,
    /// `active`, `idle in transaction` and so on.
    pub state: Option<String>,
    /// For how long its transaction had been open, in milliseconds.
    pub transaction_ms: Option<i64>,
    /// When its last statement began.
    pub query_start: Option<String>,
    /// How that statement begins.
    pub query: Option<String>,
    /// What was waited for: a table, where it is one.
    pub waited_for: Option<String>,
}

impl fmt::Display for LockHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.waited_for.as_deref().unwrap_or("the lock");
        write!(f, "{what} is held by pid {}", self.pid)?;
        let mut about = Vec::new();
        about.extend(self.application_name.as_deref().filter(|name| !name.is_empty()));
        about.extend(self.user.as_deref());
        if !about.is_empty() {
            write!(f, " ({})", about.join(", "))?;
        }
        if let Some(state) = &self.state {
            write!(f, ", {state}")?;
        }
        if let Some(milliseconds) = self.transaction_ms {
            write!(f, " for {} s", milliseconds / 1000)?;
        }
        match &self.query {
            Some(query) if !query.is_empty() => write!(f, ": {query}"),
            _ => Ok(()),
        }
    }
}

/// Asks who a process of PostgreSQL waits for.
async fn ask(manager: &TenantManager, pid: i32) -> Result<Vec<LockHolder>> {
    let sql = "SELECT a.pid, a.usename::text, a.application_name, a.state, \
               (EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - a.xact_start) * 1000)::int8, \
               to_char(a.query_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), \
               pg_catalog.left(pg_catalog.regexp_replace(a.query, '\\s+', ' ', 'g'), $2), \
               (SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_locks l \
                JOIN pg_catalog.pg_class c ON c.oid = l.relation \
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                WHERE l.pid = $1 AND NOT l.granted LIMIT 1) \
               FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids($1)) AS b (pid) \
               JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid";
    let rows = manager.shared().query(sql, &[&pid, &EXCERPT]).await?;
    let holder = |row: &tenantry::tokio_postgres::Row| LockHolder {
        pid: row.get(0),
        user: row.get(1),
        application_name: row.get(2),
        state: row.get(3),
        transaction_ms: row.get(4),
        query_start: row.get(5),
        query: row.get(6),
        waited_for: row.get(7),
    };
    Ok(rows.iter().map(holder).collect())
}

/// Runs something on a connection, and asks now and then who it waits for: once PostgreSQL has
/// given up waiting, it no longer says.
pub(crate) async fn watched<T>(
    manager: &TenantManager,
    pid: i32,
    lock_timeout: Duration,
    running: impl Future<Output = T>,
) -> (T, Vec<LockHolder>) {
    let latest = Mutex::new(Vec::new());
    let period = (lock_timeout * 2 / 5).clamp(Duration::from_millis(5), Duration::from_secs(2));
    let asking = async {
        loop {
            tokio::time::sleep(period).await;
            match ask(manager, pid).await {
                Ok(holders) if holders.is_empty() => {}
                Ok(holders) => {
                    if let Ok(mut latest) = latest.lock() {
                        *latest = holders;
                    }
                }
                Err(error) => tracing::debug!(%error, "who holds a lock cannot be asked"),
            }
        }
    };
    let ran = tokio::select! {
        biased;
        ran = running => ran,
        () = asking => unreachable!("it asks for ever"),
    };
    (ran, latest.into_inner().unwrap_or_default())
}
