//! The worker threads that isolates run on.

mod config;
mod guest;
mod lanes;
mod queue;
mod slot;
mod spare;
mod stats;
mod worker;

pub use config::EngineConfig;
pub(crate) use slot::{make_way, rest};
pub use stats::EngineStats;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::runtime::Handle;

use crate::isolate::{Actor, Isolate, IsolateConfig, Turn};
use crate::{JsError, JsErrorKind};
use queue::RunQueue;

/// Threads that run any number of isolates. Cheap to clone; all clones are one engine.
///
/// An isolate is run by whichever thread is free, in the order in which isolates became ready, a
/// bounded time each. A thread whose isolate runs longer than the slice steps back to a low
/// priority and ends with that turn, and a new one takes its place, so that an endless loop costs
/// the others nothing but what they leave; and fewer of them go on at once than there are processors
/// ([`EngineConfig::long_turns`]), and let go of their processor for a moment every quarter of a millisecond. One whose tasks are short runs where it is asked for one, if it
/// is idle ([`EngineConfig::in_place`]). The threads start with the engine and end with [`Engine::close`], or when
/// the last clone and the last isolate are gone.
#[derive(Clone, Debug)]
pub struct Engine {
    inner: Arc<EngineInner>,
}

pub(crate) struct EngineInner {
    pub(crate) config: EngineConfig,
    pub(crate) queue: Arc<RunQueue>,
    next_task: AtomicU64,
}

impl std::fmt::Debug for EngineInner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Engine {
    /// Starts the threads.
    pub fn new(config: EngineConfig) -> Self {
        let queue = Arc::new(RunQueue::new(config.long_turns));
        for _ in 0..config.workers.max(1) {
            worker::start(&queue, config.slice);
        }
        worker::watch(&queue);
        Self { inner: Arc::new(EngineInner { config, queue, next_task: AtomicU64::new(1) }) }
    }

    /// Makes an isolate and runs its prelude. Must be called inside a tokio runtime, which will
    /// run the isolate's operations.
    ///
    /// Fails when the engine is closed ([`JsErrorKind::Closed`]), when threads are stuck in the same code
    /// ([`Record::is_stuck`](crate::Record::is_stuck), [`JsErrorKind::Condemned`]), or with the prelude's error.
    pub async fn isolate(&self, config: IsolateConfig) -> Result<Isolate, JsError> {
        if self.inner.queue.closed() {
            return Err(JsError::new(JsErrorKind::Closed, "the engine is closed"));
        }
        if config.record.is_stuck() {
            return Err(JsError::condemned(
                "its code is stuck in native code, and not run until that has ended",
            ));
        }
        Isolate::create(self.inner.clone(), config).await
    }

    /// Holds back one of the threads of the tokio runtime that this is called in, from some milliseconds later until the
    /// engine is closed, but for times in which isolates are stuck on the others ([`EngineConfig::in_place`]). For a
    /// runtime made for this, with one thread more than there are processors: so that as many of its threads are at work
    /// as there are processors, and isolates never hold them all. Only the first call does something, of all engines in a
    /// runtime.
    ///
    /// Does nothing to a runtime of one thread. One that is shut down before the engine is closed waits for that thread,
    /// for ever where it is what ends the engine: close the engine first.
    pub fn hold_back_a_thread(&self) {
        let tokio = Handle::current();
        if tokio.metrics().num_workers() > 1 {
            self.inner.queue.hold_back(tokio);
        }
    }

    /// What the engine does just now.
    pub fn stats(&self) -> EngineStats {
        self.inner.queue.stats()
    }

    /// Ends the threads. Isolates that are open answer their tasks with [`JsErrorKind::Closed`].
    pub async fn close(&self) {
        self.inner.queue.close();
    }
}

impl EngineInner {
    pub(crate) fn next_task(&self) -> u64 {
        self.next_task.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn schedule(&self, actor: Arc<Actor>) {
        self.queue.push(actor);
    }

    /// Gives an isolate a turn on this thread, if it is one that may.
    pub(crate) fn turn_here(&self, actor: &Arc<Actor>) -> Option<Turn> {
        guest::turn(self, actor)
    }
}

impl Drop for EngineInner {
    fn drop(&mut self) {
        self.queue.close();
    }
}
