//! Undoing migrations.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{FutureExt, StreamExt, stream};
use tenantry::{SharedSession, TenantId};

use super::{
    Migrator,
    lane::Lane,
    run::{Which, check_names, queue},
    terms,
};
use crate::{
    Failure, MigrateOptions, MigrateStatus, Progress as Told, Result, RollbackReport,
    SharedRollback, TenantRollback,
    apply::{LedgerTable, NotApplied, Opening, Piece, Terms, Way, alone::undo_alone, apply},
    holder::watched,
    ledger::{self, Entry, State},
    naming,
    site::Site,
    step::{Body, Series, Step, Work},
};

impl Migrator {
    /// Undoes what was applied after a migration, in these tenants or in all: the newest first,
    /// each in one transaction with its row in the ledger. `to` stays applied; `"0"` undoes all.
    ///
    /// A tenant with a migration among them that has no way down fails before any of its is undone.
    /// Of the options, the concurrency, the dry run, what stops it and what hears of progress are
    /// taken.
    ///
    /// # Errors
    ///
    /// As [`migrate_all`](Self::migrate_all), and
    /// [`MigrateError::Failed`](crate::MigrateError::Failed) with `MIGRATION_UNKNOWN`.
    pub async fn rollback(
        &self,
        ids: Option<&[TenantId]>,
        to: &str,
        options: &MigrateOptions,
    ) -> Result<RollbackReport> {
        let start = Instant::now();
        let series = self.tenant_series()?;
        let last = last(&series, to)?;
        check_names(self, series.steps().iter().filter(|step| step.number > last)).await?;
        let (tenants, unknown) = self.select(ids.map_or(Which::All, Which::These)).await?;
        let sites: Vec<Site> = tenants.iter().map(|tenant| self.site(tenant)).collect();
        let every_site: Vec<&Site> = sites.iter().collect();
        let states = ledger::read_all(&self.manager.shared(), &every_site).await?;
        let back = Back { migrator: self, series: &series, last, options };
        let todo: Vec<_> = tenants.into_iter().zip(sites).zip(states).collect();
        let going: Vec<TenantId> = todo
            .iter()
            .filter(|((_, site), state)| back.plan(site, state).is_ok_and(|plan| !plan.is_empty()))
            .map(|((tenant, _), _)| tenant.id.clone())
            .collect();
        options.tell(Told::Planned { total: todo.len(), to_do: going.len() });
        if !options.dry_run && !going.is_empty() {
            // Whoever relies on what goes away is to ask again, before it does and after.
            self.manager.catalog().announce_migrated(&going).await?;
        }
        let budget = self.manager.config().connection().max_connections;
        let most = options.concurrency.min(budget.saturating_sub(1)).clamp(1, 4);
        let work: Vec<_> = todo
            .into_iter()
            .map(|((tenant, site), state)| {
                async move {
                    let undone = back.undo_all(Some(&tenant.id), &site, state).await;
                    undone.of_tenant(tenant.id.clone())
                }
                .boxed()
            })
            .collect();
        let mut done: Vec<TenantRollback> =
            stream::iter(work).buffer_unordered(most).collect().await;
        if !options.dry_run && !going.is_empty() {
            self.manager.catalog().announce_migrated(&going).await?;
        }
        done.extend(unknown.into_iter().map(|(id, failure)| Undone::failed(failure).of_tenant(id)));
        done.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(summarise(options, start, None, done))
    }

    /// Undoes what was applied to the shared schema after a migration, as
    /// [`rollback`](Self::rollback) does with a tenant's. What tenants have built on it is not
    /// looked at: PostgreSQL refuses what their tables depend on, and their code is theirs.
    ///
    /// # Errors
    ///
    /// As [`rollback`](Self::rollback).
    pub async fn rollback_shared(
        &self,
        to: &str,
        options: &MigrateOptions,
    ) -> Result<RollbackReport> {
        let start = Instant::now();
        let series = self.shared_series()?;
        let back = Back { migrator: self, series: &series, last: last(&series, to)?, options };
        let site = self.shared_site();
        let state = Arc::new(ledger::read(&mut self.manager.shared(), &site).await?);
        let catalog = self.manager.catalog();
        let goes = !options.dry_run && back.plan(&site, &state).is_ok_and(|plan| !plan.is_empty());
        if goes {
            // Any tenant's statement may name what is shared.
            catalog.announce_all_migrated().await?;
        }
        let undone = back.undo_all(None, &site, state).await;
        if goes {
            catalog.announce_all_migrated().await?;
        }
        Ok(summarise(options, start, Some(undone.of_shared(&site)), Vec::new()))
    }
}

