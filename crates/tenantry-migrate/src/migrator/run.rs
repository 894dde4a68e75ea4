//! A run: what is to be done is read, then tenants are migrated in stages.

mod crew;
pub(super) mod queue;
mod selection;
mod strict;

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use tenantry::Tenant;

pub(crate) use self::selection::Which;

use self::{
    crew::{Crew, Limits, bring_up_alone},
    queue::Todo,
};
use super::{Migrator, bring_up::BringUp, lane::Lane, outcome::Outcome, terms};
use crate::{
    MigrateOptions, MigrateReport, MigrateStatus, OnError, Progress, Result, SharedReport,
    StageDone, TenantReport,
    guard::Schemas,
    ledger::{self, State},
    plan,
    runs::{Recorder, RunRequest},
    site::Site,
    step::{Series, Step},
};

/// What a run came to, before it is summarised.
#[derive(Default)]
struct Ran {
    run: Option<i64>,
    shared: Option<SharedReport>,
    reports: Vec<TenantReport>,
    ended_early: Option<String>,
}

pub(super) async fn run(
    migrator: &Migrator,
    which: Which<'_>,
    options: &MigrateOptions,
    resumed: Option<i64>,
) -> Result<MigrateReport> {
    let start = Instant::now();
    // All files are read before anything runs.
    let series = match which {
        Which::None => None,
        Which::All | Which::These(_) => Some(migrator.tenant_series()?),
    };
    let shared_series = if options.shared { Some(migrator.shared_series()?) } else { None };

    let (tenants, unknown) = migrator.select(which).await?;
    if options.strict {
        let shared = shared_series.as_ref();
        strict::refuse(migrator, series.as_ref(), shared, &tenants, options).await?;
    }
    let mut ran = Ran::default();
    if let Some(series) = &shared_series {
        ran.shared = Some(migrate_shared(migrator, series, options).await?);
    }
    let goes_on = ran.shared.as_ref().is_none_or(|shared| shared.error.is_none());
    if let Some(series) = &series {
        let request = RunRequest::new(&which, options);
        let rollout = Rollout { migrator, series, options, request, resumed };
        rollout.run(tenants, goes_on, &mut ran).await?;
    }
    for (id, failure) in unknown {
        ran.reports.push(Outcome::failed(failure).of_tenant(&id, false));
    }
    ran.reports.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(summarise(options, start.elapsed(), ran))
}

async fn migrate_shared(
    migrator: &Migrator,
    series: &Series,
    options: &MigrateOptions,
) -> Result<SharedReport> {
    let manager = &migrator.manager;
    let site = &migrator.shared_site();
    let mut state = ledger::read(&mut manager.shared(), site).await?;
    let is_missing = state == State::NoSchema;
    if is_missing {
        state = State::NoLedger;
    }
    let outcome = match plan::pending(series, &state, site, options.order()) {
        Err(failure) => Outcome::failed(*failure),
        Ok(pending) if options.dry_run || pending.is_empty() => Outcome::pending(&pending),
        Ok(_) => {
            let made = match is_missing {
                true => {
                    let sql = format!("CREATE SCHEMA IF NOT EXISTS {}", site.quoted);
                    manager.shared().batch_execute(&sql).await
                }
                false => Ok(()),
            };
            match (made, terms(manager.config(), site, None)) {
                (Ok(()), Ok(terms)) => {
                    let work = BringUp { manager, options, series, terms: &terms, tenant: None };
                    let mut lane = Lane::new(manager.clone());
                    let outcome = bring_up_alone(work, &mut lane, &Arc::new(state)).await;
                    if !outcome.applied.is_empty() {
                        // Any tenant's statement may name what is shared.
                        manager.catalog().announce_all_migrated().await?;
                    }
                    outcome
                }
                (Err(error), _) => Outcome::failed(error.into()),
                (_, Err(failure)) => Outcome::failed(*failure),
            }
        }
    };
    let report = outcome.of_shared(site, options.dry_run);
    options.tell(Progress::Shared(&report));
    Ok(report)
}

/// What there is to do.
struct Planned {
    todos: Vec<Todo>,
    /// The names of all that is to be applied.
    files: Vec<String>,
    /// Tenants that cannot be begun: they count as failed before the first stage.
    refused: Vec<TenantReport>,
}

/// The tenants' part of a run.
struct Rollout<'a> {
    migrator: &'a Migrator,
    series: &'a Series,
    options: &'a MigrateOptions,
    request: RunRequest,
    resumed: Option<i64>,
}

