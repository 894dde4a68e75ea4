//! Seeding the shared schema and tenants.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{FutureExt, StreamExt, stream};
use tenantry::{Tenant, TenantId, TenantStatus};

use super::{
    Migrator,
    lane::Lane,
    outcome::Outcome,
    run::{Which, check_names, queue},
    terms,
};
use crate::{
    Failure, MigrateOptions, MigrateStatus, Migrations, OnError, Progress, Result, SeedReport,
    SharedReport, SharedSeed, TenantReport, TenantSeed,
    apply::{LedgerTable, NotApplied, Opening, Piece, Way, apply},
    holder::watched,
    seed::{Seed, failed},
    site::Site,
    step::{Body, Series, Work},
};

impl Migrator {
    /// The seed of the shared schema that is in the folder of the configuration
    /// (`migrations.shared_seeds`), where there are files in it.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Folder`](crate::MigrateError::Folder).
    pub fn shared_seed(&self) -> Result<Option<SharedSeed>> {
        let folder = &self.manager.config().migrations().shared_seeds;
        let files = Migrations::read_shared_if_there(folder)?;
        let files = files.filter(|files| !files.files().is_empty());
        Ok(files.map(SharedSeed::files).transpose()?)
    }

    /// The seed of tenants that is in the folder of the configuration (`migrations.tenant_seeds`),
    /// where there are files in it.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Folder`](crate::MigrateError::Folder).
    pub fn tenant_seed(&self) -> Result<Option<TenantSeed>> {
        let folder = &self.manager.config().migrations().tenant_seeds;
        let files = Migrations::read_if_there(folder)?;
        let files = files.filter(|files| !files.files().is_empty());
        Ok(files.map(TenantSeed::files).transpose()?)
    }

    /// Whether the configuration's folder has a seed of the shared schema.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Folder`](crate::MigrateError::Folder), where there are files that can't be
    /// used.
    pub fn has_shared_seeding(&self) -> Result<bool> {
        Ok(self.shared_seed()?.is_some())
    }

    /// Seeds the shared schema.
    ///
    /// Of the options, the dry run, what stops it and what hears of progress are taken.
    ///
    /// # Errors
    ///
    /// Those of reading the tenants' ids; what goes wrong with the seed is in the report.
    pub async fn seed_shared(
        &self,
        seed: &SharedSeed,
        options: &MigrateOptions,
    ) -> Result<SeedReport> {
        self.seeding(Some(seed), None, options).await
    }

    /// Seeds these tenants, some at a time.
    ///
    /// Of the options, the concurrency, the dry run, when it ends after failures, what stops it and
    /// what hears of progress are taken.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Failed`](crate::MigrateError::Failed) with `FOREIGN_SCHEMA`, where a file
    /// names a tenant's schema; those of reading the tenants. What goes wrong with one tenant is
    /// in the report.
    pub async fn seed(
        &self,
        ids: &[TenantId],
        seed: &TenantSeed,
        options: &MigrateOptions,
    ) -> Result<SeedReport> {
        self.seeding(None, Some((Which::These(ids), seed)), options).await
    }

    /// Seeds every tenant that is active, as [`seed`](Self::seed).
    ///
    /// # Errors
    ///
    /// As [`seed`](Self::seed).
    pub async fn seed_all(
        &self,
        seed: &TenantSeed,
        options: &MigrateOptions,
    ) -> Result<SeedReport> {
        self.seeding(None, Some((Which::All, seed)), options).await
    }

    /// Seeds the shared schema, then every tenant that is active; no tenant, if the shared schema's
    /// seed fails.
    ///
    /// # Errors
    ///
    /// As [`seed`](Self::seed).
    pub async fn seed_all_with_shared(
        &self,
        shared: &SharedSeed,
        tenant: &TenantSeed,
        options: &MigrateOptions,
    ) -> Result<SeedReport> {
        self.seeding(Some(shared), Some((Which::All, tenant)), options).await
    }