/// The number of the migration that stays, by what the caller calls it.
fn last(series: &Series, to: &str) -> Result<i64> {
    match to {
        "0" => Ok(i64::MIN),
        name => Ok(naming::find(series, name)?.number),
    }
}

fn summarise(
    options: &MigrateOptions,
    start: Instant,
    shared: Option<SharedRollback>,
    tenants: Vec<TenantRollback>,
) -> RollbackReport {
    let count = |status| tenants.iter().filter(|tenant| tenant.status == status).count();
    RollbackReport {
        dry_run: options.dry_run,
        total: tenants.len(),
        succeeded: count(MigrateStatus::Succeeded),
        failed: count(MigrateStatus::Failed),
        skipped: count(MigrateStatus::Skipped),
        unfinished: count(MigrateStatus::Unfinished),
        duration_ms: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        shared,
        tenants,
    }
}

/// What came of one schema.
struct Undone {
    status: MigrateStatus,
    undone: Vec<String>,
    pending: Vec<String>,
    error: Option<Failure>,
}

impl Undone {
    fn failed(failure: Failure) -> Self {
        let (undone, pending) = (Vec::new(), Vec::new());
        Self { status: MigrateStatus::Failed, undone, pending, error: Some(failure) }
    }

    fn of_tenant(self, id: TenantId) -> TenantRollback {
        let Self { status, undone, pending, error } = self;
        TenantRollback { id, status, undone, pending, error }
    }

    fn of_shared(self, site: &Site) -> SharedRollback {
        let Self { status, undone, pending, error } = self;
        SharedRollback { schema: site.schema.clone(), status, undone, pending, error }
    }
}

/// How far back, and how.
#[derive(Clone, Copy)]
struct Back<'a> {
    migrator: &'a Migrator,
    series: &'a Series,
    last: i64,
    options: &'a MigrateOptions,
}

