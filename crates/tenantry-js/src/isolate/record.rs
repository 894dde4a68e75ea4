//! How an isolate's tasks have behaved, which decides where it runs.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Events that take this long on average, or less, cost about as much as waking a thread for them.
const SHORT: Duration = Duration::from_micros(100);
/// What one event counts for at most: the thread may have had to wait for a processor.
const COUNTED: Duration = Duration::from_millis(1);
/// How many events the average is over.
const EVENTS: u32 = 16;
/// How long an isolate stays with the workers after a long event; it doubles each time.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(1024);
/// How long after a long event the next ones are expected to be long.
const SUSPECT_MILLIS: u64 = 1_000;
/// How many threads may be stuck in one tenant's code.
const MOST_LOST: usize = 2;
/// After so many pauses without another long event, the next one counts as the first.
const FORGIVEN: u32 = 8;

static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

/// What is known of code that took long where it must not. Isolates that run the same code share it, so that
/// one that replaces another does not begin with a good name.
#[derive(Clone, Debug, Default)]
pub struct Record {
    long: Arc<Long>,
    /// Threads that are stuck in the code.
    lost: Arc<AtomicUsize>,
}

#[derive(Debug, Default)]
struct Long {
    /// In milliseconds since the beginning; 0 for never.
    until: AtomicU64,
    /// When an event took long, wherever, in milliseconds since the beginning; 0 for never.
    lately: AtomicU64,
    last: Mutex<Option<(Instant, Duration)>>,
}

impl Record {
    /// For another version of the code: a new name, but threads that are stuck in this one count.
    #[must_use]
    pub fn renewed(&self) -> Self {
        Self { long: Arc::default(), lost: self.lost.clone() }
    }

    /// Whether anybody else has this record, or one renewed from it.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        Arc::strong_count(&self.lost) > 1
    }

    /// Whether as many threads as may be are stuck in the code, that asks no more whether to go on: then no isolate is made
    /// for it until one of them has ended.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.lost.load(Ordering::Acquire) >= MOST_LOST
    }

    pub(crate) fn loses_a_thread(&self) {
        self.lost.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn has_a_thread_back(&self) {
        self.lost.fetch_sub(1, Ordering::AcqRel);
    }

    /// A number that only isolates of the same code have; none has 0.
    pub(crate) fn number(&self) -> usize {
        Arc::as_ptr(&self.long).addr()
    }

    /// An event takes long, on whatever thread.
    pub(super) fn takes_long(&self) {
        self.long.lately.store(millis(Instant::now()).max(1), Ordering::Relaxed);
    }

    /// Whether events have taken long lately: the next one is expected to.
    pub(super) fn is_suspect(&self) -> bool {
        let lately = self.long.lately.load(Ordering::Relaxed);
        lately != 0 && millis(Instant::now()).saturating_sub(lately) < SUSPECT_MILLIS
    }

    /// An event took long on a thread that others wait for.
    pub(crate) fn was_long(&self) {
        let now = Instant::now();
        let mut last = self.long.last.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = match *last {
            Some((then, pause)) if now < then + pause * FORGIVEN => (pause * 2).min(LONGEST_PAUSE),
            _ => PAUSE,
        };
        *last = Some((now, pause));
        self.long.until.store(millis(now + pause), Ordering::Relaxed);
    }

    fn is_good(&self) -> bool {
        let until = self.long.until.load(Ordering::Relaxed);
        until == 0 || until < millis(Instant::now())
    }
}

fn millis(moment: Instant) -> u64 {
    let since = moment.saturating_duration_since(*BEGINNING);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// How long the events of one isolate take, on average.
#[derive(Debug)]
pub(super) struct Pace {
    nanos: AtomicU32,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self { nanos: AtomicU32::new(nanos(COUNTED)) }
    }

    /// One more event. Events of an isolate come one after the other.
    pub(super) fn add(&self, took: Duration) {
        let mean = self.nanos.load(Ordering::Relaxed);
        let mean = mean - mean / EVENTS + nanos(took.min(COUNTED)) / EVENTS;
        self.nanos.store(mean, Ordering::Relaxed);
    }

    /// Whether the isolate may run on a thread that others wait for.
    pub(super) fn is_short(&self, record: &Record) -> bool {
        self.nanos.load(Ordering::Relaxed) <= nanos(SHORT) && record.is_good()
    }
}

fn nanos(time: Duration) -> u32 {
    u32::try_from(time.as_nanos()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_isolate_earns_its_place_by_short_events_and_loses_it_by_long_ones() {
        let (pace, record) = (Pace::new(), Record::default());
        assert!(!pace.is_short(&record), "a new one is not known yet");
        for _ in 0..100 {
            pace.add(Duration::from_micros(20));
        }
        assert!(pace.is_short(&record));
        pace.add(Duration::from_secs(1));
        assert!(pace.is_short(&record), "one of them may have been any thread's misfortune");
        pace.add(Duration::from_millis(1));
        assert!(!pace.is_short(&record));
    }

    #[test]
    fn what_took_long_is_suspect_for_a_second() {
        let record = Record::default();
        assert!(!record.is_suspect());
        record.clone().takes_long();
        assert!(record.is_suspect());
        assert!(!Record::default().is_suspect());
    }

    #[test]
    fn a_long_event_counts_against_all_isolates_of_the_same_code() {
        let (pace, record) = (Pace::new(), Record::default());
        for _ in 0..60 {
            pace.add(Duration::ZERO);
        }
        record.clone().was_long();
        assert!(!pace.is_short(&record));
        assert!(pace.is_short(&Record::default()));
        let pause = || record.long.last.lock().expect("no panic").expect("one was long").1;
        assert_eq!(pause(), PAUSE);
        record.was_long();
        assert_eq!(pause(), PAUSE * 2);
        for _ in 0..20 {
            record.was_long();
        }
        assert_eq!(pause(), LONGEST_PAUSE);
    }
}
