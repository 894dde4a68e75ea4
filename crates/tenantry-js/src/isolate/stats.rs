//! An isolate's figures.

use std::time::Duration;

/// What an isolate uses and has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IsolateStats {
    /// Bytes of JavaScript's heap.
    pub memory: usize,
    /// CPU time of all its tasks.
    pub cpu: Duration,
    /// Tasks that have not ended.
    pub tasks_open: usize,
    /// Tasks started so far.
    pub tasks_total: u64,
    /// Whether it takes no new tasks because a limit was passed.
    pub condemned: bool,
}
