//! Callers who want a connection, those who are sent away, and those who give up.

use std::sync::Arc;

use tokio::time::Instant;

use super::{
    Action, Core, Lent, Reply, Ticket,
    homes::{PATIENT_CALLERS, Pick},
    slots::{Kind, State},
    targets::{Standing, TargetIx},
    waiters::Waiter,
};
use crate::{AcquireError, CloseReason, Condition, Driver, Target, fault};

/// The answer to a caller who wants a connection.
pub(crate) enum Acquired<D: Driver> {
    Now(Lent<D>),
    /// With `rouse`, [`Core::due`] is to be called now, by whoever keeps the time.
    Wait {
        ticket: Ticket,
        rouse: bool,
    },
}

impl<D: Driver> Core<D> {
    /// A caller wants a connection for `target`. With [`Acquired::Wait`], `reply` will be answered.
    pub(crate) fn acquire(
        &mut self,
        target: &Arc<Target<D::Server>>,
        reply: impl FnOnce() -> Reply<D>,
        now: Instant,
        out: &mut Vec<Action<D>>,
    ) -> Result<Acquired<D>, AcquireError<D::Error>> {
        if self.closed {
            return Err(AcquireError::Closed);
        }
        if target.is_retired() && !fault::BIND_RETIRED {
            return Err(AcquireError::Retired);
        }
        let ix = self.touch(target, now, out);
        let mut is_patient = self.targets[ix].standing == Standing::Patient;
        // Nobody passes those of its own target who wait.
        if self.targets[ix].waiting == 0 {
            loop {
                let slot = match self.pick(ix, now) {
                    Pick::Idle(slot) => slot,
                    Pick::HomeIsLent => {
                        is_patient = true;
                        break;
                    }
                    Pick::Nothing => break,
                };
                if let Some(lent) = self.lend_idle(slot, ix, now, out) {
                    return Ok(Acquired::Now(lent));
                }
            }
        }
        self.admit(ix)?;
        let patient_until = is_patient.then(|| now + self.config.home_patience);
        let target = Arc::clone(target);
        let waiter = Waiter { target, reply: reply(), asked: now, patient_until };
        let ticket = self.enqueue(ix, waiter);
        let rouse = self.keep_time(ticket, patient_until, now);
        if self.targets[ix].standing == Standing::Patient
            && self.targets[ix].waiting > PATIENT_CALLERS
        {
            self.wait_for_any(ix);
            self.serve_idle(self.targets[ix].server, now, out);
        }
        self.open_where_needed(now, out);
        Ok(Acquired::Wait { ticket, rouse })
    }

    /// Whether one more may wait.
    fn admit(&mut self, ix: TargetIx) -> Result<(), AcquireError<D::Error>> {
        let mine = (true, self.targets[ix].waiting as usize, self.config.max_waiters_per_target);
        let all = (false, self.waiters.len(), self.config.max_waiters);
        let Some((of_target, waiting, limit)) =
            [all, mine].into_iter().find(|(_, waiting, limit)| waiting >= limit)
        else {
            return Ok(());
        };
        self.counters.saturated += 1;
        Err(AcquireError::Saturated {
            of_target,
            waiting,
            limit,
            in_use: self.slots.count(Kind::Leased),
            max_connections: self.config.max_connections,
        })
    }

    /// Lends an idle connection, unless it turns out to be broken.
    pub(super) fn lend_idle(
        &mut self,
        slot: usize,
        ix: TargetIx,
        now: Instant,
        out: &mut Vec<Action<D>>,
    ) -> Option<Lent<D>> {
        let connection = self.take_idle(slot, State::Leased(ix)).expect("an idle one was picked");
        if self.driver.condition(&connection) == Condition::Broken {
            self.close(slot, connection, CloseReason::Broken, out);
            return None;
        }
        Some(self.lend(slot, connection, ix, now))
    }

    /// A caller has waited long enough for its home connection: it takes another.
    pub(super) fn impatient(&mut self, ticket: Ticket, now: Instant, out: &mut Vec<Action<D>>) {
        let ix = ticket.target;
        // A stranger's patience counts once those before it are served.
        let is_first = self.waiters.first(ix).is_some_and(|(first, _)| first == ticket);
        if is_first && self.targets[ix].standing == Standing::Patient {
            self.wait_for_any(ix);
            self.serve_idle(self.targets[ix].server, now, out);
            self.open_where_needed(now, out);
        }
    }

    /// A caller that waits has gone. Whether it still waited: otherwise its answer is under way.
    pub(crate) fn leave(&mut self, ticket: Ticket) -> bool {
        let waited = self.waiters.remove(ticket).is_some();
        if waited {
            self.gone(ticket);
        }
        waited
    }

    fn gone(&mut self, ticket: Ticket) {
        self.one_less_waits(ticket.target);
        self.settle(ticket.target);
    }

    /// The time of a caller that waits is up: it leaves.
    pub(super) fn timeout(&mut self, ticket: Ticket, now: Instant, out: &mut Vec<Action<D>>) {
        let Some(asked) = self.waiters.get(ticket).map(|waiter| waiter.asked) else { return };
        let server = self.targets[ticket.target].server;
        self.counters.timeouts += 1;
        let error = AcquireError::Timeout {
            waited: now.duration_since(asked),
            in_use: self.slots.count(Kind::Leased),
            opening: self.servers[server].opening,
            waiting: self.waiters.len(),
            max_connections: self.config.max_connections,
            holders: self.holders(now),
            last_failure: self.servers[server].last_failure.clone(),
        };
        if let Some(waiter) = self.waiters.remove(ticket) {
            self.gone(ticket);
            out.push(Action::Fail { reply: waiter.reply, error });
        }
    }
}
