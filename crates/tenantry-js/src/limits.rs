//! What one isolate, and one task in it, may use.

use std::time::Duration;

/// The limits of an isolate. Each holds for itself; none may be left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of JavaScript's heap.
    pub memory: usize,
    /// Bytes of native stack that JavaScript may use. Held to [`Limits::MAX_STACK`].
    pub stack: usize,
    /// CPU time of one task, over all its parts.
    pub cpu: Duration,
    /// Wall time of one task, from its start to the settling of what it returned.
    pub wall: Duration,
    /// Bytes of what a task returns, or of what one call hands to the host.
    pub result: usize,
    /// Operations and timers open at once in the isolate.
    pub operations: usize,
    /// Tasks open at once in the isolate.
    pub tasks: usize,
}

impl Limits {
    /// The most stack that an isolate is given: its threads have no more.
    pub const MAX_STACK: usize = 4 << 20;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 64 << 20,
            stack: 512 << 10,
            cpu: Duration::from_millis(500),
            wall: Duration::from_secs(30),
            result: 16 << 20,
            operations: 1_000,
            tasks: 10_000,
        }
    }
}
