//! How an engine is set up.

use std::time::Duration;

/// The engine's threads.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Threads that run isolates: as many as there are cores, by default.
    pub workers: usize,
    /// How long one isolate may run before it makes way for the next one in the queue.
    pub slice: Duration,
}

impl Default for EngineConfig {
    fn default() -> Self {
        let workers = std::thread::available_parallelism().map_or(2, usize::from);
        Self { workers, slice: Duration::from_millis(2) }
    }
}
