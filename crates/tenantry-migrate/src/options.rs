use std::{
    error::Error,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::{Deserialize, Serialize};
use tenantry::TenantId;
use tokio::sync::Notify;

use crate::{
    Failure, MigrateHooks, OnError, SharedReport, StageDone, Stages, TenantReport, plan::Order,
    stages::Gate,
};

pub(crate) type OnProgress = Arc<dyn Fn(Progress<'_>) + Send + Sync>;

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
    pub(crate) atomic: Atomic,
    pub(crate) out_of_order: bool,
    pub(crate) on_error: Option<OnError>,
    pub(crate) max_failures: Option<MaxFailures>,
    pub(crate) stages: Stages,
    pub(crate) gate: Gate,
    pub(crate) checks: Vec<String>,
    pub(crate) without_checks: bool,
    pub(crate) strict: bool,
    pub(crate) hooks: MigrateHooks,
    pub(crate) record: bool,
    pub(crate) on_progress: Option<OnProgress>,
}

/// What is applied together, or not at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Atomic {
    /// Each migration.
    #[default]
    Migration,
    /// All that a tenant lacks.
    Tenant,
}

/// How many tenants may fail before a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum MaxFailures {
    /// This many.
    Count(usize),
    /// This part of the tenants that have something to be applied, in percent.
    Percent(u8),
}

impl MaxFailures {
    /// How many of so many tenants.
    pub(crate) fn of(self, tenants: usize) -> usize {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => tenants * usize::from(percent) / 100,
        }
    }
}

impl MigrateOptions {
    /// Up to ten tenants at a time, no dry run, without the shared schema.
    pub fn new() -> Self {
        Self {
            concurrency: 10,
            dry_run: false,
            shared: false,
            stop: Stop::new(),
            atomic: Atomic::Migration,
            out_of_order: false,
            on_error: None,
            max_failures: None,
            stages: Stages::default(),
            gate: Gate::default(),
            checks: Vec::new(),
            without_checks: false,
            strict: false,
            hooks: MigrateHooks::new(),
            record: true,
            on_progress: None,
        }
    }

    /// What is applied together: each migration by default, in a transaction of its own.
    pub fn atomic(mut self, atomic: Atomic) -> Self {
        self.atomic = atomic;
        self
    }

    /// Whether a migration may be older than one that was applied already. It is an error by
    /// default: a new tenant would get the two in another order.
    pub fn allow_out_of_order(mut self, allow: bool) -> Self {
        self.out_of_order = allow;
        self
    }

    /// Whether the run goes on when a tenant has failed. If it isn't set, it does, and ends before
    /// the next stage.
    pub fn on_error(mut self, on_error: OnError) -> Self {
        self.on_error = Some(on_error);
        self
    }

    /// How many tenants may fail: when more have, no other is begun.
    pub fn max_failures(mut self, most: MaxFailures) -> Self {
        self.max_failures = Some(most);
        self
    }

    /// Some tenants first, then more: all at once by default.
    pub fn stages(mut self, stages: Stages) -> Self {
        self.stages = stages;
        self
    }

    /// Whether migrations are refused that lock tables for long, break what runs, or lose data, as
    /// far as [`lint`](crate::lint) sees it; and those in Rust that do not say
    /// [why they may run](crate::RustMigration::allowed_because), since nobody can read what they
    /// do. What the run would not apply is not looked at.
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// What is asked between two stages: an error, and the next one is not begun.
    ///
    /// A function cannot be recorded with a run. One that is resumed needs it again, or
    /// [`without_checks`](Self::without_checks).
    pub fn between_stages<F, R>(mut self, gate: F) -> Self
    where
        F: Fn(StageDone) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        self.gate = Gate::new(gate);
        self
    }

    /// What is asked between two stages, in words: recorded with the run, and told to whoever
    /// resumes it without asking.
    pub fn checks(mut self, checks: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.checks = checks.into_iter().map(Into::into).collect();
        self
    }

    /// Whether a run that had checks between its stages is resumed without any.
    pub fn without_checks(mut self, without: bool) -> Self {
        self.without_checks = without;
        self
    }

    /// Functions to be called around tenants and migrations.
    pub fn hooks(mut self, hooks: MigrateHooks) -> Self {
        self.hooks = hooks;
        self
    }

    /// Whether the run is recorded in the catalog's schema, for
    /// [`Migrator::runs`](crate::Migrator::runs). It is by default, where there is something to do.
    pub fn record(mut self, record: bool) -> Self {
        self.record = record;
        self
    }

    pub(crate) fn order(&self) -> Order {
        if self.out_of_order { Order::Any } else { Order::Strict }
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
            .field("atomic", &self.atomic)
            .field("stages", &self.stages)
            .field("hooks", &self.hooks)
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
    /// The run is recorded, under this number.
    Recorded {
        /// The run.
        run: i64,
    },
    /// A stage begins.
    Stage {
        /// Which one, from 1.
        number: usize,
        /// How many there are.
        of: usize,
        /// How many tenants it has.
        tenants: usize,
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
    /// A tenant waits to be tried again, since somebody holds a lock that a migration needs.
    Waiting {
        /// The tenant.
        tenant: &'a TenantId,
        /// How often it has been tried.
        attempts: u32,
        /// What happened.
        failure: &'a Failure,
    },
    /// A tenant that had something to be applied is done with.
    Finished(&'a TenantReport),
}

/// Stops a run: files that are being applied are finished, and no other is begun.
///
/// To stop at once, drop the future that migrates: PostgreSQL rolls back what was under way.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Stopping>);

#[derive(Debug, Default)]
struct Stopping {
    is_stopped: AtomicBool,
    told: Notify,
}

impl Stop {
    /// A run that goes on.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops it.
    pub fn stop(&self) {
        self.0.is_stopped.store(true, Ordering::Release);
        self.0.told.notify_waiters();
    }

    /// Whether it was stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.is_stopped.load(Ordering::Acquire)
    }

    /// Waits until it is stopped. Cancel-safe.
    pub async fn stopped(&self) {
        loop {
            let told = self.0.told.notified();
            tokio::pin!(told);
            // Heard from here on, whatever comes between.
            told.as_mut().enable();
            if self.is_stopped() {
                return;
            }
            told.await;
        }
    }
}
