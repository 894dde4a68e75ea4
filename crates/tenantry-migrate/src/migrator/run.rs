use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use tenantry::{Error, Tenant, TenantId};

use super::Migrator;
use crate::{
    Failure, MigrateOptions, MigrateReport, MigrateStatus, Migration, Migrations, Progress, Result,
    SharedReport, TenantReport,
    apply::{NotApplied, apply},
    connection::Connection,
    ledger::{self, State},
    plan,
    site::Site,
};

/// Which tenants are to be migrated.
pub(super) enum Which<'a> {
    All,
    These(&'a [TenantId]),
    None,
}

/// What came of one schema.
#[derive(Debug, Default)]
struct Outcome {
    applied: Vec<String>,
    pending: Vec<String>,
    error: Option<Failure>,
}

pub(super) async fn run(
    migrator: &Migrator,
    which: Which<'_>,
    options: &MigrateOptions,
) -> Result<MigrateReport> {
    let start = Instant::now();
    // All files are read before anything runs.
    let files = match which {
        Which::None => None,
        Which::All | Which::These(_) => Some(migrator.tenant_migrations()?),
    };
    let shared_dir = &migrator.manager.config().migrations().shared_dir;
    let shared_files = if options.shared { Some(Migrations::read(shared_dir)?) } else { None };

    let (tenants, unknown) = tenants(migrator, which).await?;
    let shared = match &shared_files {
        Some(files) => Some(migrate_shared(migrator, files, options).await?),
        None => None,
    };
    let goes_on = shared.as_ref().is_none_or(|shared| shared.error.is_none());
    let mut reports = match &files {
        Some(files) => migrate_tenants(migrator, &tenants, files, options, goes_on).await?,
        None => Vec::new(),
    };
    reports.extend(unknown);
    reports.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(summarise(options, start.elapsed(), shared, reports))
}

