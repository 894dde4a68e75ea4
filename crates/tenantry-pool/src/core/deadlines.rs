//! Who is to be looked at when: the end of each waiting caller's time, and of its patience.
//!
//! Timers of the callers' own are a third of what it costs to wait for a connection: each is entered
//! into the runtime's wheel and taken out again, under its lock. But all wait for the same time, so
//! that their deadlines are in the order in which they came, and one task that sleeps until the first
//! of them can keep the time for all.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::{Action, Core, Ticket};
use crate::Driver;

/// How many entries of callers who no longer wait are kept, beside as many as do.
const SLACK: usize = 64;

/// The deadlines of callers, each of which is the same time after it came: the first one is the next.
///
/// A caller that no longer waits stays in here until it is the first, or they are too many.
#[derive(Debug, Default)]
pub(crate) struct Deadlines(VecDeque<(Instant, Ticket)>);

impl Deadlines {
    /// Notes a deadline. `waits` says whether a caller still does, of whom `waiting` do.
    fn push(
        &mut self,
        at: Instant,
        ticket: Ticket,
        waiting: usize,
        waits: impl Fn(Ticket) -> bool,
    ) {
        while self.0.front().is_some_and(|(_, ticket)| !waits(*ticket)) {
            self.0.pop_front();
        }
        if self.0.len() >= 2 * waiting + SLACK {
            self.0.retain(|(_, ticket)| waits(*ticket));
        }
        self.0.push_back((at, ticket));
    }

    /// Takes out the next caller whose deadline has come, and who still waits.
    fn pop(&mut self, now: Instant, waits: impl Fn(Ticket) -> bool) -> Option<Ticket> {
        loop {
            let (at, ticket) = *self.0.front()?;
            let still_waits = waits(ticket);
            if still_waits && at > now {
                return None;
            }
            self.0.pop_front();
            if still_waits {
                return Some(ticket);
            }
        }
    }

    /// The next deadline.
    fn next(&self) -> Option<Instant> {
        self.0.front().map(|(at, _)| *at)
    }
}

impl<D: Driver> Core<D> {
    /// A caller waits since `now`, for its home connection until `patient_until`. Whether whoever
    /// keeps the time has to look at [`due`](Self::due) anew, because it would look too late.
    pub(super) fn keep_time(
        &mut self,
        ticket: Ticket,
        patient_until: Option<Instant>,
        now: Instant,
    ) -> bool {
        let waiting = self.waiters.len();
        let waits = |ticket| self.waiters.get(ticket).is_some();
        let end = now + self.config.acquire_timeout;
        self.timeouts.push(end, ticket, waiting, waits);
        let patient_until = patient_until.filter(|until| *until < end);
        if let Some(until) = patient_until {
            self.patience.push(until, ticket, waiting, waits);
        }
        let first = patient_until.unwrap_or(end);
        let is_late = self.looked_at.is_none_or(|at| at > first);
        if is_late {
            self.looked_at = Some(first);
        }
        is_late
    }

    /// Sends away those whose time is up by `now`, and has those whose patience is at its end take any
    /// connection. When to call this again, unless [`Acquired::Wait`](super::Acquired::Wait) says
    /// sooner; `None` while nobody waits.
    pub(crate) fn due(&mut self, now: Instant, out: &mut Vec<Action<D>>) -> Option<Instant> {
        while let Some(ticket) = self.patience.pop(now, |ticket| self.waiters.get(ticket).is_some())
        {
            self.impatient(ticket, now, out);
        }
        while let Some(ticket) = self.timeouts.pop(now, |ticket| self.waiters.get(ticket).is_some())
        {
            self.timeout(ticket, now, out);
        }
        self.looked_at = self.patience.next().into_iter().chain(self.timeouts.next()).min();
        self.looked_at
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, time::Duration};

    use super::*;
    use crate::{
        Target,
        core::{servers::ServerIx, targets::Targets},
    };

    #[test]
    fn those_who_no_longer_wait_take_little_room() {
        let mut targets = Targets::new(1);
        let start = Instant::now();
        let id = Target::new(()).id();
        let target = targets.insert(id, true, ServerIx::default(), start);
        let mut deadlines = Deadlines::default();
        // The first one waits for ever; everybody after it is served at once.
        let last = Cell::new(0);
        let waits = |ticket: Ticket| ticket.number == 0 || ticket.number == last.get();
        for number in 0..100_000 {
            last.set(number);
            let at = start + Duration::from_micros(number);
            deadlines.push(at, Ticket { target, number }, 2, waits);
            assert!(deadlines.0.len() <= 2 * 2 + SLACK + 1);
        }
        let end = start + Duration::from_secs(1);
        let numbers: Vec<_> = std::iter::from_fn(|| deadlines.pop(end, waits)).collect();
        assert_eq!(numbers.iter().map(|ticket| ticket.number).collect::<Vec<_>>(), [0, 99_999]);
    }
}
