use std::time::Duration;

use super::TenantManager;
use crate::TenantId;

/// How long [`TenantManager::close`] lets running work go on.
const DEADLINE: Duration = Duration::from_secs(10);

/// What [`TenantManager::close`] came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "it says what was cut off, and whether connections are left"]
pub struct CloseReport {
    /// Connections that PostgreSQL has not ended yet.
    pub left: usize,
    /// What ran past the deadline and was cut off.
    pub cut_off: Vec<CutOff>,
}

/// Work of one tenant that was cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CutOff {
    /// Whose it was; none for that of the shared schema and of tenants that have gone.
    pub tenant: Option<TenantId>,
    /// On how many connections: each a statement, a transaction or a session.
    pub connections: usize,
}

impl TenantManager {
    /// Refuses new work, lets what runs finish for up to ten seconds, and closes every connection.
    /// Clones are closed with it.
    ///
    /// What runs longer is [cut off](CloseReport::cut_off), as
    /// [`close_within`](Self::close_within) says.
    pub async fn close(&self) -> CloseReport {
        self.close_within(DEADLINE).await
    }

    /// Refuses new work, lets what runs finish until `deadline` is over, and closes every connection.
    ///
    /// What runs longer is cut off: its statement is cancelled, its transaction rolled back, its
    /// connection ended; its caller gets [`Error::PoolClosed`](crate::Error::PoolClosed). That takes
    /// two seconds more at most, where PostgreSQL answers much less.
    ///
    /// Dropping the future leaves the manager closed, and cuts nothing off.
    pub async fn close_within(&self, deadline: Duration) -> CloseReport {
        if let Some(keeper) = &self.inner.keeper {
            keeper.0.abort();
        }
        let closed = self.inner.reach.pool.close(deadline).await;
        let cut_off = closed.cut_off.into_iter().map(|(target, connections)| {
            let tenant = self.inner.index.tenant_of(target);
            let whose = tenant.as_ref().map_or("(shared)", TenantId::as_str);
            tracing::warn!(target: "tenantry::pool", tenant = whose, connections, "cut off");
            CutOff { tenant, connections }
        });
        CloseReport { cut_off: cut_off.collect(), left: closed.left }
    }
}
