//! How many turns that take long run at once: fewer than there are processors, while others have short ones.
//!
//! A low priority alone does not help those who wake up while every processor runs such a turn: the kernel lets
//! what runs go on until its next tick, some milliseconds, and a request wakes up four or five times on its way. One
//! processor without a long turn is enough for them. Who may go on is who has had the least so far, as in
//! schedulers of least attained service (Kleinrock, *Queueing Systems* II, 1976): what takes a little more than a slice
//! is not kept by what takes all it can get.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::Pid;

use super::slot::clock;

/// How long a turn goes on before another one that has had less gets its place.
const QUANTUM: Duration = Duration::from_millis(5);
/// Who has not asked for so long is inside something that never asks: its place is another's.
const LOST: Duration = Duration::from_millis(50);

/// Others are at work if one of them had a short turn within this time.
const LATELY: Duration = Duration::from_secs(1);
/// What happened is written down again after so long, where it is the same.
const AGAIN: Duration = Duration::from_millis(10);

/// A number of places for turns that take long.
#[derive(Debug)]
pub(super) struct Lanes {
    most: usize,
    short: Short,
    state: Mutex<State>,
    free: Condvar,
}

#[derive(Debug, Default)]
struct State {
    holders: Vec<Holder>,
    /// Those who wait, and the CPU time that their turns have had.
    waiting: Vec<(Pid, Duration)>,
}

/// A thread that may go on.
#[derive(Debug)]
struct Holder {
    thread: Pid,
    since: Instant,
    asked: Instant,
}

impl Lanes {
    pub(super) fn new(most: usize) -> Self {
        let (short, state, free) = (Short::default(), Mutex::default(), Condvar::new());
        Self { most: most.max(1), short, state, free }
    }

    /// Somebody's turn was short, that has ended at this time on the engine's clock.
    pub(super) fn was_short(&self, who: usize, now: Duration) {
        self.short.was(who, now);
    }