impl Rollout<'_> {
    async fn run(self, tenants: Vec<Arc<Tenant>>, goes_on: bool, ran: &mut Ran) -> Result<()> {
        let total = tenants.len();
        let Planned { todos, files, refused } =
            self.plan(tenants, goes_on, &mut ran.reports).await?;
        let to_do = todos.len();
        self.options.tell(Progress::Planned { total, to_do });
        if todos.is_empty() {
            ran.reports.extend(refused);
            return Ok(());
        }
        let manager = &self.migrator.manager;
        let concerned = to_do + refused.len();
        let recorder = match self.options.record {
            true => Recorder::begin(manager, &self.request, files, concerned, self.resumed).await,
            false => Recorder::announcing(manager),
        };
        ran.run = recorder.run();
        if let Some(run) = ran.run {
            self.options.tell(Progress::Recorded { run });
        }
        let most = self.options.max_failures.map(|most| most.of(concerned));
        let mut crew = Crew {
            manager,
            series: self.series,
            options: self.options,
            recorder: &recorder,
            limits: Limits { most, ..Limits::default() },
            reports: Vec::with_capacity(concerned),
        };
        for report in refused {
            crew.count(report).await;
        }
        self.stages(&mut crew, todos, ran).await;
        ran.ended_early = ran.ended_early.take().or(crew.limits.ended);
        // One that was told to stop and had nothing left to do is done.
        let is_left = |report: &TenantReport| report.status == MigrateStatus::Unfinished;
        let stopped = self.options.stop.is_stopped() && crew.reports.iter().any(is_left);
        let failed = crew.limits.failures > 0 || ran.ended_early.is_some();
        ran.reports.append(&mut crew.reports);
        recorder.end(stopped, failed).await;
        Ok(())
    }

    /// What each tenant lacks; those with nothing to do are reported at once.
    async fn plan(
        &self,
        tenants: Vec<Arc<Tenant>>,
        goes_on: bool,
        reports: &mut Vec<TenantReport>,
    ) -> Result<Planned> {
        let options = self.options;
        let sites: Vec<Site> = tenants.iter().map(|tenant| self.migrator.site(tenant)).collect();
        let every_site: Vec<&Site> = sites.iter().collect();
        let states = ledger::read_all(&self.migrator.manager.shared(), &every_site).await?;
        let mut todos = Vec::new();
        let mut files = BTreeSet::new();
        let mut refused = Vec::new();
        for ((tenant, site), state) in tenants.into_iter().zip(sites).zip(states) {
            match plan::pending(self.series, &state, &site, options.order()) {
                Ok(pending) if pending.is_empty() || options.dry_run || !goes_on => {
                    reports.push(Outcome::pending(&pending).of_tenant(&tenant.id, options.dry_run));
                }
                Ok(pending) => {
                    files.extend(pending.iter().map(|step| (step.number, &step.name)));
                    todos.push(Todo::new(tenant, site, state));
                }
                Err(failure) => {
                    let outcome = Outcome::failed(*failure);
                    refused.push(outcome.of_tenant(&tenant.id, options.dry_run));
                }
            }
        }
        if !todos.is_empty() {
            let steps = files.iter().filter_map(|(number, _)| self.series.find(*number));
            check_names(self.migrator, steps).await?;
        }
        let files = files.into_iter().map(|(_, name)| name.to_string()).collect();
        Ok(Planned { todos, files, refused })
    }

    /// One stage after the other, as long as nothing speaks against it.
    async fn stages(&self, crew: &mut Crew<'_>, mut todos: Vec<Todo>, ran: &mut Ran) {
        let total = todos.len();
        let ends = self.options.stages.ends(total);
        let of = ends.len();
        let mut begin = 0;
        for (index, end) in ends.into_iter().enumerate() {
            if begin > 0
                && let Err(why) = self.pass(crew, index, of, total - begin, ran.run).await
            {
                ran.ended_early = Some(why);
                break;
            }
            if of > 1 {
                let stage = Progress::Stage { number: index + 1, of, tenants: end - begin };
                self.options.tell(stage);
            }
            let rest = todos.split_off(end - begin);
            crew.run(std::mem::replace(&mut todos, rest)).await;
            begin = end;
            if self.options.stop.is_stopped() || crew.limits.ended.is_some() {
                break;
            }
        }
        crew.leave(todos).await;
    }

    /// Whether the next stage may begin.
    async fn pass(
        &self,
        crew: &Crew<'_>,
        stage: usize,
        of: usize,
        left: usize,
        run: Option<i64>,
    ) -> Result<(), String> {
        let failed = crew.limits.failures;
        let borne = crew.limits.most.is_some() || self.options.on_error == Some(OnError::Continue);
        if failed > 0 && !borne {
            let plural = if failed == 1 { "" } else { "s" };
            return Err(format!("{failed} tenant{plural} failed in stage {stage} of {of}"));
        }
        if let Some(pause) = self.options.stages.pause_between() {
            tracing::info!(stage, ?pause, "waiting before the next stage");
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.options.stop.stopped() => return Ok(()),
            }
        }
        let done = StageDone { run, stage, of, done: crew.reports.len(), failed, left };
        tokio::select! {
            passed = self.options.gate.pass(done) => {
                passed.map_err(|error| format!("after stage {stage} of {of}: {error}"))
            }
            () = self.options.stop.stopped() => Ok(()),
        }
    }
}

/// Refuses files that name a tenant's schema, up or down, before anything runs.
pub(super) async fn check_names(
    migrator: &Migrator,
    steps: impl Iterator<Item = &Step> + Clone,
) -> Result<()> {
    if !steps.clone().any(Step::names_schemas) {
        return Ok(());
    }
    let all = migrator.manager.catalog().list().await?;
    let schemas = Schemas::of(all.iter().map(|tenant| &**tenant));
    for step in steps {
        schemas.check(step)?;
    }
    Ok(())
}

fn summarise(options: &MigrateOptions, took: Duration, ran: Ran) -> MigrateReport {
    let Ran { run, shared, reports: tenants, ended_early } = ran;
    let count = |status| tenants.iter().filter(|tenant| tenant.status == status).count();
    MigrateReport {
        run,
        dry_run: options.dry_run,
        total: tenants.len(),
        succeeded: count(MigrateStatus::Succeeded),
        failed: count(MigrateStatus::Failed),
        skipped: count(MigrateStatus::Skipped),
        pending: count(MigrateStatus::Pending),
        unfinished: count(MigrateStatus::Unfinished),
        gone: count(MigrateStatus::Gone),
        duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        ended_early,
        shared,
        tenants,
    }
}