    async fn seeding(
        &self,
        shared: Option<&SharedSeed>,
        tenants: Option<(Which<'_>, &TenantSeed)>,
        options: &MigrateOptions,
    ) -> Result<SeedReport> {
        let start = Instant::now();
        if let Some((_, TenantSeed(Seed::Files(series)))) = tenants {
            check_names(self, series.steps().iter()).await?;
        }
        let (which, seed) = match tenants {
            Some((which, seed)) => (which, Some(seed)),
            None => (Which::None, None),
        };
        let (selected, unknown) = self.select(which).await?;
        let shared = match shared {
            Some(seed) => Some(self.seed_the_shared(seed, options).await),
            None => None,
        };
        let goes_on = shared.as_ref().is_none_or(|shared| shared.error.is_none());
        let mut reports: Vec<TenantReport> = unknown
            .into_iter()
            .map(|(id, failure)| Outcome::failed(failure).of_tenant(&id, false))
            .collect();
        if let Some(seed) = seed {
            let all = matches!(which, Which::All);
            self.seed_tenants(selected, seed, (all, goes_on), options, &mut reports).await;
        }
        reports.sort_by(|a, b| a.id.cmp(&b.id));
        let count = |status| reports.iter().filter(|tenant| tenant.status == status).count();
        let begun = if options.dry_run { MigrateStatus::Pending } else { MigrateStatus::Succeeded };
        Ok(SeedReport {
            dry_run: options.dry_run,
            total: reports.len(),
            succeeded: count(begun),
            failed: count(MigrateStatus::Failed),
            skipped: count(MigrateStatus::Skipped),
            unfinished: count(MigrateStatus::Unfinished),
            duration_ms: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
            shared,
            tenants: reports,
        })
    }

    async fn seed_the_shared(&self, seed: &SharedSeed, options: &MigrateOptions) -> SharedReport {
        let site = self.shared_site();
        let start = Instant::now();
        let done = match &seed.0 {
            _ if options.dry_run => Ok(()),
            Seed::Function(function) => function(self.manager.shared()).await.map_err(failed),
            Seed::Files(series) => self.run_files(series, &site, None, options).await,
        };
        let status = status(&done, options.dry_run);
        let (applied, pending) = split(seed.0.names(), status);
        let report =
            SharedReport { schema: site.schema, status, applied, pending, error: done.err() };
        options.tell(Progress::Shared(&report));
        tracing::debug!(took = ?start.elapsed(), "the shared schema's seed");
        report
    }

    async fn seed_tenants(
        &self,
        tenants: Vec<Arc<Tenant>>,
        seed: &TenantSeed,
        (only_active, goes_on): (bool, bool),
        options: &MigrateOptions,
        reports: &mut Vec<TenantReport>,
    ) {
        let (passed, todo): (Vec<_>, Vec<_>) = tenants
            .into_iter()
            .partition(|tenant| only_active && tenant.status != TenantStatus::Active);
        options.tell(Progress::Planned { total: passed.len() + todo.len(), to_do: todo.len() });
        let skipped = |tenant: &Arc<Tenant>| report(&tenant.id, MigrateStatus::Skipped);
        reports.extend(passed.iter().map(skipped));
        let most = options.max_failures.map(|most| most.of(todo.len()));
        let failures = AtomicUsize::new(0);
        let budget = self.manager.config().connection().max_connections;
        let width = options.concurrency.min(budget.saturating_sub(1)).max(1);
        let failures = &failures;
        let work: Vec<_> = todo
            .into_iter()
            .map(|tenant| {
                async move {
                    let failed = failures.load(Ordering::Relaxed);
                    let ended = failed > 0 && options.on_error == Some(OnError::Abort)
                        || most.is_some_and(|most| failed > most);
                    if ended || !goes_on || options.stop.is_stopped() {
                        let mut left = report(&tenant.id, MigrateStatus::Unfinished);
                        left.pending = seed.0.names();
                        return left;
                    }
                    let seeded = self.seed_one(&tenant, seed, options).await;
                    if seeded.error.is_some() {
                        failures.fetch_add(1, Ordering::Relaxed);
                    }
                    options.tell(Progress::Finished(&seeded));
                    seeded
                }
                .boxed()
            })
            .collect();
        let mut done = stream::iter(work).buffer_unordered(width);
        while let Some(report) = done.next().await {
            reports.push(report);
        }
    }

    async fn seed_one(
        &self,
        tenant: &Arc<Tenant>,
        seed: &TenantSeed,
        options: &MigrateOptions,
    ) -> TenantReport {
        let start = Instant::now();
        let done = match &seed.0 {
            _ if options.dry_run => Ok(()),
            Seed::Function(function) => {
                options.tell(Progress::Started(&tenant.id));
                match self.manager.db_of(tenant) {
                    Ok(db) => function(db).await.map_err(failed),
                    Err(error) => Err(error.into()),
                }
            }
            Seed::Files(series) => {
                options.tell(Progress::Started(&tenant.id));
                self.run_files(series, &self.site(tenant), Some(&tenant.id), options).await
            }
        };
        let status = status(&done, options.dry_run);
        let (applied, pending) = split(seed.0.names(), status);
        let duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let id = tenant.id.clone();
        TenantReport { id, status, applied, pending, error: done.err(), duration_ms }
    }

    /// Runs files in a schema, in one transaction, under the schema's lock. Whoever has that is
    /// waited for.
    async fn run_files(
        &self,
        series: &Series,
        site: &Site,
        tenant: Option<&TenantId>,
        options: &MigrateOptions,
    ) -> Result<(), Failure> {
        let manager = &self.manager;
        let mut terms = terms(manager.config(), site, tenant).map_err(|failure| *failure)?;
        terms.way = Way::Seed;
        let bodies: Vec<_> = series
            .steps()
            .iter()
            .filter_map(|step| match &step.work {
                Work::Sql(file) => Some((step, Body::up(file, site, tenant))),
                Work::Rust(_) => None,
            })
            .collect();
        let pieces: Vec<Piece<'_>> =
            bodies.iter().map(|(step, body)| Piece::File(step, body)).collect();
        let config = manager.config().migrations();
        let opening = Opening { lock: true, ledger: LedgerTable::There };
        let mut lane = Lane::new(manager.clone());
        let (mut attempts, mut encounters) = (0_u32, 0_u32);
        loop {
            let (session, pid) = lane.begin().await?;
            let sending = apply(session, &terms, &pieces, opening);
            let (ran, holders) = watched(manager, pid, terms.lock_timeout, sending).await;
            let wait = match ran {
                Ok(()) => return Ok(()),
                Err(NotApplied::Failed(mut failure)) => {
                    if failure.code == "MIGRATION_FAILED" {
                        failure.code = "SEED_FAILED";
                    }
                    return Err(failure);
                }
                Err(NotApplied::Locked(mut failure)) => {
                    attempts += 1;
                    if attempts >= config.lock_attempts || options.stop.is_stopped() {
                        failure.code = "LOCK_TIMEOUT";
                        failure.holders = holders;
                        return Err(failure);
                    }
                    queue::pause(config.lock_delay, attempts)
                }
                Err(NotApplied::Busy) => {
                    if options.stop.is_stopped() {
                        let message = "another runner migrates this schema".to_owned();
                        return Err(Failure::new("SEED_FAILED", message));
                    }
                    encounters += 1;
                    Duration::from_millis(20) * 2_u32.pow(encounters.min(5))
                }
                Err(NotApplied::LedgerChanged | NotApplied::LedgerOutdated) => {
                    let message = format!("the schema {} does not exist", site.quoted);
                    return Err(Failure::new("SCHEMA_MISSING", message));
                }
            };
            tokio::time::sleep(wait).await;
        }
    }
}

fn status(done: &Result<(), Failure>, dry_run: bool) -> MigrateStatus {
    match done {
        Ok(()) if dry_run => MigrateStatus::Pending,
        Ok(()) => MigrateStatus::Succeeded,
        Err(_) => MigrateStatus::Failed,
    }
}

/// The files that were run, and those that were not.
fn split(names: Vec<String>, status: MigrateStatus) -> (Vec<String>, Vec<String>) {
    match status {
        MigrateStatus::Succeeded => (names, Vec::new()),
        _ => (Vec::new(), names),
    }
}

fn report(id: &TenantId, status: MigrateStatus) -> TenantReport {
    let (applied, pending) = (Vec::new(), Vec::new());
    TenantReport { id: id.clone(), status, applied, pending, error: None, duration_ms: 0 }
}