    /// Whether others than `who` have had short turns lately, at this time on the engine's clock.
    pub(super) fn others_work(&self, who: usize, now: Duration) -> bool {
        self.short.others_than(who, now)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a thread may go on with `who`'s turn, which has had so much CPU time. Waits for it, for as long as
    /// `patience`; whoever is refused asks again.
    pub(super) fn may_go_on(
        &self,
        thread: Pid,
        who: usize,
        used: Duration,
        patience: Duration,
    ) -> bool {
        let until = Instant::now() + patience;
        let others_work = self.others_work(who, clock());
        let most = if others_work { self.most } else { usize::MAX };
        let mut state = self.state();
        if state.goes_on(thread, used, most) {
            return true;
        }
        self.free.notify_all();
        state.waits(thread, used);
        loop {
            let now = Instant::now();
            if state.takes_place(thread, most, now) {
                return true;
            }
            if now >= until {
                return false;
            }
            let waited = self.free.wait_timeout(state, until - now);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// How many threads go on.
    pub(super) fn held(&self) -> usize {
        self.state().holders.len()
    }

    /// A thread's turn has ended.
    pub(super) fn leave(&self, thread: Pid) {
        let mut state = self.state();
        state.holders.retain(|holder| holder.thread != thread);
        state.waiting.retain(|(waiting, _)| *waiting != thread);
        drop(state);
        self.free.notify_all();
    }
}

/// The two who had short turns last, and when. What is lost where two threads write at once is written again by
/// the next turn.
#[derive(Debug, Default)]
struct Short {
    last: AtomicUsize,
    last_millis: AtomicU64,
    other: AtomicUsize,
    other_millis: AtomicU64,
}

impl Short {
    fn was(&self, who: usize, now: Duration) {
        let (now, before) = (millis(now), self.last_millis.load(Relaxed));
        let last = self.last.load(Relaxed);
        if last == who {
            // Most turns are like the one before: they only read.
            if now.saturating_sub(before) >= millis(AGAIN) {
                self.last_millis.store(now, Relaxed);
            }
            return;
        }
        self.other.store(last, Relaxed);
        self.other_millis.store(before, Relaxed);
        self.last.store(who, Relaxed);
        self.last_millis.store(now, Relaxed);
    }

    fn others_than(&self, who: usize, now: Duration) -> bool {
        let is_other = |one: &AtomicUsize, at: &AtomicU64| {
            let (one, at) = (one.load(Relaxed), at.load(Relaxed));
            one != 0 && one != who && millis(now).saturating_sub(at) < millis(LATELY)
        };
        is_other(&self.last, &self.last_millis) || is_other(&self.other, &self.other_millis)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl State {
    /// Whether a thread has a place and keeps it. Those beyond `most` came when there was nobody else.
    fn goes_on(&mut self, thread: Pid, used: Duration, most: usize) -> bool {
        let Some(at) = self.holders.iter().position(|holder| holder.thread == thread) else {
            return false;
        };
        let now = Instant::now();
        let is_passed = self.waiting.iter().any(|(_, others)| *others < used);
        let is_over = now.duration_since(self.holders[at].since) >= QUANTUM;
        if at >= most || (is_passed && is_over) {
            self.holders.swap_remove(at);
            return false;
        }
        self.holders[at].asked = now;
        true
    }

    fn waits(&mut self, thread: Pid, used: Duration) {
        if !self.waiting.iter().any(|(waiting, _)| *waiting == thread) {
            self.waiting.push((thread, used));
        }
    }

    /// Takes a place that is free, if it is this thread's turn.
    fn takes_place(&mut self, thread: Pid, most: usize, now: Instant) -> bool {
        self.holders.retain(|holder| now.duration_since(holder.asked) < LOST);
        let first = self.waiting.iter().enumerate().min_by_key(|(_, (_, used))| *used);
        match first {
            Some((at, (first, _))) if *first == thread && self.holders.len() < most => {
                self.waiting.remove(at);
                self.holders.push(Holder { thread, since: now, asked: now });
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    use super::*;

    fn thread(number: i32) -> Pid {
        Pid::from_raw(number).expect("not 0")
    }

    /// Somebody has a short turn; nobody else has.
    const OTHER: usize = 1;
    const WHO: usize = 2;

    fn lanes(most: usize) -> Lanes {
        let lanes = Lanes::new(most);
        lanes.was_short(OTHER, clock());
        lanes
    }

    const AT_ONCE: Duration = Duration::ZERO;
    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn no_more_go_on_at_once_than_there_are_places() {
        let lanes = Arc::new(lanes(2));
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let threads: Vec<_> = (1..=6)
            .map(|number| {
                let (lanes, running, most) = (lanes.clone(), running.clone(), most.clone());
                std::thread::spawn(move || {
                    for step in 0..20 {
                        while !lanes.may_go_on(thread(number), WHO, MS * step, MS) {}
                        let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(now, Ordering::SeqCst);
                        std::thread::sleep(MS / 2);
                        running.fetch_sub(1, Ordering::SeqCst);
                    }
                    lanes.leave(thread(number));
                })
            })
            .collect();
        for thread in threads {
            thread.join().expect("no panic");
        }
        assert_eq!(most.load(Ordering::SeqCst), 2);
        let state = lanes.state();
        assert!(state.holders.is_empty() && state.waiting.is_empty());
    }

    #[test]
    fn who_has_had_the_least_goes_first_and_who_has_had_more_makes_way() {
        let lanes = lanes(1);
        assert!(lanes.may_go_on(thread(1), WHO, MS, AT_ONCE));
        assert!(!lanes.may_go_on(thread(2), WHO, MS * 100, AT_ONCE));
        assert!(!lanes.may_go_on(thread(3), WHO, MS * 2, AT_ONCE));
        std::thread::sleep(QUANTUM);
        assert!(lanes.may_go_on(thread(1), WHO, MS, AT_ONCE), "nobody has had less");
        assert!(!lanes.may_go_on(thread(1), WHO, MS * 3, AT_ONCE), "the third one has");
        assert!(!lanes.may_go_on(thread(2), WHO, MS * 100, AT_ONCE));
        assert!(lanes.may_go_on(thread(3), WHO, MS * 2, AT_ONCE));
        lanes.leave(thread(3));
        lanes.leave(thread(1));
        assert!(lanes.may_go_on(thread(2), WHO, MS * 100, AT_ONCE));
    }

    #[test]
    fn who_never_asks_does_not_keep_its_place() {
        let lanes = lanes(1);
        assert!(lanes.may_go_on(thread(1), WHO, MS, AT_ONCE));
        assert!(!lanes.may_go_on(thread(2), WHO, MS * 9, AT_ONCE));
        std::thread::sleep(LOST);
        assert!(lanes.may_go_on(thread(2), WHO, MS * 9, AT_ONCE));
    }

    #[test]
    fn where_nobody_else_has_short_turns_all_go_on() {
        let lanes = Lanes::new(1);
        lanes.was_short(WHO, clock());
        for number in 1..=3 {
            assert!(lanes.may_go_on(thread(number), WHO, MS, AT_ONCE));
        }
        lanes.was_short(OTHER, clock());
        assert!(!lanes.may_go_on(thread(4), WHO, MS, AT_ONCE));
        assert!(!lanes.may_go_on(thread(5), OTHER, MS, AT_ONCE), "the first has short ones, too");
        let go_on = (1..=3).filter(|number| lanes.may_go_on(thread(*number), WHO, MS, AT_ONCE));
        assert_eq!(go_on.count(), 1);
    }

    #[test]
    fn the_two_who_had_short_turns_last_are_remembered_for_a_while() {
        let short = Short::default();
        let second = Duration::from_secs(1);
        assert!(!short.others_than(WHO, second));
        short.was(OTHER, second);
        assert!(short.others_than(WHO, second) && !short.others_than(OTHER, second));
        short.was(WHO, second * 3 / 2);
        assert!(short.others_than(WHO, second * 3 / 2) && short.others_than(OTHER, second * 2));
        assert!(!short.others_than(WHO, second * 2));
    }
}
