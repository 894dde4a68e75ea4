//! Turns on threads that are not the engine's: those that ask for a task.
//!
//! A task of some microseconds costs less than waking a worker and being woken by it. So an isolate
//! whose tasks are short (`isolate::record`) runs where the request for one is: on a thread of a
//! multi-threaded tokio runtime. One that turns out to be long hands over what else that thread had to
//! do to a new one, as `tokio::task::block_in_place` does, and goes to the workers from then on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};

use super::EngineInner;
use super::slot::Slot;
use crate::isolate::{Actor, Turn};

/// How long a guest goes on with an isolate's events: it has its own to look after.
const SLICE: Duration = Duration::from_micros(500);
/// A turn that took as long as this was long, whatever it was that took the time. No thread waits for a
/// processor for as long.
const LONG: Duration = Duration::from_millis(50);
/// How long another thread gets to take over, each time that JavaScript asks whether to go on.
const TAKE_OVER: Duration = Duration::from_millis(5);

/// Gives an isolate a turn on this thread. `None` if it is none that may.
pub(crate) fn turn(engine: &EngineInner, actor: &Arc<Actor>) -> Option<Turn> {
    let slot = Slot::of_guest(&engine.queue, engine.config.slice)?;
    if !engine.queue.guest_may_begin(actor.shared().guests) {
        return None;
    }
    slot.enter(actor);
    engine.queue.guest_began();
    let turn = catch_unwind(AssertUnwindSafe(|| actor.turn(SLICE)));
    let took = slot.leave(&engine.queue.lanes);
    if !slot.is_relieved() {
        engine.queue.guest_ended();
    }
    if slot.was_long() || took > LONG {
        actor.shared().record.was_long();
    }
    Some(turn.unwrap_or_else(|_| {
        actor.died();
        Turn::Idle
    }))
}

/// Has another thread do what else this one had to do, in the middle of a turn. Whether it is done.
pub(super) fn hand_over() -> bool {
    let Ok(handle) = Handle::try_current() else { return true };
    if handle.runtime_flavor() != RuntimeFlavor::MultiThread {
        return true;
    }
    // What is among this thread's work now runs once another thread has it.
    let is_taken = Arc::new(AtomicBool::new(false));
    let taken = is_taken.clone();
    handle.spawn(async move { taken.store(true, Ordering::Release) });
    // tokio gives the work to another thread, and takes it back when the closure ends unless that thread
    // has begun by then.
    let waiting = || {
        let until = Instant::now() + TAKE_OVER;
        while !is_taken.load(Ordering::Acquire) && Instant::now() < until {
            std::thread::sleep(Duration::from_micros(50));
        }
    };
    if catch_unwind(AssertUnwindSafe(|| tokio::task::block_in_place(waiting))).is_err() {
        tracing::debug!("a thread in a LocalSet cannot hand over its work");
        return true;
    }
    is_taken.load(Ordering::Acquire)
}
