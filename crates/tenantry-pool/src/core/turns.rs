//! The order in which targets that wait are served.
//!
//! Each target that begins to wait draws a number, and draws a new one each time one of its
//! callers was served and more of them wait: targets are served in turn, whatever the number of
//! their callers. Those with their share in use come after all that have not.

use std::collections::BTreeMap;

use super::targets::TargetIx;

/// A connection that comes back may serve a target that suits it better than the first in turn,
/// if that one's number is within so many, for each connection of the budget, of the first's.
///
/// Each number is drawn once, so this is also how many can be served before a target though they
/// came later: for it, four statements' time more, since so many connections serve in parallel.
pub(crate) const PASSES_PER_CONNECTION: u64 = 4;

/// A target's place in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Turn {
    /// Whether the target has its share in use.
    pub(crate) sated: bool,
    pub(crate) number: u64,
}

/// The waiting targets of one server.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// Those that take any connection.
    ring: BTreeMap<Turn, TargetIx>,
    /// Those without their share, by the slot that was their home when they drew their number.
    at_home: BTreeMap<(u32, u64), TargetIx>,
}

impl Turns {
    /// The first in turn.
    pub(crate) fn head(&self) -> Option<(Turn, TargetIx)> {
        self.ring.first_key_value().map(|(turn, ix)| (*turn, *ix))
    }

    pub(crate) fn join(&mut self, turn: Turn, ix: TargetIx) {
        self.ring.insert(turn, ix);
    }

    pub(crate) fn leave(&mut self, turn: Turn) {
        self.ring.remove(&turn);
    }

    pub(crate) fn join_home(&mut self, slot: u32, number: u64, ix: TargetIx) {
        self.at_home.insert((slot, number), ix);
    }

    pub(crate) fn leave_home(&mut self, slot: u32, number: u64) {
        self.at_home.remove(&(slot, number));
    }

    /// Those at home in a slot, in turn.
    pub(crate) fn at_home(&self, slot: u32) -> impl Iterator<Item = TargetIx> {
        self.at_home.range((slot, 0)..=(slot, u64::MAX)).map(|(_, ix)| *ix)
    }
}
