//! What the interrupt handler counts: the CPU time and the deadline of the task that runs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::Limits;

/// Why JavaScript was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Cpu,
    Wall,
    Memory,
    /// Its caller went away.
    Cancelled,
}

/// The account of one isolate: what the event that runs may still use.
#[derive(Debug)]
pub(crate) struct Budget {
    /// The task that runs, 0 for none.
    running: AtomicU64,
    /// The task that was cancelled last while it ran.
    cancelled: AtomicU64,
    cpu_limit: Duration,
    event: Mutex<EventAccount>,
}

#[derive(Debug)]
struct EventAccount {
    /// What the task had used before this event.
    before: Duration,
    started: Instant,
    deadline: Instant,
    /// The thread's CPU clock at the handler's first call, and what had passed till then.
    mark: Option<(Duration, Duration)>,
    stop: Option<Stop>,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        let now = Instant::now();
        Self {
            running: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
            cpu_limit: limits.cpu,
            event: Mutex::new(EventAccount {
                before: Duration::ZERO,
                started: now,
                deadline: now,
                mark: None,
                stop: None,
            }),
        }
    }

    fn event(&self) -> MutexGuard<'_, EventAccount> {
        self.event.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An event of a task begins.
    pub(crate) fn begin(&self, task: u64, used: Duration, deadline: Instant) {
        let mut event = self.event();
        *event = EventAccount {
            before: used,
            started: Instant::now(),
            deadline,
            mark: None,
            stop: None,
        };
        self.running.store(task, Ordering::Release);
    }

    /// The event ends: what it used, and why it was stopped.
    pub(crate) fn end(&self) -> (Duration, Option<Stop>) {
        self.running.store(0, Ordering::Release);
        let event = self.event();
        (event.used(), event.stop)
    }

    /// Why the running event was stopped, if it was.
    pub(crate) fn stopped(&self) -> Option<Stop> {
        self.event().stop
    }

    /// Stops the running event at the handler's next call.
    pub(crate) fn stop(&self, why: Stop) {
        let mut event = self.event();
        event.stop.get_or_insert(why);
    }

    /// A task's caller went away.
    pub(crate) fn cancel(&self, task: u64) {
        if self.running.load(Ordering::Acquire) == task {
            self.cancelled.store(task, Ordering::Release);
        }
    }

    /// QuickJS asks whether to go on: true stops it, past every `catch` and `finally`.
    pub(crate) fn interrupt(&self) -> bool {
        let mut event = self.event();
        if event.stop.is_some() {
            return true;
        }
        let running = self.running.load(Ordering::Acquire);
        if running != 0 && self.cancelled.load(Ordering::Acquire) == running {
            event.stop = Some(Stop::Cancelled);
            return true;
        }
        if event.mark.is_none() {
            event.mark = Some((thread_cpu(), event.started.elapsed()));
        }
        if event.before + event.used() > self.cpu_limit {
            event.stop = Some(Stop::Cpu);
        } else if Instant::now() > event.deadline {
            event.stop = Some(Stop::Wall);
        }
        event.stop.is_some()
    }
}

impl EventAccount {
    /// Wall time stands for CPU time until the handler has been called once: events are short.
    fn used(&self) -> Duration {
        match self.mark {
            None => self.started.elapsed(),
            Some((mark, till)) => till + thread_cpu().saturating_sub(mark),
        }
    }
}

/// The CPU time of this thread.
fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
