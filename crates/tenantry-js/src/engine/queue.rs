//! Isolates that are ready, in the order in which they became so.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::EngineStats;
use crate::isolate::Actor;

#[derive(Default)]
pub(crate) struct RunQueue {
    state: Mutex<State>,
    ready: Condvar,
}

#[derive(Default)]
struct State {
    actors: VecDeque<Arc<Actor>>,
    /// Workers that wait for an isolate.
    idle: usize,
    /// Workers alive.
    workers: usize,
    closed: bool,
}

impl RunQueue {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, actor: Arc<Actor>) {
        let mut state = self.state();
        if state.closed {
            drop(state);
            actor.engine_closed();
            return;
        }
        state.actors.push_back(actor);
        if state.idle > 0 {
            drop(state);
            self.ready.notify_one();
        }
    }

    /// The next isolate, or `None` when the engine is closed.
    pub(crate) fn pop(&self) -> Option<Arc<Actor>> {
        let mut state = self.state();
        loop {
            if let Some(actor) = state.actors.pop_front() {
                return Some(actor);
            }
            if state.closed {
                return None;
            }
            state.idle += 1;
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    pub(crate) fn worker_started(&self) {
        self.state().workers += 1;
    }

    pub(crate) fn worker_ended(&self) {
        self.state().workers -= 1;
    }

    pub(crate) fn closed(&self) -> bool {
        self.state().closed
    }

    pub(crate) fn close(&self) {
        let waiting = {
            let mut state = self.state();
            state.closed = true;
            std::mem::take(&mut state.actors)
        };
        self.ready.notify_all();
        for actor in waiting {
            actor.engine_closed();
        }
    }

    pub(crate) fn stats(&self) -> EngineStats {
        let state = self.state();
        EngineStats {
            workers: state.workers,
            busy: state.workers - state.idle,
            waiting: state.actors.len(),
        }
    }
}
