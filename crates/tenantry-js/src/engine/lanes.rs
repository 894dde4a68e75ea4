//! How many turns that take long run at once: fewer than there are processors.
//!
//! A low priority alone does not help those who wake up while every processor runs such a turn: the kernel lets
//! what runs go on until its next tick, some milliseconds, and a request wakes up four or five times on its way. One
//! processor without a long turn is enough for them. Who may go on is who has had the least so far, as in
//! schedulers of least attained service (Kleinrock, *Queueing Systems* II, 1976): what takes a little more than a slice
//! is not kept by what takes all it can get.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::Pid;

/// How long a turn goes on before another one that has had less gets its place.
const QUANTUM: Duration = Duration::from_millis(5);
/// Who has not asked for so long is inside something that never asks: its place is another's.
const LOST: Duration = Duration::from_millis(50);

/// A number of places for turns that take long.
#[derive(Debug)]
pub(super) struct Lanes {
    most: usize,
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
        Self { most: most.max(1), state: Mutex::default(), free: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a thread may go on whose turn has had so much CPU time. Waits for it, for as long as `patience`;
    /// whoever is refused asks again.
    pub(super) fn may_go_on(&self, thread: Pid, used: Duration, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        let mut state = self.state();
        if state.goes_on(thread, used) {
            return true;
        }
        self.free.notify_all();
        state.waits(thread, used);
        loop {
            let now = Instant::now();
            if state.takes_place(thread, self.most, now) {
                return true;
            }
            if now >= until {
                return false;
            }
            let waited = self.free.wait_timeout(state, until - now);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
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

impl State {
    /// Whether a thread has a place and keeps it.
    fn goes_on(&mut self, thread: Pid, used: Duration) -> bool {
        let Some(at) = self.holders.iter().position(|holder| holder.thread == thread) else {
            return false;
        };
        let now = Instant::now();
        let is_passed = self.waiting.iter().any(|(_, others)| *others < used);
        if is_passed && now.duration_since(self.holders[at].since) >= QUANTUM {
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
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn thread(number: i32) -> Pid {
        Pid::from_raw(number).expect("not 0")
    }

    const AT_ONCE: Duration = Duration::ZERO;
    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn no_more_go_on_at_once_than_there_are_places() {
        let lanes = Arc::new(Lanes::new(2));
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let threads: Vec<_> = (1..=6)
            .map(|number| {
                let (lanes, running, most) = (lanes.clone(), running.clone(), most.clone());
                std::thread::spawn(move || {
                    for step in 0..20 {
                        while !lanes.may_go_on(thread(number), MS * step, MS) {}
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
        let lanes = Lanes::new(1);
        assert!(lanes.may_go_on(thread(1), MS, AT_ONCE));
        assert!(!lanes.may_go_on(thread(2), MS * 100, AT_ONCE));
        assert!(!lanes.may_go_on(thread(3), MS * 2, AT_ONCE));
        std::thread::sleep(QUANTUM);
        assert!(lanes.may_go_on(thread(1), MS, AT_ONCE), "nobody has had less");
        assert!(!lanes.may_go_on(thread(1), MS * 3, AT_ONCE), "the third one has");
        assert!(!lanes.may_go_on(thread(2), MS * 100, AT_ONCE));
        assert!(lanes.may_go_on(thread(3), MS * 2, AT_ONCE));
        lanes.leave(thread(3));
        lanes.leave(thread(1));
        assert!(lanes.may_go_on(thread(2), MS * 100, AT_ONCE));
    }

    #[test]
    fn who_never_asks_does_not_keep_its_place() {
        let lanes = Lanes::new(1);
        assert!(lanes.may_go_on(thread(1), MS, AT_ONCE));
        assert!(!lanes.may_go_on(thread(2), MS * 9, AT_ONCE));
        std::thread::sleep(LOST);
        assert!(lanes.may_go_on(thread(2), MS * 9, AT_ONCE));
    }
}
