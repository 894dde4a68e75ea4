use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{runtime::Handle, sync::Semaphore};

use super::transactions::Open;

/// What belongs to one task of a tenant's JavaScript: its open transactions, and how many statements it may
/// run at once.
///
/// Ended or dropped, it rolls back what is open.
#[derive(Debug)]
pub struct TaskData {
    state: Mutex<State>,
    /// How many statements of the task may be under way.
    pub(super) statements: Arc<Semaphore>,
    runtime: Handle,
}

#[derive(Debug, Default)]
struct State {
    transactions: HashMap<u64, Arc<Open>>,
    last: u64,
    has_ended: bool,
}

impl TaskData {
    /// A task that has begun.
    pub(super) fn new(max_open: usize, runtime: Handle) -> Self {
        Self {
            state: Mutex::default(),
            statements: Arc::new(Semaphore::new(max_open.max(1))),
            runtime,
        }
    }

    /// The task has ended: what it left open is rolled back, and it can open nothing more.
    pub fn end(&self) {
        let mut state = self.state();
        state.has_ended = true;
        let open: Vec<Arc<Open>> = state.transactions.drain().map(|(_, open)| open).collect();
        drop(state);
        if !open.is_empty() {
            // Connections are given back on the runtime.
            self.runtime.spawn(async move {
                for open in open {
                    open.close().await;
                }
            });
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number for a transaction about to be opened.
    pub(super) fn number(&self) -> u64 {
        let mut state = self.state();
        state.last += 1;
        state.last
    }

    /// Keeps a transaction under its number. Whether the task goes on.
    pub(super) fn keep(&self, number: u64, open: &Arc<Open>) -> bool {
        let mut state = self.state();
        if state.has_ended {
            return false;
        }
        state.transactions.insert(number, Arc::clone(open));
        true
    }

    pub(super) fn transaction(&self, number: u64) -> Option<Arc<Open>> {
        self.state().transactions.get(&number).cloned()
    }

    pub(super) fn forget(&self, number: u64) {
        self.state().transactions.remove(&number);
    }
}

impl Drop for TaskData {
    fn drop(&mut self) {
        self.end();
    }
}
