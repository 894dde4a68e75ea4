//! Seeds: what puts first rows into the shared schema and into tenants' schemas.
//!
//! No ledger keeps them. A seed runs whenever it is asked for, so it is written to be run again.

use std::{error::Error, fmt, pin::Pin, sync::Arc};

use serde::Serialize;
use tenantry::{SharedDb, TenantDb};

use crate::{Failure, FolderError, Migrations, Result, SharedReport, TenantReport, step::Series};

type BoxError = Box<dyn Error + Send + Sync>;
type Seeded = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

/// What seeds the shared schema: a function, or files.
///
/// ```
/// use tenantry_migrate::SharedSeed;
///
/// let seed = SharedSeed::new(|mut db| async move {
///     let sql = "INSERT INTO public.plans (name) VALUES ('free') ON CONFLICT DO NOTHING";
///     db.execute(sql, &[]).await?;
///     Ok(())
/// });
/// ```
#[derive(Clone, Debug)]
pub struct SharedSeed(pub(crate) Seed<SharedDb>);

/// What seeds each tenant's schema: a function, or files.
///
/// ```
/// use tenantry_migrate::TenantSeed;
///
/// let seed = TenantSeed::new(|mut db| async move {
///     let sql = "INSERT INTO roles (name) VALUES ('owner'), ('guest') ON CONFLICT DO NOTHING";
///     db.execute(sql, &[]).await?;
///     Ok(())
/// });
/// ```
#[derive(Clone, Debug)]
pub struct TenantSeed(pub(crate) Seed<TenantDb>);

/// A seed by what it gets.
#[derive(Clone)]
pub(crate) enum Seed<Db> {
    Function(Arc<dyn Fn(Db) -> Seeded + Send + Sync>),
    Files(Arc<Series>),
}

impl SharedSeed {
    /// A function. Its statements are transactions of their own, unless it begins one
    /// (`db.begin()`).
    pub fn new<F, R>(function: F) -> Self
    where
        F: Fn(SharedDb) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        Self(Seed::Function(Arc::new(move |db| Box::pin(function(db)))))
    }

    /// Files, in the order of their numbers, all of them in one transaction.
    ///
    /// # Errors
    ///
    /// [`FolderError`], where one asks to run without a transaction.
    pub fn files(files: Migrations) -> Result<Self, FolderError> {
        Seed::files(files).map(Self)
    }
}

impl TenantSeed {
    /// A function, called for each tenant. Its statements are transactions of their own, unless it
    /// begins one (`db.begin()`).
    pub fn new<F, R>(function: F) -> Self
    where
        F: Fn(TenantDb) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        Self(Seed::Function(Arc::new(move |db| Box::pin(function(db)))))
    }

    /// Files, in the order of their numbers, all of them in one transaction for each tenant. What a
    /// migration may not do, such as naming another tenant's schema, they may not either.
    ///
    /// # Errors
    ///
    /// [`FolderError`], where one asks to run without a transaction.
    pub fn files(files: Migrations) -> Result<Self, FolderError> {
        Seed::files(files).map(Self)
    }
}

impl<Db> Seed<Db> {
    fn files(files: Migrations) -> Result<Self, FolderError> {
        if let Some(file) = files.files().iter().find(|file| !file.up().directives().transaction) {
            return Err(FolderError::without_transaction(files.folder(), &file.name));
        }
        Ok(Self::Files(Arc::new(Series::new(files, &[])?)))
    }

    /// The names of its files.
    pub(crate) fn names(&self) -> Vec<String> {
        match self {
            Self::Function(_) => Vec::new(),
            Self::Files(series) => {
                series.steps().iter().map(|step| step.name.to_string()).collect()
            }
        }
    }
}

impl<Db> fmt::Debug for Seed<Db> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(_) => f.write_str("Function"),
            Self::Files(_) => f.debug_list().entries(self.names()).finish(),
        }
    }
}

/// What seeding came to.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SeedReport {
    /// Nothing was written.
    pub dry_run: bool,
    /// How many tenants were asked for.
    pub total: usize,
    /// How many were seeded.
    pub succeeded: usize,
    /// How many could not be.
    pub failed: usize,
    /// How many were passed over, because they are suspended or archived.
    pub skipped: usize,
    /// How many were not begun: it was stopped or ended, or the shared schema's seed failed.
    pub unfinished: usize,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The shared schema, if that was to be seeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<SharedReport>,
    /// Each tenant, by id. `applied` are the files that were run.
    pub tenants: Vec<TenantReport>,
}

impl SeedReport {
    /// Whether nothing failed, and nothing was left.
    #[must_use]
    pub fn is_success(&self) -> bool {
        let shared = self.shared.as_ref().is_none_or(|shared| shared.error.is_none());
        shared && self.failed == 0 && self.unfinished == 0
    }
}

/// What a function gave, as a failure.
pub(crate) fn failed(error: BoxError) -> Failure {
    let mut failure = match error.downcast::<tenantry::Error>() {
        Ok(error) => Failure::from(*error),
        Err(error) => Failure::new("SEED_FAILED", error.to_string()),
    };
    if failure.sqlstate.is_some() && !failure.is_unavailable() {
        failure.code = "SEED_FAILED";
    }
    failure
}
