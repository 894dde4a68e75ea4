//! One schema: everything it lacks, one migration after the other.

use std::{sync::Arc, time::Instant};

use tenantry::{SharedSession, TenantId, TenantManager};

use super::{
    lane::Lane,
    outcome::{Again, Outcome},
};
use crate::{
    Atomic, Failure, MigrateOptions, MigrationEvent, Progress,
    apply::{LedgerTable, NotApplied, Opening, Piece, Terms, alone::apply_alone, apply},
    holder::watched,
    ledger::{self, State},
    plan,
    site::Site,
    step::{Body, Series, Step, Work},
};

/// How often the ledger may have changed under us before it is somebody else's turn: another runner
/// that is as fast as we are.
const PATIENCE: usize = 20;

/// What a schema is to be brought up to, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct BringUp<'a> {
    pub(super) manager: &'a TenantManager,
    pub(super) options: &'a MigrateOptions,
    pub(super) series: &'a Series,
    pub(super) terms: &'a Terms<'a>,
    /// Whose schema it is, unless it is the shared one.
    pub(super) tenant: Option<&'a TenantId>,
}

/// What is known of the schema while it is worked on.
struct Standing {
    ledger: LedgerTable,
    /// Whether this session has the schema's lock.
    locked: bool,
    pid: i32,
}

