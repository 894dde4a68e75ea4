//! Tenants side by side.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tenantry::{Error, Tenant, TenantManager};

use super::queue::{self, Queue, Todo};
use crate::{
    Failure, MigrateOptions, OnError, Progress, TenantReport,
    ledger::{self, State},
    migrator::{
        bring_up::BringUp,
        lane::Lane,
        outcome::{Again, Outcome},
        pace::Pace,
    },
    plan,
    runs::Recorder,
    site::Site,
    step::Series,
};

/// What migrates tenants, some at a time.
pub(super) struct Crew<'a> {
    pub(super) manager: &'a TenantManager,
    pub(super) series: &'a Series,
    pub(super) options: &'a MigrateOptions,
    pub(super) recorder: &'a Recorder,
    pub(super) limits: Limits,
    pub(super) reports: Vec<TenantReport>,
}

/// How many failures a run bears.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// How many may fail.
    pub(super) most: Option<usize>,
    pub(super) failures: usize,
    /// Why no other tenant is begun.
    pub(super) ended: Option<String>,
}

impl Crew<'_> {
    /// Migrates these, and adds what came of them to the reports.
    pub(super) async fn run(&mut self, todos: Vec<Todo>) {
        // One connection stays free, for the listener or for whoever else needs one.
        let budget = self.manager.config().connection().max_connections;
        let most = self.options.concurrency.min(budget.saturating_sub(1)).max(1);
        let mut pace = Pace::new(most, Instant::now());
        let mut queue = Queue::new(todos);
        let mut idle = Vec::new();
        let mut running = FuturesUnordered::new();
        let this = Worker { manager: self.manager, series: self.series, options: self.options };
        loop {
            let goes_on = self.limits.ended.is_none() && !self.options.stop.is_stopped();
            while goes_on
                && running.len() < pace.width()
                && let Some(todo) = queue.next(Instant::now())
            {
                let mut lane = idle.pop().unwrap_or_else(|| Lane::new(self.manager.clone()));
                running.push(async move {
                    let (todo, again) = this.attempt(todo, &mut lane).await;
                    (todo, again, lane)
                });
            }
            // A lane without work gives its session back, and with it the last tenant's lock.
            idle.clear();
            if running.is_empty() && (!goes_on || queue.due().is_none()) {
                break;
            }
            tokio::select! {
                Some((todo, again, lane)) = running.next() => {
                    idle.push(lane);
                    self.settle(todo, again, &mut queue, &mut pace).await;
                }
                () = until(queue.due().filter(|_| goes_on)) => {}
                () = until(pace.patience()) => pace.waited(Instant::now()),
                () = self.options.stop.stopped(), if goes_on => {}
            }
        }
        self.leave(queue.drain().collect()).await;
    }

    /// These are not begun any more, or not tried again.
    pub(super) async fn leave(&mut self, todos: Vec<Todo>) {
        let Self { manager, series, options, .. } = *self;
        let worker = Worker { manager, series, options };
        for todo in todos {
            let left = worker.left(todo);
            self.report(left).await;
        }
    }

    /// What came of one attempt.
    async fn settle(
        &mut self,
        mut todo: Todo,
        again: Option<Again>,
        queue: &mut Queue,
        pace: &mut Pace,
    ) {
        let config = self.manager.config().migrations();
        match again {
            Some(Again::Busy) => return queue.busy(todo, Instant::now()),
            Some(Again::Locked(failure)) if todo.attempts < config.lock_attempts => {
                let (tenant, attempts) = (&todo.tenant.id, todo.attempts);
                tracing::info!(%tenant, attempts, error = failure.message, "locked: tried again later");
                let waiting = Progress::Waiting { tenant, attempts, failure: &failure };
                self.options.tell(waiting);
                return queue.locked(todo, config.lock_delay, Instant::now());
            }
            Some(Again::Locked(failure)) => {
                todo.outcome.error = Some(given_up(*failure, todo.attempts));
            }
            None => {}
        }
        pace.finished(todo.outcome.applied.len(), Instant::now());
        self.report(todo).await;
    }

    /// One tenant is done with, or left.
    async fn report(&mut self, todo: Todo) {
        let Todo { tenant, mut outcome, begun, .. } = todo;
        if begun && outcome.error.is_none() {
            let report = outcome.clone_as(&tenant.id);
            outcome.error = self.options.hooks.ran_after_tenant(&report).await.err();
        } else if begun {
            let report = outcome.clone_as(&tenant.id);
            if let Err(failure) = self.options.hooks.ran_after_tenant(&report).await {
                tracing::error!(tenant = %tenant.id, %failure, "after a failure");
            }
        }
        let report = outcome.of_tenant(&tenant.id, false);
        self.options.tell(Progress::Finished(&report));
        self.count(report).await;
    }

    /// Takes a report, and says whether the run goes on after it.
    pub(super) async fn count(&mut self, report: TenantReport) {
        if let Some(failure) = &report.error {
            self.limits.failures += 1;
            let decision = self.options.hooks.decide(&report.id, failure).await;
            let limits = &mut self.limits;
            if decision.or(self.options.on_error) == Some(OnError::Abort) {
                limits.end(format!("{} failed, and the run was to end then", report.id));
            } else if limits.most.is_some_and(|most| limits.failures > most) {
                let failures = limits.failures;
                limits.end(format!("{failures} tenants failed, more than were to be borne"));
            }
        }
        self.recorder.finished(&report);
        self.reports.push(report);
    }
}

