//! Which tenants wait, and which of them for how long.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use tenantry::Tenant;

use crate::{ledger::State, migrator::outcome::Outcome, site::Site};

/// How long to wait before looking again whether another runner is done with a tenant.
const BUSY_FIRST: Duration = Duration::from_millis(20);
const BUSY_LONGEST: Duration = Duration::from_secs(1);
/// The longest wait for a tenant that somebody has locked.
const LOCKED_LONGEST: Duration = Duration::from_secs(60);

/// A tenant that lacks something.
#[derive(Debug)]
pub(in crate::migrator) struct Todo {
    pub(in crate::migrator) tenant: Arc<Tenant>,
    pub(in crate::migrator) site: Site,
    pub(in crate::migrator) state: Arc<State>,
    pub(in crate::migrator) outcome: Outcome,
    /// Whether it was begun.
    pub(in crate::migrator) begun: bool,
    /// How often somebody had a lock.
    pub(in crate::migrator) attempts: u32,
    /// How often another runner was at work.
    pub(in crate::migrator) encounters: u32,
}

impl Todo {
    pub(in crate::migrator) fn new(tenant: Arc<Tenant>, site: Site, state: Arc<State>) -> Self {
        let outcome = Outcome::default();
        Self { tenant, site, state, outcome, begun: false, attempts: 0, encounters: 0 }
    }
}

/// Those that wait: in turn, and behind them those that are to be tried again when their time comes.
#[derive(Debug, Default)]
pub(super) struct Queue {
    ready: VecDeque<Todo>,
    delayed: Vec<(Instant, Todo)>,
}

impl Queue {
    pub(super) fn new(todos: Vec<Todo>) -> Self {
        Self { ready: todos.into(), delayed: Vec::new() }
    }

    /// The next one. Whoever is to be tried again goes behind those that have not been, unless it
    /// is the only one whose time has come.
    pub(super) fn next(&mut self, now: Instant) -> Option<Todo> {
        if let Some(todo) = self.ready.pop_front() {
            return Some(todo);
        }
        let due = self.delayed.iter().position(|(when, _)| *when <= now)?;
        Some(self.delayed.swap_remove(due).1)
    }

    /// When the next one may be tried again, if none is ready.
    pub(super) fn due(&self) -> Option<Instant> {
        match self.ready.is_empty() {
            true => self.delayed.iter().map(|(when, _)| *when).min(),
            false => None,
        }
    }

    /// Another runner has it: look again soon.
    pub(super) fn busy(&mut self, mut todo: Todo, now: Instant) {
        let wait = BUSY_FIRST * 2_u32.pow(todo.encounters.min(10));
        todo.encounters += 1;
        self.delayed.push((now + wait.min(BUSY_LONGEST), todo));
    }

    /// Somebody has it locked: try again later, and each time later still.
    pub(super) fn locked(&mut self, todo: Todo, first: Duration, now: Instant) {
        let doubled = 2_u32.pow(todo.attempts.saturating_sub(1).min(20));
        let wait = first.saturating_mul(doubled).min(LOCKED_LONGEST);
        self.delayed.push((now + wait, todo));
    }

    /// All that are left.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Todo> {
        self.ready.drain(..).chain(self.delayed.drain(..).map(|(_, todo)| todo))
    }
}
