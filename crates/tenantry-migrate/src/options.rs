use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tenantry::TenantId;

use crate::{SharedReport, TenantReport};

type OnProgress = Arc<dyn Fn(Progress<'_>) + Send + Sync>;

/// How migrations are run.
///
/// ```
/// use tenantry_migrate::{MigrateOptions, Progress};
///
/// let options = MigrateOptions::new().concurrency(20).on_progress(|progress| {
///     if let Progress::Finished(report) = progress {
///         println!("{}: {:?}", report.id, report.status);
///     }
/// });
/// ```
#[derive(Clone)]
#[must_use]
pub struct MigrateOptions {
    pub(crate) concurrency: usize,
    pub(crate) dry_run: bool,
    pub(crate) shared: bool,
    pub(crate) stop: Stop,
    on_progress: Option<OnProgress>,
}

impl MigrateOptions {
    /// Up to ten tenants at a time, no dry run, without the shared schema.
    pub fn new() -> Self {
        Self {
            concurrency: 10,
            dry_run: false,
            shared: false,
            stop: Stop::new(),
            on_progress: None,
        }
    }

    /// How many tenants at a time, at most; 10 by default. The budget bounds it, too.
    ///
    /// Fewer run where more are not faster, as when they all wait for PostgreSQL's processors.
    pub fn concurrency(mut self, tenants: usize) -> Self {
        self.concurrency = tenants.max(1);
        self
    }

    /// Whether to tell what would be applied, and write nothing at all.
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Whether the shared schema is migrated before the tenants. If that fails, no tenant is
    /// touched: its migrations may need what is missing.
    pub fn shared(mut self, shared: bool) -> Self {
        self.shared = shared;
        self
    }

    /// What stops the run from elsewhere: on a signal, for example.
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }

    /// Sets a function that hears how far the run is. It is called on the task that migrates and
    /// must not block.
    pub fn on_progress(mut self, function: impl Fn(Progress<'_>) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(function));
        self
    }

    pub(crate) fn tell(&self, progress: Progress<'_>) {
        if let Some(function) = &self.on_progress {
            function(progress);
        }
    }
}

impl Default for MigrateOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MigrateOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MigrateOptions")
            .field("concurrency", &self.concurrency)
            .field("dry_run", &self.dry_run)
            .field("shared", &self.shared)
            .finish_non_exhaustive()
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// The shared schema is done with.
    Shared(&'a SharedReport),
    /// All ledgers are read.
    Planned {
        /// How many tenants there are.
        total: usize,
        /// How many of them have something to be applied.
        to_do: usize,
    },
    /// A tenant's first migration is about to be applied.
    Started(&'a TenantId),
    /// A migration was applied to a tenant.
    Applied {
        /// The tenant.
        tenant: &'a TenantId,
        /// The file.
        file: &'a str,
    },
    /// A tenant that had something to be applied is done with.
    Finished(&'a TenantReport),
}

/// Stops a run: files that are being applied are finished, and no other is begun.
///
/// To stop at once, drop the future that migrates: PostgreSQL rolls back what was under way.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// A run that goes on.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops it.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it was stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
