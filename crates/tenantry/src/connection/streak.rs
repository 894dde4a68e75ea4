use tenantry_pool::TargetId;

/// After how many uses in a row by the same target a connection is held for it, at first and at least.
const SOONEST: u32 = if cfg!(tenantry_never_held) { u32::MAX } else { 4 };
/// The most that it becomes.
const LATEST: u32 = if cfg!(tenantry_never_held) { u32::MAX } else { 256 };
/// A hold of fewer uses has not been worth it: the others avoid the connection meanwhile, at home or not.
const WORTH: u32 = 16;

/// Who uses a connection, how many times in a row, and whether that is enough to hold it.
///
/// How many are enough is learnt from what the last holds brought. Where one target keeps a connection busy
/// they last, and begin early; where many take turns, a streak says nothing of the next use, and it takes
/// longer and longer ones.
#[derive(Debug)]
pub(super) struct Streak {
    target: Option<TargetId>,
    uses: u32,
    hold_after: u32,
}

impl Streak {
    pub(super) fn new() -> Self {
        Self { target: None, uses: 0, hold_after: SOONEST }
    }

    /// Notes a use. Whether the connection is to be held for its user.
    pub(super) fn used_by(&mut self, target: TargetId) -> bool {
        if self.target == Some(target) {
            self.uses = self.uses.saturating_add(1);
        } else {
            self.learn();
            (self.target, self.uses) = (Some(target), 1);
        }
        self.uses > self.hold_after
    }

    /// Whether the user was here just before.
    pub(super) fn is_repeated(&self) -> bool {
        self.uses > 1
    }

    /// Starts counting anew: the user's code changes the session, so that holding is no gain.
    pub(super) fn begin_anew(&mut self) {
        (self.target, self.uses) = (None, 0);
    }

    /// A streak is over.
    fn learn(&mut self) {
        let Some(held) = self.uses.checked_sub(self.hold_after).filter(|held| *held > 0) else {
            return;
        };
        self.hold_after = if held < WORTH {
            self.hold_after.saturating_mul(2).min(LATEST)
        } else {
            (self.hold_after / 2).max(SOONEST)
        };
    }
}

#[cfg(test)]
mod tests {
    use tenantry_pool::Target;

    use super::*;

    /// After how many uses in a row it is held.
    fn uses_until_held(streak: &mut Streak, target: TargetId) -> u32 {
        (1..=LATEST + 1).find(|_| streak.used_by(target)).expect("it is held some time")
    }

    #[test]
    fn holds_that_do_not_last_come_later_and_those_that_do_come_early_again() {
        let (one, other) = (Target::new(()).id(), Target::new(()).id());
        let mut streak = Streak::new();
        assert_eq!(uses_until_held(&mut streak, one), SOONEST + 1);
        assert_eq!(uses_until_held(&mut streak, other), 2 * SOONEST + 1, "one use is not worth it");
        assert_eq!(uses_until_held(&mut streak, one), 4 * SOONEST + 1);
        for target in [other, one].into_iter().cycle().take(21) {
            uses_until_held(&mut streak, target);
        }
        assert_eq!(uses_until_held(&mut streak, one), LATEST + 1, "and no later than that");
        let mut next = [other, one].into_iter().cycle();
        for target in next.by_ref().take(8) {
            for _ in 0..WORTH {
                streak.used_by(target);
            }
            uses_until_held(&mut streak, target);
            for _ in 0..WORTH {
                streak.used_by(target);
            }
        }
        let target = next.next().expect("a cycle has no end");
        assert_eq!(uses_until_held(&mut streak, target), SOONEST + 1);
    }

    #[test]
    fn short_streaks_teach_nothing() {
        let targets: Vec<_> = (0..3).map(|_| Target::new(()).id()).collect();
        let mut streak = Streak::new();
        for target in targets.iter().cycle().take(100) {
            assert!(!streak.used_by(*target));
            assert!(!streak.is_repeated());
        }
        assert_eq!(uses_until_held(&mut streak, targets[2]), SOONEST + 1);
    }
}
