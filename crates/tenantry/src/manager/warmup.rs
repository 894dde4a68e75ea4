use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use serde::Serialize;

use super::TenantManager;
use crate::{Error, Result, TenantId};

type OnProgress = Arc<dyn Fn(&TenantId, WarmupProgress) + Send + Sync>;

/// How [`TenantManager::warmup`] goes about it.
#[derive(Clone)]
#[must_use]
pub struct WarmupOptions {
    concurrency: usize,
    ping: bool,
    on_progress: Option<OnProgress>,
}

impl Default for WarmupOptions {
    fn default() -> Self {
        Self { concurrency: 10, ping: true, on_progress: None }
    }
}

impl WarmupOptions {
    /// How many tenants at a time; 10 by default. The budget bounds it, too.
    pub fn concurrency(mut self, tenants: usize) -> Self {
        self.concurrency = tenants.max(1);
        self
    }

    /// Whether a statement is run for each tenant (the default), or its tables are left alone
    /// and only its connection is bound.
    pub fn ping(mut self, ping: bool) -> Self {
        self.ping = ping;
        self
    }

    /// Sets a function that is called as each tenant starts, completes or fails.
    pub fn on_progress(
        mut self,
        function: impl Fn(&TenantId, WarmupProgress) + Send + Sync + 'static,
    ) -> Self {
        self.on_progress = Some(Arc::new(function));
        self
    }
}

impl fmt::Debug for WarmupOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WarmupOptions")
            .field("concurrency", &self.concurrency)
            .field("ping", &self.ping)
            .finish_non_exhaustive()
    }
}

/// How far the warm-up of one tenant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WarmupProgress {
    /// It begins.
    Starting,
    /// The tenant is warm.
    Completed,
    /// It could not be reached.
    Failed,
}

/// What [`TenantManager::warmup`] came to.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WarmupResult {
    /// How many tenants were asked for.
    pub total: usize,
    /// How many are warm now, those included that were before.
    pub succeeded: usize,
    /// How many could not be reached.
    pub failed: usize,
    /// How many were warm before.
    pub already_warm: usize,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Each tenant, in the order asked for.
    pub details: Vec<TenantWarmupResult>,
}

/// What the warm-up of one tenant came to.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TenantWarmupResult {
    /// The tenant.
    pub tenant_id: TenantId,
    /// Whether it is warm now.
    pub success: bool,
    /// Whether it was before.
    pub already_warm: bool,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Why it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl TenantManager {
    /// Binds a connection for each of these tenants, so that their first request finds it bound
    /// once before. One that cannot be reached does not stop the others.
    ///
    /// Dropping the future stops it; what is warm stays warm.
    pub async fn warmup(&self, ids: &[TenantId], options: WarmupOptions) -> WarmupResult {
        let start = Instant::now();
        // By value: the future could not be sent to another thread if ids were borrowed.
        let options = &options;
        let warmed =
            stream::iter(ids.to_vec()).map(|id| async move { self.warm_one(&id, options).await });
        let details: Vec<_> = warmed.buffered(options.concurrency).collect().await;
        let count = |which: fn(&TenantWarmupResult) -> bool| {
            details.iter().filter(|detail| which(detail)).count()
        };
        WarmupResult {
            total: details.len(),
            succeeded: count(|detail| detail.success),
            failed: count(|detail| !detail.success),
            already_warm: count(|detail| detail.already_warm),
            duration_ms: milliseconds(start.elapsed()),
            details,
        }
    }

    async fn warm_one(&self, id: &TenantId, options: &WarmupOptions) -> TenantWarmupResult {
        let start = Instant::now();
        let progress = |progress| {
            if let Some(function) = &options.on_progress {
                function(id, progress);
            }
        };
        progress(WarmupProgress::Starting);
        let already_warm = self.has_pool(id);
        let warmed = if already_warm { Ok(()) } else { self.bind_once(id, options.ping).await };
        progress(if warmed.is_ok() { WarmupProgress::Completed } else { WarmupProgress::Failed });
        TenantWarmupResult {
            tenant_id: id.clone(),
            success: warmed.is_ok(),
            already_warm,
            duration_ms: milliseconds(start.elapsed()),
            error: warmed.err().map(|error: Error| error.to_string()),
        }
    }

    async fn bind_once(&self, id: &TenantId, ping: bool) -> Result<()> {
        let found = self.resident(id).await?;
        let mut db = self.handle(found.active()?);
        if ping {
            db.query("SELECT 1", &[]).await?;
        } else {
            db.begin().await?.rollback().await?;
        }
        Ok(())
    }
}

/// Whole milliseconds.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
