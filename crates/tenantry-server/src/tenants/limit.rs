//! How often something may happen.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How many may happen at once.
const BURST: u32 = 8;
/// How long until one more may.
const EACH: Duration = Duration::from_millis(250);

/// Lets something happen a few times at once, and then only now and then.
#[derive(Debug)]
pub(super) struct Rate(Mutex<(u32, Instant)>);

impl Rate {
    pub(super) fn new() -> Self {
        Self(Mutex::new((BURST, Instant::now())))
    }

    /// Whether it may happen now; it counts if so.
    pub(super) fn take(&self) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, since) = &mut *state;
        let gained = since.elapsed().as_millis() / EACH.as_millis();
        let gained = u32::try_from(gained).unwrap_or(u32::MAX);
        if gained > 0 {
            *left = left.saturating_add(gained).min(BURST);
            *since = Instant::now();
        }
        let may = *left > 0;
        *left = left.saturating_sub(1);
        may
    }
}
