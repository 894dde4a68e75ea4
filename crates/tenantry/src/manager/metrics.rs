use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use tenantry_pool::{PoolStats, TargetStats};

use super::{BudgetMetrics, TenantManager};
use crate::{SchemaName, StatementCounts, TenantId};

/// The connections of one tenant, or of the shared schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ConnectionMetrics {
    /// In use by it, or held for it.
    pub total: usize,
    /// Held for it and unused.
    pub idle: usize,
    /// Its callers that wait.
    pub waiting: usize,
}

impl From<TargetStats> for ConnectionMetrics {
    fn from(stats: TargetStats) -> Self {
        Self { total: stats.in_use + stats.held, idle: stats.held, waiting: stats.waiting }
    }
}

/// A snapshot for monitoring.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MetricsResult {
    /// The tenants' pools.
    pub pools: PoolMetrics,
    /// The shared schema.
    pub shared: SharedMetrics,
    /// The connections, all tenants together.
    pub connections: BudgetMetrics,
    /// What was done with statements on them, and what they keep prepared.
    pub statements: StatementCounts,
    /// When it was taken, in UTC by RFC 3339.
    pub timestamp: String,
}

/// The tenants' pools.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PoolMetrics {
    /// How many tenants have a pool.
    pub total: usize,
    /// How many may have one.
    pub max_pools: usize,
    /// Each of them, the most recently used first.
    pub tenants: Vec<TenantPoolMetrics>,
}

/// One tenant's pool.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TenantPoolMetrics {
    /// The tenant.
    pub tenant_id: TenantId,
    /// Its schema.
    pub schema_name: SchemaName,
    /// Its connections.
    pub connections: ConnectionMetrics,
    /// When it last asked for a connection, in UTC by RFC 3339.
    pub last_accessed_at: String,
}

/// The shared schema.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SharedMetrics {
    /// Whether it was used.
    pub initialized: bool,
    /// Its connections, once it was used.
    pub connections: Option<ConnectionMetrics>,
}

impl TenantManager {
    /// A snapshot of the pools. No I/O.
    #[must_use]
    pub fn metrics(&self) -> MetricsResult {
        let now = Utc::now();
        let pool = &self.inner.reach.pool;
        let mut known = pool.all_target_stats();
        known.sort_by_key(|stats| stats.idle_for);
        let tenants = known.into_iter().filter_map(|stats| {
            let id = self.inner.index.tenant_of(stats.target)?;
            let found = self.inner.index.get(&id).ok()?;
            let idle_for = chrono::Duration::from_std(stats.idle_for).unwrap_or_default();
            Some(TenantPoolMetrics {
                tenant_id: id,
                schema_name: found.tenant.placement.schema.clone(),
                connections: stats.into(),
                last_accessed_at: rfc3339(now - idle_for),
            })
        });
        let tenants: Vec<_> = tenants.collect();
        let shared = pool.target_stats(self.inner.shared.target.id());
        MetricsResult {
            pools: PoolMetrics {
                total: tenants.len(),
                max_pools: self.inner.config.isolation().max_pools,
                tenants,
            },
            shared: SharedMetrics {
                initialized: shared.is_some(),
                connections: shared.map(Into::into),
            },
            connections: self.budget(),
            statements: self.statement_counts(),
            timestamp: rfc3339(now),
        }
    }

    /// The connections, all tenants together: what [`metrics`](Self::metrics) has under
    /// `connections`, at a cost that does not depend on the number of tenants. No I/O.
    #[must_use]
    pub fn budget(&self) -> BudgetMetrics {
        self.pool_stats().into()
    }

    /// What has been done with statements, on all connections together. No I/O.
    #[must_use]
    pub fn statement_counts(&self) -> StatementCounts {
        self.inner.reach.pool.driver().tally().counts()
    }

    /// What the pool of connections has and does, all tenants together. No I/O.
    #[must_use]
    pub fn pool_stats(&self) -> PoolStats {
        self.inner.reach.pool.stats()
    }
}

/// As JavaScript's `toISOString` writes it.
pub(super) fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
