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
/// The longest pause before a tenant that somebody has locked is tried again, unless the first is
/// longer: each attempt waits for some seconds by itself, and when the lock is let go of, the tenant
/// is not to be kept waiting.
const LOCKED_LONGEST: Duration = Duration::from_secs(5);

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
        self.delayed.push((now + pause(first, todo.attempts), todo));
    }

    /// All that are left.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Todo> {
        self.ready.drain(..).chain(self.delayed.drain(..).map(|(_, todo)| todo))
    }
}

/// How long to wait after so many attempts at what somebody has locked: twice as long each time.
pub(in crate::migrator) fn pause(first: Duration, attempts: u32) -> Duration {
    let doubled = first.saturating_mul(2_u32.pow(attempts.saturating_sub(1).min(20)));
    doubled.min(LOCKED_LONGEST.max(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_none_is_long() {
        let seconds = |first, attempts| pause(Duration::from_secs(first), attempts).as_secs();
        assert_eq!([1, 2, 3, 4, 5, 40].map(|attempts| seconds(1, attempts)), [1, 2, 4, 5, 5, 5]);
        assert_eq!([1, 2].map(|attempts| seconds(30, attempts)), [30, 30], "as it was set");
    }
}
