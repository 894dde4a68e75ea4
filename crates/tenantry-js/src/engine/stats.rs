//! An engine's figures.

/// What an engine does just now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineStats {
    /// Threads that run isolates, spare ones included.
    pub workers: usize,
    /// Threads that are inside an isolate.
    pub busy: usize,
    /// Threads that have stepped back because their isolate runs longer than the slice.
    pub long: usize,
    /// Threads that are stuck in native code that neither asks whether to go on nor wants memory.
    pub lost: usize,
    /// Of those that have stepped back, how many go on; the others wait ([`EngineConfig::long_turns`](super::EngineConfig::long_turns)).
    pub going_on: usize,
    /// Isolates that are ready and wait for a thread.
    pub waiting: usize,
    /// How often, since the engine started, a turn that takes long has let go of its processor for a moment, for those
    /// who have short ones.
    pub rests: u64,
    /// Whether a thread of the tokio runtime is held back ([`Engine::hold_back_a_thread`](super::Engine::hold_back_a_thread)).
    pub holds_back: bool,
}