impl<'a> Back<'a> {
    /// What is to be undone, the newest first.
    fn plan(&self, site: &Site, state: &State) -> Result<Vec<&'a Step>, Box<Failure>> {
        let ledger = match state {
            State::NoLedger => return Ok(Vec::new()),
            State::Ledger(ledger) => ledger,
            State::Unreadable(failure) => return Err(Box::new(failure.clone())),
            State::NoSchema => {
                let message = format!("the schema {} does not exist", site.quoted);
                return Err(Box::new(Failure::new("SCHEMA_MISSING", message)));
            }
        };
        let mut plan = Vec::new();
        let mut no_way = Vec::new();
        for (number, entry) in ledger.iter().rev().filter(|(number, _)| **number > self.last) {
            if !entry.is_finished() && entry.statements_undone().is_none() {
                let message = "it was not finished, so what there is to undo is not known";
                let failure = Failure::new("MIGRATION_UNFINISHED", message.to_owned());
                let (_, one) = site.flags();
                return Err(Box::new(failure.in_file(&entry.name).hint(format!(
                    "run it again, or set its row right: tenantry repair --applied {one}, or \
                     tenantry repair --clear {one}"
                ))));
            }
            match self.series.find(*number) {
                Some(step) if step.has_down() => plan.push(step),
                _ => no_way.push(entry.name.as_str()),
            }
        }
        if no_way.is_empty() {
            return Ok(plan);
        }
        let message = format!("there is no way down from {}", no_way.join(", "));
        Err(Box::new(Failure::new("NO_WAY_DOWN", message).hint(
            "write what undoes it, in a file beside it that is named .down.sql; or go forward, \
             with a new migration",
        )))
    }

    async fn undo_all(self, id: Option<&TenantId>, site: &Site, state: Arc<State>) -> Undone {
        let mut undone = Vec::new();
        let (pending, error) = match self.plan(site, &state) {
            Err(failure) => (Vec::new(), Some(*failure)),
            Ok(plan) if self.options.dry_run || plan.is_empty() => {
                (plan.iter().map(|step| step.name.to_string()).collect(), None)
            }
            Ok(_) => {
                if let Some(id) = id {
                    self.options.tell(Told::Started(id));
                }
                self.undo(id, site, state, &mut undone).await
            }
        };
        let status = match (&error, pending.is_empty(), undone.is_empty()) {
            (Some(_), _, _) => MigrateStatus::Failed,
            (None, false, _) if self.options.dry_run => MigrateStatus::Pending,
            (None, false, _) => MigrateStatus::Unfinished,
            (None, true, true) => MigrateStatus::Skipped,
            (None, true, false) => MigrateStatus::Succeeded,
        };
        Undone { status, undone, pending, error }
    }

    /// Undoes everything; what is left, and why.
    async fn undo(
        self,
        id: Option<&TenantId>,
        site: &Site,
        mut state: Arc<State>,
        undone: &mut Vec<String>,
    ) -> (Vec<String>, Option<Failure>) {
        let manager = &self.migrator.manager;
        let mut terms = match terms(manager.config(), site, id) {
            Ok(terms) => terms,
            Err(failure) => return (Vec::new(), Some(*failure)),
        };
        terms.way = Way::Down;
        let config = manager.config().migrations();
        let mut lane = Lane::new(manager.clone());
        let (mut attempts, mut encounters) = (0_u32, 0_u32);
        loop {
            let plan = match self.plan(site, &state) {
                Ok(plan) => plan,
                Err(failure) => return (Vec::new(), Some(*failure)),
            };
            let Some(step) = plan.first() else { return (Vec::new(), None) };
            let left = || plan.iter().map(|step| step.name.to_string()).collect();
            if self.options.stop.is_stopped() {
                return (left(), None);
            }
            let (session, pid) = match lane.begin().await {
                Ok(begun) => begun,
                Err(error) => return (left(), Some(error.into())),
            };
            let done = state.entries().and_then(|ledger| ledger.get(&step.number));
            let done = done.and_then(Entry::statements_undone);
            let undoing = self.step(session, &terms, step, done);
            let (ran, holders) = watched(manager, pid, terms.lock_timeout, undoing).await;
            if matches!(step.work, Work::Rust(_)) {
                lane.has_prepared();
            }
            match ran {
                Ok(()) => {
                    if let Some(tenant) = id {
                        self.options.tell(Told::Applied { tenant, file: &step.name });
                    }
                    undone.push(step.name.to_string());
                }
                Err(NotApplied::LedgerChanged | NotApplied::LedgerOutdated) => {}
                Err(NotApplied::Busy) => {
                    encounters += 1;
                    let wait = Duration::from_millis(20) * 2_u32.pow(encounters.min(5));
                    tokio::time::sleep(wait).await;
                }
                Err(NotApplied::Locked(mut failure)) => {
                    attempts += 1;
                    if attempts >= config.lock_attempts {
                        failure.code = "LOCK_TIMEOUT";
                        failure.holders = holders;
                        return (left(), Some(failure));
                    }
                    tokio::time::sleep(queue::pause(config.lock_delay, attempts)).await;
                }
                Err(NotApplied::Failed(failure)) => return (left(), Some(failure)),
            }
            state = match ledger::read(&mut manager.shared(), site).await {
                Ok(state) => Arc::new(state),
                Err(error) => return (left(), Some(error.into())),
            };
        }
    }

    async fn step(
        self,
        session: &mut SharedSession,
        terms: &Terms<'_>,
        step: &Step,
        done: Option<usize>,
    ) -> Result<(), NotApplied> {
        let opening = Opening { lock: true, ledger: LedgerTable::There };
        match &step.work {
            Work::Sql(file) => {
                let Some(body) = Body::down(file, terms.site, terms.tenant) else {
                    let message = format!("there is no way down from {}", step.name);
                    return Err(NotApplied::Failed(Failure::new("NO_WAY_DOWN", message)));
                };
                if !body.directives().transaction {
                    return undo_alone(session, terms, (step, &body), opening, done).await;
                }
                apply(session, terms, &[Piece::File(step, &body)], opening).await
            }
            Work::Rust(code) => {
                apply(session, terms, &[Piece::Code(step, code.as_ref())], opening).await
            }
        }
    }
}