impl BringUp<'_> {
    /// Applies everything the schema lacks, from the state that was read. What is to be done again
    /// later is said beside what was done.
    pub(super) async fn run(
        self,
        lane: &mut Lane,
        state: &Arc<State>,
        outcome: &mut Outcome,
    ) -> Option<Again> {
        let start = Instant::now();
        let again = self.bring_up(lane, state, outcome).await;
        outcome.took += start.elapsed();
        again
    }

    async fn bring_up(
        self,
        lane: &mut Lane,
        state: &Arc<State>,
        outcome: &mut Outcome,
    ) -> Option<Again> {
        let (session, pid) = match lane.begin().await {
            Ok(begun) => begun,
            Err(error) => {
                outcome.error = Some(error.into());
                return None;
            }
        };
        let ledger = match **state {
            State::Ledger(_) => LedgerTable::There,
            _ => LedgerTable::Missing,
        };
        let mut standing = Standing { ledger, locked: false, pid };
        let mut state = Arc::clone(state);
        let mut has_code = false;
        let mut again = None;
        for _ in 0..PATIENCE {
            outcome.pending.clear();
            let order = self.options.order();
            let pending = match plan::pending(self.series, &state, self.site(), order) {
                Ok(pending) => pending,
                Err(failure) => {
                    outcome.error = Some(*failure);
                    break;
                }
            };
            has_code |= pending.iter().any(|step| matches!(step.work, Work::Rust(_)));
            // A ledger that was read together with others' tells nothing certain of how far a
            // migration is that was interrupted.
            let interrupted = state
                .entries()
                .is_some_and(|ledger| pending.iter().any(|step| ledger.contains_key(&step.number)));
            let stopped = if interrupted && !standing.locked {
                match self.lock(session, &mut standing).await {
                    Ok(()) => NotApplied::LedgerChanged,
                    Err(stopped) => stopped,
                }
            } else {
                match self.apply_all(session, &mut standing, &state, &pending, outcome).await {
                    Ok(()) => break,
                    Err(stopped) => stopped,
                }
            };
            match stopped {
                NotApplied::Busy => {
                    again = Some(Again::Busy);
                    break;
                }
                NotApplied::Locked(failure) => {
                    again = Some(Again::Locked(Box::new(failure)));
                    break;
                }
                NotApplied::Failed(failure) => {
                    outcome.error = Some(failure);
                    break;
                }
                NotApplied::LedgerOutdated => standing.ledger = LedgerTable::Outdated,
                NotApplied::LedgerChanged => {
                    tracing::debug!(schema = self.site().schema, "the ledger has changed");
                    // Not in the session, which keeps no prepared statements from one tenant to
                    // the next.
                    match ledger::read(&mut self.manager.shared(), self.site()).await {
                        Ok(read) => {
                            standing.ledger = match read {
                                State::Ledger(_) => LedgerTable::There,
                                _ => LedgerTable::Missing,
                            };
                            state = Arc::new(read);
                        }
                        Err(error) => {
                            outcome.error = Some(error.into());
                            break;
                        }
                    }
                }
            }
        }
        if has_code {
            lane.has_prepared();
        }
        again
    }

    fn site(&self) -> &Site {
        self.terms.site
    }

    async fn lock(
        self,
        session: &mut SharedSession,
        standing: &mut Standing,
    ) -> Result<(), NotApplied> {
        let opening = Opening { lock: true, ledger: LedgerTable::There };
        apply(session, self.terms, &[], opening).await?;
        standing.locked = true;
        Ok(())
    }

    /// Applies migrations until one fails, or finds that the ledger is no longer what was read.
    async fn apply_all(
        self,
        session: &mut SharedSession,
        standing: &mut Standing,
        state: &State,
        pending: &[&Step],
        outcome: &mut Outcome,
    ) -> Result<(), NotApplied> {
        let parts: Vec<&[&Step]> = match self.options.atomic {
            Atomic::Migration => pending.chunks(1).collect(),
            Atomic::Tenant if pending.is_empty() => Vec::new(),
            Atomic::Tenant => vec![pending],
        };
        let mut left = pending;
        for part in parts {
            outcome.pending = left.iter().map(|step| step.name.to_string()).collect();
            if self.options.stop.is_stopped() {
                return Ok(());
            }
            self.apply_part(session, standing, state, part).await?;
            for step in part {
                if let Some(tenant) = self.tenant {
                    self.options.tell(Progress::Applied { tenant, file: &step.name });
                }
                outcome.applied.push(step.name.to_string());
            }
            left = &left[part.len()..];
            outcome.pending.clear();
        }
        Ok(())
    }

    /// Applies what is to be applied together, with its hooks.
    async fn apply_part(
        self,
        session: &mut SharedSession,
        standing: &mut Standing,
        state: &State,
        steps: &[&Step],
    ) -> Result<(), NotApplied> {
        for step in steps {
            let event = self.event(step);
            let ran = self.options.hooks.ran_before_migration(event).await;
            ran.map_err(NotApplied::Failed)?;
        }
        let start = Instant::now();
        let (applied, holders) = watched(
            self.manager,
            standing.pid,
            self.terms.lock_timeout,
            self.send(session, standing, state, steps),
        )
        .await;
        match applied {
            Ok(()) => {}
            Err(NotApplied::Locked(mut failure)) => {
                failure.holders = holders;
                return Err(NotApplied::Locked(failure));
            }
            Err(other) => return Err(other),
        }
        standing.locked = true;
        standing.ledger = LedgerTable::There;
        let took = start.elapsed();
        for step in steps {
            let ran = self.options.hooks.ran_after_migration(self.event(step), took).await;
            ran.map_err(NotApplied::Failed)?;
        }
        Ok(())
    }

    fn event(&self, step: &Step) -> MigrationEvent {
        MigrationEvent { tenant: self.tenant.cloned(), migration: Arc::clone(&step.name) }
    }

    async fn send(
        self,
        session: &mut SharedSession,
        standing: &Standing,
        state: &State,
        steps: &[&Step],
    ) -> Result<(), NotApplied> {
        let opening = Opening { lock: !standing.locked, ledger: standing.ledger };
        let bodies: Vec<Option<Body<'_>>> = steps
            .iter()
            .map(|step| match &step.work {
                Work::Sql(file) => Some(Body::up(file, self.site(), self.tenant)),
                Work::Rust(_) => None,
            })
            .collect();
        let mut pieces = Vec::with_capacity(steps.len());
        for (step, body) in steps.iter().zip(&bodies) {
            match (&step.work, body) {
                (_, Some(body)) if !body.directives().transaction => {
                    if steps.len() > 1 {
                        return Err(NotApplied::Failed(not_together(step)));
                    }
                    let done = match state.entries().and_then(|ledger| ledger.get(&step.number)) {
                        Some(entry) => entry.statements_done(),
                        None => None,
                    };
                    return apply_alone(session, self.terms, (step, body), opening, done).await;
                }
                (_, Some(body)) => pieces.push(Piece::File(step, body)),
                (Work::Rust(code), None) => pieces.push(Piece::Code(step, code.as_ref())),
                (Work::Sql(_), None) => {}
            }
        }
        apply(session, self.terms, &pieces, opening).await
    }
}

fn not_together(step: &Step) -> Failure {
    let message = "it runs without a transaction, so a tenant's migrations cannot all be one";
    Failure::new("MIGRATION_FAILED", message.to_owned())
        .in_file(&step.name)
        .hint("apply it without --atomic tenant")
}
