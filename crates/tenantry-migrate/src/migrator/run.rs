use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tenantry::{Error, Tenant, TenantId, TenantManager};

use super::{Migrator, bring_up::BringUp, lane::Lane, outcome::Outcome, pace::Pace};
use crate::{
    MigrateOptions, MigrateReport, MigrateStatus, Migrations, Progress, Result, SharedReport,
    TenantReport,
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
    let shared_files =
        if options.shared { Some(Migrations::read_shared(shared_dir)?) } else { None };

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
    let manager = &migrator.manager;
    let site = &migrator.shared_site();
    let mut state = ledger::read(&mut manager.shared(), site).await?;
    let is_missing = state == State::NoSchema;
    if is_missing {
        state = State::NoLedger;
    }
    let outcome = match plan::pending(files, &state, site) {
        Err(failure) => Outcome::failed(*failure),
        Ok(pending) if options.dry_run || pending.is_empty() => Outcome::pending(&pending),
        Ok(_) => {
            let mut session = manager.shared_session().await?;
            let made = match is_missing {
                true => {
                    session.batch(&format!("CREATE SCHEMA IF NOT EXISTS {}", site.quoted)).await
                }
                false => Ok(()),
            };
            match made {
                Ok(()) => {
                    let work = BringUp { manager, options, files, site, tenant: None };
                    work.run(&mut session, state).await
                }
                Err(error) => Outcome::failed(error.into()),
            }
        }
    };
    let report = outcome.of_shared(site, options.dry_run);
    options.tell(Progress::Shared(&report));
    Ok(report)
}

/// A tenant that lacks something.
struct Todo<'a> {
    tenant: &'a Tenant,
    site: &'a Site,
    state: State,
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
            Ok(_) => to_do.push(Todo { tenant, site, state }),
            Err(failure) => {
                reports.push(Outcome::failed(*failure).of_tenant(&tenant.id, options.dry_run));
            }
        }
    }
    options.tell(Progress::Planned { total: tenants.len(), to_do: to_do.len() });
    reports.extend(side_by_side(&migrator.manager, to_do, files, options).await);
    Ok(reports)
}

/// Migrates tenants, some at a time.
async fn side_by_side(
    manager: &TenantManager,
    to_do: Vec<Todo<'_>>,
    files: &Migrations,
    options: &MigrateOptions,
) -> Vec<TenantReport> {
    // One connection stays free, for the listener or for whoever else needs one.
    let budget = manager.config().connection().max_connections;
    let most = options.concurrency.min(budget.saturating_sub(1)).max(1);
    let mut pace = Pace::new(most, Instant::now());
    let mut reports = Vec::with_capacity(to_do.len());
    let mut waiting = to_do.into_iter();
    let mut idle = Vec::new();
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < pace.width()
            && let Some(todo) = waiting.next()
        {
            let mut lane = idle.pop().unwrap_or_else(|| Lane::new(manager.clone()));
            running.push(async move {
                let report = migrate_one(manager, todo, &mut lane, files, options).await;
                (report, lane)
            });
        }
        tokio::select! {
            finished = running.next() => {
                let Some((report, lane)) = finished else {
                    return reports;
                };
                pace.finished(report.applied.len(), Instant::now());
                reports.push(report);
                idle.push(lane);
            }
            () = until(pace.patience()) => pace.waited(Instant::now()),
        }
    }
}

/// Waits for a moment, or for ever.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

async fn migrate_one(
    manager: &TenantManager,
    Todo { tenant, site, state }: Todo<'_>,
    lane: &mut Lane,
    files: &Migrations,
    options: &MigrateOptions,
) -> TenantReport {
    let id = &tenant.id;
    let work = BringUp { manager, options, files, site, tenant: Some(id) };
    let outcome = if options.stop.is_stopped() {
        Outcome::pending(&plan::pending(files, &state, site).unwrap_or_default())
    } else {
        options.tell(Progress::Started(id));
        match lane.session().await {
            Ok(session) => work.run(session, state).await,
            Err(error) => Outcome::failed(error.into()),
        }
    };
    let report = outcome.of_tenant(id, false);
    options.tell(Progress::Finished(&report));
    report
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