/// The tenants, and a report for each id that is no tenant's.
async fn tenants(
    migrator: &Migrator,
    which: Which<'_>,
) -> Result<(Vec<Arc<Tenant>>, Vec<TenantReport>)> {
    let catalog = migrator.manager.catalog();
    let ids = match which {
        Which::All => return Ok((catalog.list().await?, Vec::new())),
        Which::None => return Ok((Vec::new(), Vec::new())),
        Which::These(ids) => ids.iter().collect::<BTreeSet<_>>(),
    };
    let (mut tenants, mut unknown) = (Vec::new(), Vec::new());
    for id in ids {
        match catalog.get(id).await {
            Ok(tenant) => tenants.push(tenant),
            Err(error @ Error::TenantNotFound(_)) => {
                unknown.push(Outcome::failed(error.into()).of_tenant(id, false));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok((tenants, unknown))
}

async fn migrate_shared(
    migrator: &Migrator,
    files: &Migrations,
    options: &MigrateOptions,
) -> Result<SharedReport> {
    let site = migrator.shared_site();
    let mut state = ledger::read(&mut migrator.manager.shared(), &site).await?;
    let is_missing = state == State::NoSchema;
    if is_missing {
        state = State::NoLedger;
    }
    let outcome = match plan::pending(files, &state, &site) {
        Err(failure) => Outcome::failed(*failure),
        Ok(pending) if options.dry_run || pending.is_empty() => Outcome::pending(&pending),
        Ok(_) => {
            let mut session = migrator.manager.shared_session().await?;
            let made = match is_missing {
                true => {
                    session.batch(&format!("CREATE SCHEMA IF NOT EXISTS {}", site.quoted)).await
                }
                false => Ok(()),
            };
            match made {
                Ok(()) => {
                    let applied = |_: &str| {};
                    bring_up(&mut session, &site, files, state, options, applied).await
                }
                Err(error) => Outcome::failed(error.into()),
            }
        }
    };
    let report = outcome.of_shared(&site, options.dry_run);
    options.tell(Progress::Shared(&report));
    Ok(report)
}

async fn migrate_tenants(
    migrator: &Migrator,
    tenants: &[Arc<Tenant>],
    files: &Migrations,
    options: &MigrateOptions,
    goes_on: bool,
) -> Result<Vec<TenantReport>> {
    let sites: Vec<Site> = tenants.iter().map(|tenant| migrator.site(tenant)).collect();
    let every_site: Vec<&Site> = sites.iter().collect();
    let states = ledger::read_all(&migrator.manager.shared(), &every_site).await?;
    let mut reports = Vec::with_capacity(tenants.len());
    let mut to_do = Vec::new();
    for ((tenant, site), state) in tenants.iter().zip(&sites).zip(states) {
        match plan::pending(files, &state, site) {
            Ok(pending) if pending.is_empty() || options.dry_run || !goes_on => {
                reports.push(Outcome::pending(&pending).of_tenant(&tenant.id, options.dry_run));
            }
            Ok(_) => to_do.push((tenant, site, state)),
            Err(failure) => {
                reports.push(Outcome::failed(*failure).of_tenant(&tenant.id, options.dry_run));
            }
        }
    }
    options.tell(Progress::Planned { total: tenants.len(), to_do: to_do.len() });
    let work = to_do.into_iter().map(|(tenant, site, state)| async move {
        let outcome = migrate_one(migrator, tenant, site, files, state, options).await;
        let report = outcome.of_tenant(&tenant.id, false);
        options.tell(Progress::Finished(&report));
        report
    });
    // One connection stays free, for the listener or for whoever else needs one.
    let budget = migrator.manager.config().connection().max_connections;
    let concurrency = options.concurrency.min(budget.saturating_sub(1)).max(1);
    let done: Vec<_> = stream::iter(work).buffer_unordered(concurrency).collect().await;
    reports.extend(done);
    Ok(reports)
}

async fn migrate_one(
    migrator: &Migrator,
    tenant: &Tenant,
    site: &Site,
    files: &Migrations,
    state: State,
    options: &MigrateOptions,
) -> Outcome {
    if options.stop.is_stopped() {
        return Outcome::pending(&plan::pending(files, &state, site).unwrap_or_default());
    }
    options.tell(Progress::Started(&tenant.id));
    match migrator.manager.session(&tenant.id).await {
        Ok(mut session) => {
            let applied = |file: &str| options.tell(Progress::Applied { tenant: &tenant.id, file });
            bring_up(&mut session, site, files, state, options, applied).await
        }
        Err(error) => Outcome::failed(error.into()),
    }
}

/// Applies everything a schema lacks, one file after the other.
async fn bring_up(
    connection: &mut impl Connection,
    site: &Site,
    files: &Migrations,
    mut state: State,
    options: &MigrateOptions,
    on_applied: impl Fn(&str),
) -> Outcome {
    let mut outcome = Outcome::default();
    loop {
        let pending = match plan::pending(files, &state, site) {
            Ok(pending) => pending,
            Err(failure) => return outcome.with_error(*failure),
        };
        let Some(taken) =
            apply_each(connection, site, &pending, options, &on_applied, &mut outcome).await
        else {
            return outcome;
        };
        // Another runner is at work here: see how far it is.
        tracing::debug!(schema = site.schema, file = taken.name, "applied by another runner");
        state = match ledger::read(connection, site).await {
            Ok(state) => state,
            Err(error) => return outcome.with_error(error.into()),
        };
    }
}

/// Applies files until one fails, or another runner was faster: then it is given back.
async fn apply_each<'a>(
    connection: &mut impl Connection,
    site: &Site,
    pending: &[&'a Migration],
    options: &MigrateOptions,
    on_applied: &impl Fn(&str),
    outcome: &mut Outcome,
) -> Option<&'a Migration> {
    for (index, file) in pending.iter().enumerate() {
        let left = || pending[index..].iter().map(|file| file.name.clone()).collect();
        if options.stop.is_stopped() {
            outcome.pending = left();
            return None;
        }
        match apply(connection, site, file).await {
            Ok(()) => {
                on_applied(&file.name);
                outcome.applied.push(file.name.clone());
            }
            Err(NotApplied::AppliedByAnother) => return Some(file),
            Err(NotApplied::Failed(failure)) => {
                outcome.pending = left();
                outcome.error = Some(failure);
                return None;
            }
        }
    }
    None
}

impl Outcome {
    fn failed(failure: Failure) -> Self {
        Self::default().with_error(failure)
    }

    fn pending(files: &[&Migration]) -> Self {
        let pending = files.iter().map(|file| file.name.clone()).collect();
        Self { pending, ..Self::default() }
    }

    fn with_error(mut self, failure: Failure) -> Self {
        self.error = Some(failure);
        self
    }

    fn status(&self, dry_run: bool) -> MigrateStatus {
        match (&self.error, self.pending.is_empty(), self.applied.is_empty()) {
            (Some(_), _, _) => MigrateStatus::Failed,
            (None, false, _) if dry_run => MigrateStatus::Pending,
            (None, false, _) => MigrateStatus::Unfinished,
            (None, true, true) => MigrateStatus::Skipped,
            (None, true, false) => MigrateStatus::Succeeded,
        }
    }

    fn of_tenant(self, id: &TenantId, dry_run: bool) -> TenantReport {
        let status = self.status(dry_run);
        let Self { applied, pending, error } = self;
        TenantReport { id: id.clone(), status, applied, pending, error }
    }

    fn of_shared(self, site: &Site, dry_run: bool) -> SharedReport {
        let status = self.status(dry_run);
        let Self { applied, pending, error } = self;
        SharedReport { schema: site.schema.clone(), status, applied, pending, error }
    }
}

fn summarise(
    options: &MigrateOptions,
    took: Duration,
    shared: Option<SharedReport>,
    tenants: Vec<TenantReport>,
) -> MigrateReport {
    let count = |status| tenants.iter().filter(|tenant| tenant.status == status).count();
    MigrateReport {
        dry_run: options.dry_run,
        total: tenants.len(),
        succeeded: count(MigrateStatus::Succeeded),
        failed: count(MigrateStatus::Failed),
        skipped: count(MigrateStatus::Skipped),
        pending: count(MigrateStatus::Pending),
        unfinished: count(MigrateStatus::Unfinished),
        duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        shared,
        tenants,
    }
}
