//! When a connection is opened, and whose place it takes.

use std::{ops::Bound, time::Duration};

use tokio::time::Instant;

use super::{
    Action, Core,
    servers::ServerIx,
    slots::{Kind, State},
};
use crate::{AcquireError, CloseReason, ConnectFailure, Driver, fault};

/// After a failure to connect, while other connections work, the next attempt waits this long.
const BACKOFF: Duration = Duration::from_millis(250);

/// A connection that comes back is closed to make room for one to another server when the first in
/// turn there has waited so many times as long as the first in turn here, counted in numbers drawn,
/// and longer by what may be served out of turn.
///
/// A change costs a connection, which takes as long as many statements. Twice as long makes changes
/// rarer the more callers wait, and still keeps nobody waiting for more than that.
const TIMES_AS_LONG: u64 = 2;

impl<D: Driver> Core<D> {
    /// Opens as many connections as waiters need and the budget allows, to servers in the order
    /// of their turns. Where the budget is full of connections to other servers, one that is idle
    /// gives way.
    pub(super) fn open_where_needed(&mut self, now: Instant, out: &mut Vec<Action<D>>) {
        let mut after = Bound::Unbounded;
        // How many of those who wait are to get the place of a connection being closed.
        let mut unmet = 0;
        while !self.closed && self.slots.count(Kind::Vacant) + self.slots.count(Kind::Idle) > 0 {
            let next = self.servers.heads().range((after, Bound::Unbounded)).next();
            let Some((&turn, &server)) = next else { return };
            after = Bound::Excluded(turn);
            if !self.servers[server].may_open(now) {
                continue;
            }
            while self.servers[server].unmet() > 0
                && let Some(slot) = self.slots.vacant()
            {
                self.open(slot, server, out);
            }
            unmet += self.servers[server].unmet();
            while self.slots.count(Kind::Closing) < unmet {
                let Some(slot) = self.slots.longest_idle_elsewhere(server) else { break };
                let connection = self.take_idle(slot, State::Closing).expect("it is idle");
                self.close(slot, connection, CloseReason::MakeRoom, out);
            }
        }
    }

    /// Opens a connection in a place that is vacant.
    pub(super) fn open(&mut self, slot: usize, server: ServerIx, out: &mut Vec<Action<D>>) {
        self.slots.get_mut(slot).server = server;
        self.put(slot, State::Opening);
        out.push(Action::Open { slot, server: self.servers[server].server.clone() });
    }

    /// A connection could not be opened. While others to the same server live, waiters go on
    /// waiting for those; otherwise they hear of the failure at once.
    pub(crate) fn open_failed(
        &mut self,
        slot: usize,
        failure: ConnectFailure<D::Error>,
        now: Instant,
        out: &mut Vec<Action<D>>,
    ) {
        let server = self.slots.get(slot).server;
        self.counters.open_failures += 1;
        let state = &mut self.servers[server];
        state.last_failure = Some(failure.clone());
        if state.open > 0 {
            state.open_after = Some(now + BACKOFF);
        } else {
            while let Some((_, ix)) = self.servers[server].turns.head() {
                self.fail_all(ix, out, || AcquireError::Unavailable(failure.clone()));
                self.settle(ix);
            }
        }
        self.put(slot, State::Vacant);
        self.open_where_needed(now, out);
    }

    /// A connection has ended: its place is free.
    pub(crate) fn ended(&mut self, slot: usize, now: Instant, out: &mut Vec<Action<D>>) {
        if fault::OVER_BUDGET {
            return;
        }
        self.handles[slot] = None;
        let place = self.slots.get_mut(slot);
        if std::mem::take(&mut place.recycled) {
            self.recycling -= 1;
        }
        self.put(slot, State::Vacant);
        self.open_where_needed(now, out);
    }

    /// Whether a connection to `server` that has become free is to make room for one to another.
    /// Places that are vacant or will be are for the first of those who are due.
    pub(super) fn is_due_elsewhere(&self, server: ServerIx, now: Instant) -> bool {
        if self.servers.heads().len() < 2 {
            return false;
        }
        let Some((own, _)) = self.servers[server].turns.head() else {
            // It becomes idle, and gives way then.
            return false;
        };
        let longer = TIMES_AS_LONG * self.next_number.saturating_sub(own.number) + self.window;
        let limit = self.next_number.saturating_sub(longer);
        let under_way = self.slots.count(Kind::Vacant) + self.slots.count(Kind::Closing);
        let earlier = self.servers.heads().range(..own);
        let due = earlier
            .take_while(|(turn, _)| (own.sated && !turn.sated) || turn.number < limit)
            .filter(|(_, other)| self.servers[**other].opening == 0)
            .filter(|(_, other)| self.servers[**other].may_open(now));
        due.take(under_way + 1).count() > under_way
    }
}
