//! All tenants of a server.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tenantry::TenantId;
use tokio::time::{Instant, timeout};
use tokio_util::task::TaskTracker;

use super::{
    room::{Place, Room},
    tenant::Tenant,
};
use crate::{
    application::Origin,
    error::{Result, ServerError},
    log::TenantLog,
};

/// How long a tenant waits for room where no other is idle.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it looks whether one is.
const LOOK: Duration = Duration::from_millis(10);
/// How often isolates that nobody uses are looked for.
const SHRINK: Duration = Duration::from_secs(10);

/// All tenants of a server.
pub(crate) struct Tenants {
    all: RwLock<BTreeMap<TenantId, Arc<Tenant>>>,
    room: Arc<Room>,
    load_within: Duration,
    /// Counts uses, to tell which was last.
    clock: AtomicU64,
    is_closed: AtomicBool,
    background: TaskTracker,
}

impl Tenants {
    pub(crate) fn new(max_concurrent: usize, load_within: Duration) -> Arc<Self> {
        Arc::new(Self {
            all: RwLock::default(),
            room: Room::new(max_concurrent),
            load_within,
            clock: AtomicU64::new(1),
            is_closed: AtomicBool::new(false),
            background: TaskTracker::new(),
        })
    }

    pub(crate) fn get(&self, id: &TenantId) -> Option<Arc<Tenant>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// All, in the order of their ids.
    pub(crate) fn all(&self) -> Vec<Arc<Tenant>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// The tenant of this id; a new one of this origin if there is none.
    pub(crate) fn add(
        &self,
        id: &TenantId,
        log: Arc<TenantLog>,
        origin: impl FnOnce(Arc<TenantLog>) -> Arc<dyn Origin>,
    ) -> Arc<Tenant> {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let add = || Tenant::new(id.clone(), Arc::clone(&log), origin(log));
        Arc::clone(all.entry(id.clone()).or_insert_with(add))
    }

    /// Forgets a tenant, and unloads it in the background. Who has it already goes on with it.
    pub(crate) fn forget(&self, tenant: &Arc<Tenant>) {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        // Another one of that id may have come meanwhile.
        if all.get(tenant.id()).is_some_and(|known| Arc::ptr_eq(known, tenant)) {
            all.remove(tenant.id());
        }
        drop(all);
        let tenant = Arc::clone(tenant);
        self.in_background(async move {
            tenant.unload().await;
        });
    }

    pub(crate) fn load_within(&self) -> Duration {
        self.load_within
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Relaxed)
    }

    pub(super) fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Relaxed)
    }

    pub(super) fn in_background(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.background.spawn(work);
    }

    /// A place for a tenant that is to be loaded. The least recently used idle one makes room.
    pub(super) async fn place(&self) -> Result<Place> {
        let until = Instant::now() + PATIENCE;
        loop {
            if self.is_closed() {
                return Err(ServerError::Closed);
            }
            if let Some(place) = self.room.take() {
                return Ok(place);
            }
            if self.unload_one().await {
                continue;
            }
            if Instant::now() >= until {
                return Err(ServerError::Full(self.room.most()));
            }
            let _ = timeout(LOOK, self.room.freed()).await;
        }
    }

    /// Unloads the least recently used idle tenant. Whether there was one.
    async fn unload_one(&self) -> bool {
        let mut idle = self.all();
        idle.retain(|tenant| tenant.is_idle());
        idle.sort_by_key(|tenant| tenant.used());
        for tenant in idle {
            if tenant.unload_idle().await {
                tracing::debug!(tenant = %tenant.id(), "unloaded, for others need the room");
                return true;
            }
        }
        false
    }

    /// Ends isolates of busy tenants that are no longer needed, for as long as it is not dropped.
    pub(crate) async fn look_after(&self) {
        loop {
            tokio::time::sleep(SHRINK).await;
            for tenant in self.all() {
                tenant.shrink().await;
            }
        }
    }

    /// Loads nothing any more, and unloads all when their requests have ended.
    pub(crate) async fn close(&self) {
        self.is_closed.store(true, Relaxed);
        let unloading = self.all().into_iter().map(|tenant| async move { tenant.unload().await });
        futures_util::future::join_all(unloading).await;
        self.background.close();
        self.background.wait().await;
    }
}
