//! The places of the budget, and what is in each.

use std::{collections::HashSet, time::Duration};

use tokio::time::Instant;

use super::{
    servers::ServerIx,
    targets::{HashIds, TargetIx},
};
use crate::TargetId;

/// How many targets that are forgotten a connection is told of when it comes back. One that was away
/// for more of them is closed instead.
const FORGET_LATE: usize = 256;

/// What the place of one connection is used for.
#[derive(Debug)]
pub(crate) enum State<C> {
    /// No connection.
    Vacant,
    /// One is being opened.
    Opening,
    /// An open connection that nobody uses.
    Idle(C),
    /// Lent to a target.
    Leased(TargetIx),
    /// Between two users, being cleaned.
    Cleaning,
    /// Being closed. Its backend lives until that is done.
    Closing,
}

/// A [`State`] without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Vacant,
    Opening,
    Idle,
    Leased,
    Cleaning,
    Closing,
}

impl Kind {
    /// Whether there is a connection that is used, was used or will be.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Idle | Self::Leased | Self::Cleaning)
    }
}

impl<C> State<C> {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Vacant => Kind::Vacant,
            Self::Opening => Kind::Opening,
            Self::Idle(_) => Kind::Idle,
            Self::Leased(_) => Kind::Leased,
            Self::Cleaning => Kind::Cleaning,
            Self::Closing => Kind::Closing,
        }
    }
}

/// Who used a connection last: where its entry was, and its identity, since the entry may be
/// another's by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LastUser {
    pub(crate) at: TargetIx,
    pub(crate) id: TargetId,
}

/// The place of one connection of the budget. What is known of the connection stays here while it
/// is lent.
#[derive(Debug)]
pub(crate) struct Slot<C> {
    state: State<C>,
    /// What it is connected to. Of no meaning while vacant.
    pub(crate) server: ServerIx,
    /// When it was opened.
    pub(crate) born: Instant,
    /// At what age it is to be replaced.
    pub(crate) lifetime: Duration,
    /// When it was last lent or given back.
    pub(crate) since: Instant,
    pub(crate) last: Option<LastUser>,
    /// Whom it is bound to while it rests.
    pub(crate) held_for: Option<TargetId>,
    /// The targets it has served, if they are counted.
    pub(crate) served: HashSet<TargetId, HashIds>,
    /// Targets forgotten while it was lent or cleaned.
    pub(crate) forget: Vec<TargetId>,
    /// Whether there were too many of them to remember.
    pub(crate) forgets_all: bool,
    /// Whether it is being closed to be replaced.
    pub(crate) recycled: bool,
    /// Whether it is being cleaned because it has rested.
    pub(crate) rested: bool,
    /// Whether it is cut off: closed when it comes back.
    pub(crate) doomed: bool,
    /// Whether it is lent for long: nobody's home meanwhile.
    pub(crate) is_away: bool,
}

impl<C> Slot<C> {
    pub(crate) fn state(&self) -> &State<C> {
        &self.state
    }

    pub(crate) fn state_mut(&mut self) -> &mut State<C> {
        &mut self.state
    }

    pub(crate) fn kind(&self) -> Kind {
        self.state.kind()
    }

    /// Notes a target to be forgotten when the connection comes back.
    pub(crate) fn forget_late(&mut self, target: TargetId) {
        if self.forget.len() < FORGET_LATE {
            self.forget.push(target);
        } else {
            self.forgets_all = true;
        }
    }

    /// Whether it is bound to somebody else than `target`.
    pub(crate) fn is_held_for_another(&self, target: TargetId) -> bool {
        self.held_for.is_some_and(|held| held != target)
    }
}

/// All places of the budget, and how many there are of each kind.
#[derive(Debug)]
pub(crate) struct Slots<C> {
    slots: Vec<Slot<C>>,
    tally: [usize; 6],
    /// The idle ones, the most recently used last: what its user left in the processor's caches is
    /// best there, and whoever looks for an idle one need not look at the others.
    idle: Vec<u32>,
}

impl<C> Slots<C> {
    pub(crate) fn new(budget: usize, now: Instant) -> Self {
        let vacant = || Slot {
            state: State::Vacant,
            server: ServerIx::default(),
            born: now,
            lifetime: Duration::ZERO,
            since: now,
            last: None,
            held_for: None,
            served: HashSet::default(),
            forget: Vec::new(),
            forgets_all: false,
            recycled: false,
            rested: false,
            doomed: false,
            is_away: false,
        };
        Self {
            slots: (0..budget).map(|_| vacant()).collect(),
            tally: [budget, 0, 0, 0, 0, 0],
            idle: Vec::with_capacity(budget),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn get(&self, slot: usize) -> &Slot<C> {
        &self.slots[slot]
    }

    pub(crate) fn get_mut(&mut self, slot: usize) -> &mut Slot<C> {
        &mut self.slots[slot]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &Slot<C>)> {
        self.slots.iter().enumerate()
    }

    /// Changes what a place is used for. What it was used for before.
    pub(super) fn set(&mut self, slot: usize, to: State<C>) -> State<C> {
        let state = &mut self.slots[slot].state;
        let (from, into) = (state.kind(), to.kind());
        self.tally[into as usize] += 1;
        self.tally[from as usize] -= 1;
        let place = slot_number(slot);
        if from == Kind::Idle
            && let Some(at) = self.idle.iter().rposition(|idle| *idle == place)
        {
            self.idle.remove(at);
        }
        if into == Kind::Idle {
            self.idle.push(place);
        }
        std::mem::replace(state, to)
    }

    /// The idle ones, the most recently used first.
    pub(crate) fn idle(&self) -> impl Iterator<Item = (usize, &Slot<C>)> {
        self.idle.iter().rev().map(|place| (*place as usize, &self.slots[*place as usize]))
    }

    /// How many places of a kind there are.
    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.tally[kind as usize]
    }

    pub(crate) fn vacant(&self) -> Option<usize> {
        if self.count(Kind::Vacant) == 0 {
            return None;
        }
        self.slots.iter().position(|slot| slot.kind() == Kind::Vacant)
    }

    /// The connection to another server than `server` that has been idle longest.
    pub(crate) fn longest_idle_elsewhere(&self, server: ServerIx) -> Option<usize> {
        let idle = self.idle().filter(|(_, slot)| slot.server != server);
        idle.min_by_key(|(_, slot)| slot.since).map(|(place, _)| place)
    }
}

/// A slot as a small number.
fn slot_number(slot: usize) -> u32 {
    u32::try_from(slot).expect("a budget is smaller than 2^32")
}
