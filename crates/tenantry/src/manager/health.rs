use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::Utc;
use futures_util::{StreamExt, stream};
use serde::Serialize;
use tokio::time::timeout;

use super::{TenantManager, metrics::rfc3339, warmup::milliseconds};
use crate::{Error, Result, TenantId, access::Access, db::Run, place::Place};

/// How many tenants are looked at side by side.
const SIDE_BY_SIDE: usize = 10;

/// What [`TenantManager::health`] looks at.
#[derive(Clone, Debug)]
#[must_use]
pub struct HealthOptions {
    ping: bool,
    ping_timeout: Duration,
    include_shared: bool,
    tenants: Option<Vec<TenantId>>,
}

impl Default for HealthOptions {
    fn default() -> Self {
        Self {
            ping: true,
            ping_timeout: Duration::from_secs(5),
            include_shared: true,
            tenants: None,
        }
    }
}

impl HealthOptions {
    /// Whether `SELECT 1` is run for each (the default), or only the counts are looked at.
    pub fn ping(mut self, ping: bool) -> Self {
        self.ping = ping;
        self
    }

    /// How long each `SELECT 1` may take, waiting for a connection included; 5 seconds by
    /// default.
    pub fn ping_timeout(mut self, timeout: Duration) -> Self {
        self.ping_timeout = timeout;
        self
    }

    /// Whether the shared schema is looked at, too (the default).
    pub fn include_shared(mut self, include: bool) -> Self {
        self.include_shared = include;
        self
    }

    /// Looks at these tenants, in place of all that have a pool.
    pub fn tenants(mut self, tenants: impl IntoIterator<Item = TenantId>) -> Self {
        self.tenants = Some(tenants.into_iter().collect());
        self
    }
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// It works.
    Ok,
    /// It works, and callers wait.
    Degraded,
    /// It does not work.
    Unhealthy,
}

/// What [`TenantManager::health`] found.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HealthCheckResult {
    /// Whether nothing is unhealthy.
    pub healthy: bool,
    /// Each tenant looked at.
    pub pools: Vec<PoolHealth>,
    /// The shared schema; `ok` when it was not looked at.
    pub shared_db: HealthStatus,
    /// How long its `SELECT 1` took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_db_response_time_ms: Option<u64>,
    /// Why it is unhealthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_db_error: Option<String>,
    /// How many tenants were looked at.
    pub total_pools: usize,
    /// How many of them are degraded.
    pub degraded_pools: usize,
    /// How many of them are unhealthy.
    pub unhealthy_pools: usize,
    /// When it was done, in UTC by RFC 3339.
    pub timestamp: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// How one tenant is.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PoolHealth {
    /// The tenant.
    pub tenant_id: TenantId,
    /// Its schema; empty when there is no such tenant.
    pub schema_name: String,
    /// How it is.
    pub status: HealthStatus,
    /// Connections in use by it, or held for it.
    pub total_connections: usize,
    /// Connections held for it and unused.
    pub idle_connections: usize,
    /// Its callers that wait.
    pub waiting_requests: usize,
    /// How long its `SELECT 1` took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time_ms: Option<u64>,
    /// Why it is unhealthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl TenantManager {
    /// Looks at the tenants that have a pool, or at those named, and at the shared schema.
    ///
    /// It takes connections from the budget like everybody else, a few at a time.
    pub async fn health(&self, options: HealthOptions) -> HealthCheckResult {
        let start = Instant::now();
        let tenants = options.tenants.clone().unwrap_or_else(|| self.active_tenants());
        let shared = async {
            if !options.include_shared || !options.ping {
                return (None, None);
            }
            self.ping(&self.inner.shared, options.ping_timeout).await
        };
        // By value: the future could not be sent to another thread if ids were borrowed.
        let options = &options;
        let looked = stream::iter(tenants)
            .map(|id| async move { self.look_at(&id, options).await })
            .buffered(SIDE_BY_SIDE)
            .collect::<Vec<_>>();
        let ((took, error), pools) = futures_util::join!(shared, looked);
        let count = |status| pools.iter().filter(|pool| pool.status == status).count();
        let unhealthy_pools = count(HealthStatus::Unhealthy);
        HealthCheckResult {
            healthy: unhealthy_pools == 0 && error.is_none(),
            shared_db: if error.is_some() { HealthStatus::Unhealthy } else { HealthStatus::Ok },
            shared_db_response_time_ms: took,
            shared_db_error: error,
            total_pools: pools.len(),
            degraded_pools: count(HealthStatus::Degraded),
            unhealthy_pools,
            timestamp: rfc3339(Utc::now()),
            duration_ms: milliseconds(start.elapsed()),
            pools,
        }
    }

    async fn look_at(&self, id: &TenantId, options: &HealthOptions) -> PoolHealth {
        let found = match self.resident(id).await.and_then(|found| found.active().cloned()) {
            Ok(found) => found,
            Err(error) => return PoolHealth::unhealthy(id, String::new(), &error),
        };
        let stats = self.inner.reach.pool.target_stats(found.place.target.id());
        let (took, error) = if options.ping {
            self.ping(&found.place, options.ping_timeout).await
        } else {
            (None, None)
        };
        let waiting = stats.map_or(0, |stats| stats.waiting);
        PoolHealth {
            tenant_id: id.clone(),
            schema_name: found.place.schema.as_str().to_owned(),
            status: match (&error, waiting) {
                (Some(_), _) => HealthStatus::Unhealthy,
                (None, 0) => HealthStatus::Ok,
                (None, _) => HealthStatus::Degraded,
            },
            total_connections: stats.map_or(0, |stats| stats.in_use + stats.held),
            idle_connections: stats.map_or(0, |stats| stats.held),
            waiting_requests: waiting,
            response_time_ms: took,
            error,
        }
    }

    /// `SELECT 1`: how long it took, or why it did not work.
    async fn ping(&self, place: &Arc<Place>, within: Duration) -> (Option<u64>, Option<String>) {
        let start = Instant::now();
        let mut pinging = Pinging(self.access(place));
        match timeout(within, pinging.rows("SELECT 1", &[])).await {
            Ok(Ok(_)) => (Some(milliseconds(start.elapsed())), None),
            Ok(Err(error)) => (None, Some(error.to_string())),
            Err(_) => (None, Some(format!("no answer within {within:?}"))),
        }
    }
}

impl PoolHealth {
    fn unhealthy(id: &TenantId, schema_name: String, error: &Error) -> Self {
        Self {
            tenant_id: id.clone(),
            schema_name,
            status: HealthStatus::Unhealthy,
            total_connections: 0,
            idle_connections: 0,
            waiting_requests: 0,
            response_time_ms: None,
            error: Some(error.to_string()),
        }
    }
}

/// Statements for a place, whoever's it is.
struct Pinging(Access);

impl Run for Pinging {
    async fn run(
        &mut self,
        query: &crate::connection::Query<'_>,
    ) -> Result<crate::connection::Output> {
        self.0.run(query).await
    }

    async fn run_batch(&mut self, sql: &str) -> Result<()> {
        self.0.run_batch(sql).await
    }
}