impl Limits {
    fn end(&mut self, why: String) {
        self.ended.get_or_insert(why);
    }
}

/// What one attempt at a tenant needs.
#[derive(Clone, Copy)]
struct Worker<'a> {
    manager: &'a TenantManager,
    series: &'a Series,
    options: &'a MigrateOptions,
}

impl Worker<'_> {
    async fn attempt(self, mut todo: Todo, lane: &mut Lane) -> (Todo, Option<Again>) {
        if !todo.begun {
            todo.begun = true;
            self.options.tell(Progress::Started(&todo.tenant.id));
            if let Err(failure) = self.options.hooks.ran_before_tenant(&todo.tenant.id).await {
                todo.outcome.error = Some(failure);
                return (todo, None);
            }
        }
        todo.attempts += 1;
        let mut again = self.bring_up(&mut todo, lane).await;
        // Dropped, or given another name, while the run was under way.
        for _ in 0..3 {
            let missing = todo.outcome.error.as_ref().map(|error| error.code);
            if missing != Some("SCHEMA_MISSING") {
                break;
            }
            match self.look_again(&todo.tenant).await {
                Ok(Found::Elsewhere(tenant)) => {
                    todo.site = Site::of_tenant(
                        tenant.placement.schema.as_identifier(),
                        self.manager.config(),
                    );
                    todo.tenant = tenant;
                    todo.outcome.error = None;
                    match ledger::read(&mut self.manager.shared(), &todo.site).await {
                        Ok(state) => todo.state = Arc::new(state),
                        Err(error) => {
                            todo.outcome.error = Some(error.into());
                            break;
                        }
                    }
                    again = self.bring_up(&mut todo, lane).await;
                }
                Ok(Found::Gone) => {
                    todo.outcome = Outcome::gone();
                    break;
                }
                Ok(Found::AsItWas) => break,
                Err(error) => {
                    todo.outcome.error = Some(error.into());
                    break;
                }
            }
        }
        if matches!(again, Some(Again::Busy)) {
            todo.attempts -= 1;
        }
        (todo, again)
    }

    async fn bring_up(self, todo: &mut Todo, lane: &mut Lane) -> Option<Again> {
        let Self { manager, series, options } = self;
        let tenant = &todo.tenant.id;
        let terms = match crate::migrator::terms(manager.config(), &todo.site, Some(tenant)) {
            Ok(terms) => terms,
            Err(failure) => {
                todo.outcome.error = Some(*failure);
                return None;
            }
        };
        let work = BringUp { manager, options, series, terms: &terms, tenant: Some(tenant) };
        work.run(lane, &todo.state, &mut todo.outcome).await
    }

    async fn look_again(self, tenant: &Tenant) -> tenantry::Result<Found> {
        match self.manager.catalog().get(&tenant.id).await {
            Ok(found) if found.placement.schema == tenant.placement.schema => Ok(Found::AsItWas),
            Ok(found) => Ok(Found::Elsewhere(found)),
            Err(Error::TenantNotFound(_)) => Ok(Found::Gone),
            Err(error) => Err(error),
        }
    }

    /// One that is not tried any more.
    fn left(self, mut todo: Todo) -> Todo {
        if todo.outcome.pending.is_empty() {
            let order = self.options.order();
            let pending = plan::pending(self.series, &todo.state, &todo.site, order);
            todo.outcome.pending =
                pending.unwrap_or_default().iter().map(|step| step.name.to_string()).collect();
        }
        todo
    }
}

/// Where a tenant is whose schema isn't there.
enum Found {
    /// Where it was.
    AsItWas,
    Elsewhere(Arc<Tenant>),
    Gone,
}

fn given_up(mut failure: Failure, attempts: u32) -> Failure {
    failure.code = "LOCK_TIMEOUT";
    let times = if attempts == 1 { "once".to_owned() } else { format!("{attempts} times") };
    let hint = match failure.holders.is_empty() {
        true => "run it again when nobody works with it",
        false => "end that, or wait for it, and run this again",
    };
    failure.hint = Some(format!("it was tried {times} (migrations.lock_attempts); {hint}"));
    failure
}

/// Waits for a moment, or for ever.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

/// Brings up the shared schema, which nobody else does: another runner is waited for.
pub(super) async fn bring_up_alone(
    work: BringUp<'_>,
    lane: &mut Lane,
    state: &Arc<State>,
) -> Outcome {
    let mut outcome = Outcome::default();
    let config = work.manager.config().migrations();
    let mut attempts = 0;
    let mut encounters = 0_u32;
    loop {
        let wait = match work.run(lane, state, &mut outcome).await {
            None => return outcome,
            Some(_) if work.options.stop.is_stopped() => return outcome,
            Some(Again::Busy) => {
                encounters += 1;
                Duration::from_millis(20) * 2_u32.pow(encounters.min(5))
            }
            Some(Again::Locked(failure)) => {
                attempts += 1;
                if attempts >= config.lock_attempts {
                    return outcome.with_error(given_up(*failure, attempts));
                }
                queue::pause(config.lock_delay, attempts)
            }
        };
        tokio::time::sleep(wait).await;
    }
}
