//! A thread of a tokio runtime that is held back until isolates are stuck on the others.
//!
//! With as many threads at work as there are processors a small answer takes about a tenth less than with one more;
//! and with one more, native code that never asks whether to go on can never hold them all.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;

/// How long it takes at most until a runtime's thread has come, or else it is tried later.
const COMING: Duration = Duration::from_millis(50);

/// The thread, which waits in a task of the runtime's.
pub(super) struct Spare {
    tokio: Handle,
    held: Arc<Held>,
}

#[derive(Default)]
struct Held {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Whether a thread that comes has to wait.
    wanted: bool,
    /// There is a task for it: never a second one, which would take another thread.
    has_task: bool,
    /// The task runs.
    has_come: bool,
    closed: bool,
}

impl Held {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits on the runtime's thread for as long as it is wanted.
    fn wait(&self) {
        let mut state = self.state();
        state.has_come = true;
        self.changed.notify_all();
        while state.wanted {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        *state = State { closed: state.closed, ..State::default() };
    }
}

impl Spare {
    pub(super) fn new(tokio: Handle) -> Self {
        Self { tokio, held: Arc::default() }
    }

    /// Holds a thread back, if none is. Not to be called on one of the runtime's.
    pub(super) fn hold(&self) {
        let mut state = self.held.state();
        if state.wanted || state.closed {
            return;
        }
        state.wanted = true;
        if !std::mem::replace(&mut state.has_task, true) {
            let held = self.held.clone();
            drop(self.tokio.spawn(async move { held.wait() }));
        }
        let has_not_come = |state: &mut State| !state.has_come && state.wanted;
        let (mut state, _late) = self
            .held
            .changed
            .wait_timeout_while(state, COMING, has_not_come)
            .unwrap_or_else(PoisonError::into_inner);
        if !state.has_come {
            state.wanted = false;
            return;
        }
        drop(state);
        // It may be the one that has looked for I/O and timers until now, and the others sleep until they are told.
        drop(self.tokio.spawn(async {}));
    }

    /// Lets it go, if one is held back.
    pub(super) fn let_go(&self) {
        self.held.state().wanted = false;
        self.held.changed.notify_all();
    }

    /// Lets it go for good.
    pub(super) fn close(&self) {
        self.held.state().closed = true;
        self.let_go();
    }

    /// Whether a thread waits.
    pub(super) fn is_held(&self) -> bool {
        let state = self.held.state();
        state.wanted && state.has_come
    }
}
