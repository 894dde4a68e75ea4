use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{applied::TenantVersion, requirement::Version};
use crate::Error;

/// How long what was read counts where announcements aren't heard, and how often a schema is read
/// again that lacks what is needed.
const PATIENCE: Duration = Duration::from_secs(1);
/// For how long after an announcement it is not taken to be over: a rollback is announced before it
/// begins, too, and what is read in between is not what will be there.
const UNSETTLED: Duration = Duration::from_secs(1);
/// How often a schema is read meanwhile, at most.
const UNSETTLED_PATIENCE: Duration = Duration::from_millis(200);

/// What is remembered of one schema.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    state: Mutex<State>,
    /// Held by whoever reads.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    /// What was read, and when that began.
    read: Option<(Instant, TenantVersion)>,
    /// When it was announced last that the schema has changed.
    announced: Option<Instant>,
    /// Counts the announcements: what is read meanwhile may be from before.
    announcements: u64,
    /// The last read that failed. In a box, since there is none for most tenants.
    failed: Option<Box<(Instant, Error)>>,
}

/// Whether announcements are heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hearing {
    Well,
    Deaf,
}

/// What is remembered, now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look {
    Counts(TenantVersion),
    /// It has to be read.
    Stale,
}

/// A read that has begun.
pub(super) struct Begun {
    at: Instant,
    announcements: u64,
}

impl Memory {
    /// What is remembered, if that counts for somebody who needs this.
    pub(super) fn look(&self, needed: Option<&Version>, hearing: Hearing, now: Instant) -> Look {
        let state = self.state();
        let Some((at, version)) = &state.read else {
            return Look::Stale;
        };
        let is_behind = needed.is_some_and(|needed| !version.meets(needed));
        let is_unsettled = state
            .announced
            .is_some_and(|announced| now.saturating_duration_since(announced) < UNSETTLED);
        let counts_for = match hearing {
            _ if is_unsettled => UNSETTLED_PATIENCE,
            Hearing::Well if !is_behind => Duration::MAX,
            Hearing::Well | Hearing::Deaf => PATIENCE,
        };
        if now.saturating_duration_since(*at) < counts_for {
            Look::Counts(version.clone())
        } else {
            Look::Stale
        }
    }

    /// The schema has changed, or is about to: what was read no longer counts.
    pub(crate) fn announce(&self, now: Instant) {
        let mut state = self.state();
        state.read = None;
        state.announced = Some(now);
        state.announcements += 1;
    }

    /// Waits until nobody else reads. Whoever drops the future waits no more.
    pub(super) async fn reading(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.reading.lock().await
    }

    pub(super) fn begin(&self, now: Instant) -> Begun {
        Begun { at: now, announcements: self.state().announcements }
    }

    /// What a read has given, unless the schema has changed since it began.
    pub(super) fn remember(&self, begun: Begun, version: TenantVersion) {
        let mut state = self.state();
        state.failed = None;
        if state.announcements == begun.announcements {
            state.read = Some((begun.at, version));
        }
    }

    pub(super) fn fail(&self, now: Instant, error: Error) {
        self.state().failed = Some(Box::new((now, error)));
    }

    /// The failure of a read that ended after this moment: another try would be in vain.
    pub(super) fn failed_since(&self, asked: Instant) -> Option<Error> {
        let state = self.state();
        let (at, error) = state.failed.as_deref()?;
        (*at > asked).then(|| error.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(numbers: &[i64]) -> TenantVersion {
        TenantVersion::new(numbers.iter().map(|number| (*number, format!("{number}_x.sql"))))
    }

    fn after(memory: &Memory, needed: &Version, hearing: Hearing, at: Instant) -> bool {
        matches!(memory.look(Some(needed), hearing, at), Look::Counts(_))
    }

    #[test]
    fn what_meets_the_need_counts_until_something_is_announced() {
        let (memory, start) = (Memory::default(), Instant::now());
        let needed = Version::at_least("1");
        assert!(!after(&memory, &needed, Hearing::Well, start));
        memory.remember(memory.begin(start), version(&[1]));
        let later = start + Duration::from_secs(3600);
        assert!(after(&memory, &needed, Hearing::Well, later));
        memory.announce(later);
        assert!(!after(&memory, &needed, Hearing::Well, later));
    }

    #[test]
    fn what_does_not_meet_it_counts_for_a_second() {
        let (memory, start) = (Memory::default(), Instant::now());
        memory.remember(memory.begin(start), version(&[1]));
        let needed = Version::at_least("2");
        assert!(after(&memory, &needed, Hearing::Well, start + Duration::from_millis(999)));
        assert!(!after(&memory, &needed, Hearing::Well, start + PATIENCE));
        let too_new = Version::any().below("1");
        assert!(!after(&memory, &too_new, Hearing::Well, start + PATIENCE));
    }

    #[test]
    fn without_announcements_nothing_counts_longer_than_a_second() {
        let (memory, start) = (Memory::default(), Instant::now());
        memory.remember(memory.begin(start), version(&[1]));
        let needed = Version::at_least("1");
        assert!(after(&memory, &needed, Hearing::Deaf, start + Duration::from_millis(999)));
        assert!(!after(&memory, &needed, Hearing::Deaf, start + PATIENCE));
    }

    #[test]
    fn a_read_from_before_an_announcement_is_not_remembered() {
        let (memory, start) = (Memory::default(), Instant::now());
        let begun = memory.begin(start);
        memory.announce(start);
        memory.remember(begun, version(&[1]));
        assert!(!after(&memory, &Version::any(), Hearing::Well, start));
    }

    #[test]
    fn just_after_an_announcement_what_was_read_counts_for_a_moment_only() {
        let (memory, start) = (Memory::default(), Instant::now());
        memory.announce(start);
        // A rollback was announced, and has not come to this one yet.
        memory.remember(memory.begin(start), version(&[1]));
        let needed = Version::at_least("1");
        assert!(after(&memory, &needed, Hearing::Well, start + Duration::from_millis(199)));
        assert!(!after(&memory, &needed, Hearing::Well, start + UNSETTLED_PATIENCE));
        memory.remember(memory.begin(start + UNSETTLED), version(&[1]));
        assert!(after(&memory, &needed, Hearing::Well, start + Duration::from_secs(60)));
    }

    #[test]
    fn those_who_waited_for_a_read_that_failed_do_not_try_again_each() {
        let (memory, start) = (Memory::default(), Instant::now());
        assert!(memory.failed_since(start).is_none());
        memory.fail(start + PATIENCE, Error::PoolClosed);
        assert!(memory.failed_since(start).is_some());
        assert!(memory.failed_since(start + PATIENCE).is_none());
        memory.remember(memory.begin(start), version(&[1]));
        assert!(memory.failed_since(start).is_none());
    }
}
