//! The current tenant, from anywhere below: no parameter handed through ten functions.
//!
//! ```no_run
//! # async fn example(tenants: tenantry::TenantManager) -> tenantry::Result<()> {
//! use tenantry::{TenantId, context::{self, TenantContext}};
//!
//! async fn orders() -> tenantry::Result<u64> {
//!     let mut db = context::current()?.db()?;
//!     Ok(db.query("SELECT id FROM orders", &[]).await?.len() as u64)
//! }
//!
//! let acme = TenantContext::new(&tenants, &TenantId::parse("acme")?).await?;
//! let count = context::scope(acme, orders()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! The context belongs to the task: a plain `tokio::spawn` does not carry it, [`spawn`] does.

use std::{
    any::{Any, TypeId},
    collections::BTreeMap,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;
use tokio::task::{JoinHandle, futures::TaskLocalFuture};

use crate::{
    Error, Result, SharedDb, Tenant, TenantDb, TenantId, TenantManager, TenantVersion,
    catalog::Resident, place::Place,
};

tokio::task_local! {
    static CURRENT: TenantContext;
}

/// A tenant, the manager it is of, and what else belongs to the work at hand: a user, their
/// permissions. Cheap to clone.
#[derive(Clone)]
pub struct TenantContext(Arc<Inner>);

// One allocation of its own for each context: clones count references there, and not on what all
// requests share, which the processors would take from each other each time.
#[derive(Clone)]
struct Inner {
    manager: TenantManager,
    tenant: Arc<Tenant>,
    /// Where the tenant's data lives, if that is known already.
    place: Option<Arc<Place>>,
    extra: BTreeMap<TypeId, Arc<dyn Any + Send + Sync>>,
}

impl TenantContext {
    /// The context of a tenant at work.
    ///
    /// # Errors
    ///
    /// As [`TenantManager::tenant`].
    pub async fn new(manager: &TenantManager, id: &TenantId) -> Result<Self> {
        let Resident { tenant, place, .. } = manager.resident_at_work(id).await?;
        Ok(Self::with_place(manager, tenant, Some(place)))
    }

    /// The context of a tenant that was looked up already.
    #[must_use]
    pub fn of(manager: &TenantManager, tenant: Arc<Tenant>) -> Self {
        Self::with_place(manager, tenant, None)
    }

    fn with_place(manager: &TenantManager, tenant: Arc<Tenant>, place: Option<Arc<Place>>) -> Self {
        let (manager, extra) = (manager.clone(), BTreeMap::new());
        Self(Arc::new(Inner { manager, tenant, place, extra }))
    }

    /// Adds a value, in place of one of the same type.
    #[must_use]
    pub fn with<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        Arc::make_mut(&mut self.0).extra.insert(TypeId::of::<T>(), Arc::new(value));
        self
    }

    /// The value of this type that was added.
    #[must_use]
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        Arc::clone(self.0.extra.get(&TypeId::of::<T>())?).downcast().ok()
    }

    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> &Arc<Tenant> {
        &self.0.tenant
    }

    /// The tenant's id.
    #[must_use]
    pub fn tenant_id(&self) -> &TenantId {
        &self.0.tenant.id
    }

    /// The tenant's data. No I/O.
    ///
    /// # Errors
    ///
    /// [`Error::TenantMoved`] when the tenant has gone, or lives elsewhere, since the context
    /// was made.
    pub fn db(&self) -> Result<TenantDb> {
        match &self.0.place {
            Some(place) => {
                place.check_is_here()?;
                Ok(self.0.manager.db_at(place, &self.0.tenant))
            }
            None => self.0.manager.db_of(&self.0.tenant),
        }
    }

    /// The shared schema's data. No I/O.
    #[must_use]
    pub fn shared(&self) -> SharedDb {
        self.0.manager.shared()
    }

    /// The migrations that the tenant has: see [`Versions`](crate::Versions).
    ///
    /// # Errors
    ///
    /// As [`Versions::of`](crate::Versions::of).
    pub async fn version(&self) -> Result<TenantVersion> {
        self.0.manager.versions().of(&self.0.tenant.id).await
    }

    /// The manager the tenant is of.
    #[must_use]
    pub fn manager(&self) -> &TenantManager {
        &self.0.manager
    }
}

impl fmt::Debug for TenantContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantContext")
            .field("tenant", &self.0.tenant.id)
            .field("extra", &self.0.extra.len())
            .finish_non_exhaustive()
    }
}

/// Runs a future with `context` as the current one. Inside, another may be set: it counts until
/// its own future ends.
pub fn scope<F: Future>(context: TenantContext, future: F) -> Scope<F> {
    Scope { future: CURRENT.scope(context, future) }
}

/// Runs a function with `context` as the current one.
pub fn enter<R>(context: TenantContext, function: impl FnOnce() -> R) -> R {
    CURRENT.sync_scope(context, function)
}

pin_project! {
    /// A future with a context of its own: see [`scope`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Scope<F> {
        #[pin]
        future: TaskLocalFuture<TenantContext, F>,
    }
}

impl<F: Future> Future for Scope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(cx)
    }
}

impl<F> fmt::Debug for Scope<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

/// The current context.
///
/// # Errors
///
/// [`Error::NoTenantContext`] outside of every [`scope`].
pub fn current() -> Result<TenantContext> {
    try_current().ok_or(Error::NoTenantContext)
}

/// The current context, if there is one.
#[must_use]
pub fn try_current() -> Option<TenantContext> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Whether there is a current context.
#[must_use]
pub fn is_set() -> bool {
    CURRENT.try_with(|_| ()).is_ok()
}

/// Spawns a task that has the current context, if there is one.
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    match try_current() {
        Some(context) => tokio::spawn(CURRENT.scope(context, future)),
        None => tokio::spawn(future),
    }
}
