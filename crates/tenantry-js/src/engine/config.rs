//! How an engine is set up.

use std::time::Duration;

/// The engine's threads.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Threads that run isolates: as many as there are cores, by default.
    pub workers: usize,
    /// How long one isolate may run before it makes way for the next one in the queue.
    pub slice: Duration,
    /// How many turns that take longer than the slice go on at once while others have short ones, at
    /// least 1: one less than there are cores, by default. The others wait, and those that have had the least CPU time go first. Waiting
    /// is part of a task's wall time, and not of its CPU time.
    pub long_turns: usize,
    /// Whether an isolate whose tasks are short may run on the thread that asks for one, where that is
    /// one of a multi-threaded tokio runtime's: neither the task nor its answer waits for another
    /// thread. Such threads need 2 MB of stack, as tokio's have by default. Of a runtime's threads all but one may run
    /// isolates at once, since native code in them may never ask whether to go on: a runtime with one more than there are
    /// processors makes the most of it, with [`Engine::hold_back_a_thread`](super::Engine::hold_back_a_thread).
    pub in_place: bool,
}

impl Default for EngineConfig {
    fn default() -> Self {
        let workers = std::thread::available_parallelism().map_or(2, usize::from);
        let long_turns = workers.saturating_sub(1).max(1);
        Self { workers, slice: Duration::from_millis(2), long_turns, in_place: true }
    }
}
