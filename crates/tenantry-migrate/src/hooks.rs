//! Code of an application's own around a run.

use std::{error::Error, fmt, pin::Pin, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use tenantry::TenantId;

use crate::{Failure, TenantReport};

type BoxError = Box<dyn Error + Send + Sync>;
type Ran<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;
type Hook<A, T = ()> = Arc<dyn Fn(A) -> Ran<T> + Send + Sync>;

/// A migration of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationEvent {
    /// The tenant; none for the shared schema.
    pub tenant: Option<TenantId>,
    /// The migration, such as `0001_users.sql`.
    pub migration: Arc<str>,
}

/// Whether a run goes on after a tenant has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum OnError {
    /// With the other tenants.
    Continue,
    /// What is under way is finished, and no other tenant is begun.
    Abort,
}

/// Functions that are called around tenants and migrations. Each is async, and may fail: then the
/// tenant it was called for fails with `HOOK_FAILED`.
///
/// ```
/// use tenantry_migrate::{MigrateHooks, MigrateOptions, OnError};
///
/// let hooks = MigrateHooks::new()
///     .before_tenant(|tenant| async move {
///         println!("starting {tenant}");
///         Ok(())
///     })
///     .after_migration(|event, took| async move {
///         println!("{} took {took:?}", event.migration);
///         Ok(())
///     })
///     .on_error(|tenant, failure| async move {
///         eprintln!("{tenant}: {failure}");
///         Ok(OnError::Continue)
///     });
/// let options = MigrateOptions::new().hooks(hooks);
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct MigrateHooks {
    before_tenant: Option<Hook<TenantId>>,
    after_tenant: Option<Hook<TenantReport>>,
    before_migration: Option<Hook<MigrationEvent>>,
    after_migration: Option<Hook<(MigrationEvent, Duration)>>,
    on_error: Option<Hook<(TenantId, Failure), OnError>>,
}

impl MigrateHooks {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Before a tenant's first migration. If it fails, nothing is applied to the tenant.
    pub fn before_tenant<F, R>(mut self, hook: F) -> Self
    where
        F: Fn(TenantId) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        self.before_tenant = Some(Arc::new(move |tenant| Box::pin(hook(tenant))));
        self
    }

    /// When a tenant that had something to be applied is done with, well or not.
    pub fn after_tenant<F, R>(mut self, hook: F) -> Self
    where
        F: Fn(TenantReport) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        self.after_tenant = Some(Arc::new(move |report| Box::pin(hook(report))));
        self
    }

    /// Before each migration. If it fails, the migration is not applied.
    pub fn before_migration<F, R>(mut self, hook: F) -> Self
    where
        F: Fn(MigrationEvent) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        self.before_migration = Some(Arc::new(move |event| Box::pin(hook(event))));
        self
    }

    /// After each migration, with the time that it took. If it fails, the migration stays applied,
    /// and no other follows for that tenant.
    pub fn after_migration<F, R>(mut self, hook: F) -> Self
    where
        F: Fn(MigrationEvent, Duration) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        self.after_migration = Some(Arc::new(move |(event, took)| Box::pin(hook(event, took))));
        self
    }

    /// When a tenant has failed: says whether the run goes on. If it fails itself, the run does
    /// not.
    pub fn on_error<F, R>(mut self, hook: F) -> Self
    where
        F: Fn(TenantId, Failure) -> R + Send + Sync + 'static,
        R: Future<Output = Result<OnError, BoxError>> + Send + 'static,
    {
        self.on_error = Some(Arc::new(move |(tenant, failure)| Box::pin(hook(tenant, failure))));
        self
    }

    pub(crate) async fn ran_before_tenant(&self, tenant: &TenantId) -> Result<(), Failure> {
        match &self.before_tenant {
            Some(hook) => {
                hook(tenant.clone()).await.map_err(|error| failed("before_tenant", &*error))
            }
            None => Ok(()),
        }
    }

    pub(crate) async fn ran_after_tenant(&self, report: &TenantReport) -> Result<(), Failure> {
        match &self.after_tenant {
            Some(hook) => {
                hook(report.clone()).await.map_err(|error| failed("after_tenant", &*error))
            }
            None => Ok(()),
        }
    }

    pub(crate) async fn ran_before_migration(&self, event: MigrationEvent) -> Result<(), Failure> {
        let Some(hook) = &self.before_migration else { return Ok(()) };
        let name = Arc::clone(&event.migration);
        let ran = hook(event).await;
        ran.map_err(|error| failed("before_migration", &*error).in_file(&name))
    }

    pub(crate) async fn ran_after_migration(
        &self,
        event: MigrationEvent,
        took: Duration,
    ) -> Result<(), Failure> {
        let Some(hook) = &self.after_migration else { return Ok(()) };
        let name = Arc::clone(&event.migration);
        let ran = hook((event, took)).await;
        ran.map_err(|error| failed("after_migration", &*error).in_file(&name))
    }

    /// What the hook says; nothing, where there is none.
    pub(crate) async fn decide(&self, tenant: &TenantId, failure: &Failure) -> Option<OnError> {
        let hook = self.on_error.as_ref()?;
        match hook((tenant.clone(), failure.clone())).await {
            Ok(decision) => Some(decision),
            Err(error) => {
                tracing::error!(%tenant, %error, "the hook on_error has failed: the run ends");
                Some(OnError::Abort)
            }
        }
    }
}

fn failed(hook: &str, error: &(dyn Error + Send + Sync)) -> Failure {
    Failure::new("HOOK_FAILED", format!("the hook {hook} failed: {error}"))
}

impl fmt::Debug for MigrateHooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_set = [
            ("before_tenant", self.before_tenant.is_some()),
            ("after_tenant", self.after_tenant.is_some()),
            ("before_migration", self.before_migration.is_some()),
            ("after_migration", self.after_migration.is_some()),
            ("on_error", self.on_error.is_some()),
        ];
        f.debug_set().entries(is_set.iter().filter(|(_, set)| *set).map(|(name, _)| name)).finish()
    }
}
