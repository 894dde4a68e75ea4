//! When requests are so short, and so many, that each of the threads which read them had better have an isolate of its
//! own: two threads that want one isolate wait for each other, and take its memory from core to core.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;

/// How many requests in one second have found somebody in each isolate.
const CROWDED: usize = 1000;

static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Counts those who meet others.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    second: AtomicU64,
    count: AtomicUsize,
}

impl Crowd {
    /// Whether that makes a crowd.
    pub(super) fn one_more(&self) -> bool {
        self.one_more_at(BEGINNING.elapsed())
    }

    /// Counts that are lost between two seconds are no matter.
    fn one_more_at(&self, now: Duration) -> bool {
        if self.second.swap(now.as_secs(), Relaxed) != now.as_secs() {
            self.count.store(0, Relaxed);
        }
        self.count.fetch_add(1, Relaxed) + 1 >= CROWDED
    }
}

/// A number for each thread that asks.
pub(super) fn this_thread() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: usize = THREADS.fetch_add(1, Relaxed);
    }
    NUMBER.with(|number| *number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_in_one_second_are_a_crowd_and_in_two_they_are_none() {
        let crowd = Crowd::default();
        let meet = |many: usize, second: u64| {
            (0..many).any(|_| crowd.one_more_at(Duration::from_secs(second)))
        };
        assert!(!meet(CROWDED - 1, 1));
        assert!(!meet(CROWDED - 1, 2));
        assert!(meet(1, 2));
    }

    #[test]
    fn each_thread_has_a_number_of_its_own() {
        let number = this_thread();
        assert_eq!(this_thread(), number);
        let other = std::thread::spawn(this_thread).join().expect("no panic");
        assert_ne!(other, number);
    }
}
