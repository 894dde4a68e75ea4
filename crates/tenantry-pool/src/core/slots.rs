use tokio::time::Instant;

use crate::{Driver, Target, TargetId};

/// The place of one connection of the budget.
pub(crate) enum Slot<D: Driver> {
    /// No connection.
    Vacant,
    /// One is being opened.
    Opening { server: D::Server },
    /// An open connection that nobody uses.
    Idle(Resting<D>),
    /// Lent to a target; `forget` names the targets forgotten meanwhile.
    Leased { target: TargetId, server: D::Server, forget: Vec<TargetId> },
    /// Between two users, being cleaned.
    Cleaning { server: D::Server, forget: Vec<TargetId> },
    /// Being closed. Its backend lives until that is done.
    Closing,
}

/// A connection that nobody uses.
pub(crate) struct Resting<D: Driver> {
    pub(crate) connection: D::Connection,
    pub(crate) server: D::Server,
    /// When it was opened.
    pub(crate) born: Instant,
    /// When it was last given back.
    pub(crate) since: Instant,
    /// Who used it last.
    pub(crate) last: Option<TargetId>,
    /// Whom it is bound to.
    pub(crate) held_for: Option<TargetId>,
    /// Once it is lent: whether this is its user's home connection.
    pub(crate) at_home: bool,
}

pub(crate) struct Slots<D: Driver>(Vec<Slot<D>>);

impl<D: Driver> Slots<D> {
    pub(crate) fn new(budget: usize) -> Self {
        Self((0..budget).map(|_| Slot::Vacant).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn get(&self, slot: usize) -> &Slot<D> {
        &self.0[slot]
    }

    pub(crate) fn get_mut(&mut self, slot: usize) -> &mut Slot<D> {
        &mut self.0[slot]
    }

    pub(crate) fn set(&mut self, slot: usize, to: Slot<D>) -> Slot<D> {
        std::mem::replace(&mut self.0[slot], to)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slot<D>> {
        self.0.iter()
    }

    pub(crate) fn count(&self, which: impl Fn(&Slot<D>) -> bool) -> usize {
        self.0.iter().filter(|slot| which(slot)).count()
    }

    pub(crate) fn vacant(&self) -> Option<usize> {
        self.0.iter().position(|slot| matches!(slot, Slot::Vacant))
    }

    /// The slot with an open connection that has the highest weight for `target`.
    pub(crate) fn home(&self, target: TargetId) -> Option<usize> {
        (0..self.0.len())
            .filter(|&slot| {
                matches!(self.0[slot], Slot::Idle(_) | Slot::Leased { .. } | Slot::Cleaning { .. })
            })
            .max_by_key(|&slot| target.weight(slot))
    }

    /// The idle connection that suits `target` best: one held for it, one it used last, then the
    /// one nearest to its home; one held for somebody else, which must be reset first, only when
    /// there is no other.
    pub(crate) fn best_idle(&self, target: &Target<D::Server>) -> Option<usize> {
        let mut best: Option<((u8, u64), usize)> = None;
        for (slot, state) in self.0.iter().enumerate() {
            let Slot::Idle(resting) = state else { continue };
            if resting.server != *target.server() {
                continue;
            }
            let class = match (resting.held_for, resting.last) {
                (Some(held), _) if held == target.id() => 3,
                (Some(_), _) => 0,
                (None, Some(last)) if last == target.id() => 2,
                (None, _) => 1,
            };
            let score = (class, target.id().weight(slot));
            if best.is_none_or(|(other, _)| other < score) {
                best = Some((score, slot));
            }
        }
        best.map(|(_, slot)| slot)
    }

    /// The connection to another server than `server` that has been idle longest.
    pub(crate) fn longest_idle_elsewhere(&self, server: &D::Server) -> Option<usize> {
        self.0
            .iter()
            .enumerate()
            .filter_map(|(slot, state)| match state {
                Slot::Idle(resting) if resting.server != *server => Some((resting.since, slot)),
                _ => None,
            })
            .min()
            .map(|(_, slot)| slot)
    }

    /// Takes an idle connection out for `target`.
    pub(crate) fn lend(&mut self, slot: usize, target: TargetId) -> Option<Resting<D>> {
        let Slot::Idle(resting) = &self.0[slot] else {
            return None;
        };
        let leased = Slot::Leased { target, server: resting.server.clone(), forget: Vec::new() };
        self.replace_idle(slot, leased)
    }

    /// Takes an idle connection out to be cleaned.
    pub(crate) fn start_cleaning(&mut self, slot: usize) -> Option<Resting<D>> {
        let Slot::Idle(resting) = &self.0[slot] else {
            return None;
        };
        let cleaning = Slot::Cleaning { server: resting.server.clone(), forget: Vec::new() };
        self.replace_idle(slot, cleaning)
    }

    /// Takes an idle connection out to be closed.
    pub(crate) fn take_idle(&mut self, slot: usize) -> Option<Resting<D>> {
        self.replace_idle(slot, Slot::Closing)
    }

    fn replace_idle(&mut self, slot: usize, with: Slot<D>) -> Option<Resting<D>> {
        if !matches!(self.0[slot], Slot::Idle(_)) {
            return None;
        }
        match self.set(slot, with) {
            Slot::Idle(resting) => Some(resting),
            _ => None,
        }
    }
}
