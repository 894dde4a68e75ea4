//! Turns on threads that are not the engine's: those that ask for a task.
//!
//! A task of some microseconds costs less than waking a worker and being woken by it. So an isolate
//! whose tasks are short (`isolate::record`) runs where the request for one is: on a thread of a
//! multi-threaded tokio runtime. One that turns out to be long hands over what else that thread had to
//! do to a new one, as `tokio::task::block_in_place` does, and goes to the workers from then on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};

use super::EngineInner;
use super::slot::Slot;
use crate::isolate::{Actor, Turn};

/// How long a guest goes on with an isolate's events: it has its own to look after.
const SLICE: Duration = Duration::from_micros(500);
/// A turn that took as long as this was long, whatever it was that took the time. No thread waits for a
/// processor for as long.
const LONG: Duration = Duration::from_millis(50);
/// How long another thread gets to take over.
const TAKE_OVER: Duration = Duration::from_micros(300);

/// Gives an isolate a turn on this thread. `None` if it is none that may.
pub(crate) fn turn(engine: &EngineInner, actor: &Arc<Actor>) -> Option<Turn> {
    let slot = Slot::of_guest(&engine.queue, engine.config.slice)?;
    slot.enter(actor);
    engine.queue.guest_began();
    let turn = catch_unwind(AssertUnwindSafe(|| actor.turn(SLICE)));
    let took = slot.leave();
    if slot.was_long() || took > LONG {
        actor.shared().record.was_long();
    }
    Some(turn.unwrap_or_else(|_| {
        actor.died();
        Turn::Idle
    }))
}

/// Has another thread do what else this one had to do. Called in the middle of a turn.
pub(super) fn hand_over() {
    let is_shared = Handle::try_current()
        .is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
    if is_shared {
        // tokio gives the rest to another thread, and takes it back when the closure ends unless
        // that thread has begun by then.
        let handed = || tokio::task::block_in_place(|| std::thread::sleep(TAKE_OVER));
        if catch_unwind(handed).is_err() {
            tracing::debug!("a thread in a LocalSet cannot hand over its work");
        }
    }
}
