//! Whom the edge has identified, for native code that asks: kept in Rust, where no code of the application's reaches it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

/// Users by the numbers of their requests. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Users {
    known: Arc<Mutex<HashMap<u64, Arc<Value>>>>,
}

/// The user of one request, who is known until this is dropped.
pub(in crate::app) struct Known {
    users: Users,
    number: u64,
}

impl Users {
    /// Keeps a request's user.
    pub(super) fn keep(&self, number: u64, user: Value) -> Known {
        self.known().insert(number, Arc::new(user));
        Known { users: self.clone(), number }
    }

    /// Whose request it is, while it is under way.
    pub(super) fn of(&self, number: u64) -> Option<Arc<Value>> {
        self.known().get(&number).cloned()
    }

    fn known(&self) -> MutexGuard<'_, HashMap<u64, Arc<Value>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        self.users.known().remove(&self.number);
    }
}
