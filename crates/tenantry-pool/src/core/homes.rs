//! Which connection suits a target best.

use tokio::time::Instant;

use super::{
    Core,
    slots::{Kind, LastUser, Slot},
    targets::{Home, TargetIx},
};
use crate::Driver;

/// How many callers of one target wait for its home connection while others are idle. When one more
/// comes, they take what there is.
pub(super) const PATIENT_CALLERS: u32 = 2;

/// Which connection a caller is to get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    /// The idle one in this slot.
    Idle(usize),
    /// The home one, which is lent just now: others are idle, but it is worth some patience.
    HomeIsLent,
    /// None is idle.
    Nothing,
}

impl<D: Driver> Core<D> {
    /// The target's home: of the open connections to its server that are not lent for long, the one
    /// with the highest weight.
    ///
    /// It is remembered until such a connection comes or goes.
    pub(super) fn home(&mut self, ix: TargetIx) -> Option<u32> {
        let entry = &self.targets[ix];
        let epoch = self.servers[entry.server].epoch;
        if entry.home.epoch != epoch {
            let is_there = |slot: &Slot<_>| {
                slot.server == entry.server && slot.kind().is_open() && !slot.is_away
            };
            let open = self.slots.iter().filter(|(_, slot)| is_there(slot));
            let home = open.map(|(place, _)| place).max_by_key(|place| entry.id.weight(*place));
            let slot = home.and_then(|place| u32::try_from(place).ok());
            self.targets[ix].home = Home { slot, epoch };
        }
        self.targets[ix].home.slot
    }

    /// The connection for a caller of the target who comes now.
    pub(super) fn pick(&mut self, ix: TargetIx, now: Instant) -> Pick {
        if self.servers[self.targets[ix].server].idle == 0 {
            return Pick::Nothing;
        }
        if let Some(slot) = self.familiar(ix) {
            return Pick::Idle(slot);
        }
        if self.home_returns_soon(ix, now) {
            return Pick::HomeIsLent;
        }
        self.stranger(ix).map_or(Pick::Nothing, Pick::Idle)
    }

    /// The best idle connection, wherever the home is.
    pub(super) fn pick_any(&mut self, ix: TargetIx) -> Option<usize> {
        if self.servers[self.targets[ix].server].idle == 0 {
            return None;
        }
        self.familiar(ix).or_else(|| self.stranger(ix))
    }

    /// Whether the target's home connection is worth waiting for: it has not been lent for longer
    /// than a caller would wait, and few of the target's callers wait for it already. A target with
    /// more work than one connection can do is soon at home on others, too.
    pub(super) fn home_returns_soon(&mut self, ix: TargetIx, now: Instant) -> bool {
        if self.config.home_patience.is_zero() || self.targets[ix].waiting > PATIENT_CALLERS {
            return false;
        }
        let Some(home) = self.home(ix) else { return false };
        let slot = self.slots.get(home as usize);
        slot.kind() == Kind::Leased && now.duration_since(slot.since) < self.config.home_patience
    }

    /// An idle connection on which the target is no stranger: the one it used last, its home, or
    /// another that nobody has used since.
    fn familiar(&mut self, ix: TargetIx) -> Option<usize> {
        let home = self.home(ix);
        let entry = &self.targets[ix];
        let me = LastUser { at: ix, id: entry.id };
        let used = entry.last_slot.filter(|place| {
            let slot = self.slots.get(*place as usize);
            slot.kind() == Kind::Idle && slot.last == Some(me) && slot.server == entry.server
        });
        let home = home.filter(|place| {
            let slot = self.slots.get(*place as usize);
            slot.kind() == Kind::Idle && !slot.is_held_for_another(entry.id)
        });
        used.or(home).map(|place| place as usize).or_else(|| {
            let was_mine = |slot: &Slot<_>| slot.last == Some(me) && slot.server == entry.server;
            self.slots.idle().find(|(_, slot)| was_mine(slot)).map(|(place, _)| place)
        })
    }

    /// The idle connection to the target's server that comes next after its home; one held for
    /// somebody else, which must be reset first, only when there is no other.
    fn stranger(&self, ix: TargetIx) -> Option<usize> {
        let entry = &self.targets[ix];
        let idle = self.slots.idle().filter(|(_, slot)| slot.server == entry.server);
        let best = idle.max_by_key(|(place, slot)| {
            let class = match slot.held_for {
                Some(held) if held == entry.id => 2,
                Some(_) => 0,
                None => 1,
            };
            (class, entry.id.weight(*place))
        });
        best.map(|(place, _)| place)
    }
}
