//! One thread that runs isolates, and the one that watches them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::queue::RunQueue;
use super::slot::Slot;
use crate::Limits;
use crate::isolate::Turn;

/// Native stack beside JavaScript's own: for the frames around it.
const STACK_AROUND: usize = 2 << 20;
/// How often the watchdog looks while isolates run.
const WATCH: Duration = Duration::from_millis(5);
/// A turn that lasts as long as this has stopped asking whether to go on.
const STUCK: Duration = Duration::from_millis(10);

/// Starts a worker. Whether the machine has a thread for it.
pub(super) fn start(queue: &Arc<RunQueue>, slice: Duration) -> bool {
    let queue = queue.clone();
    let started = std::thread::Builder::new()
        .name("tenantry-js".to_owned())
        .stack_size(Limits::MAX_STACK + STACK_AROUND)
        .spawn(move || {
            let slot = Slot::of_worker(&queue, slice);
            queue.worker_started(&slot);
            while let Some(actor) = queue.pop() {
                slot.enter(&actor);
                let turn = catch_unwind(AssertUnwindSafe(|| actor.turn(slice)));
                slot.leave(&queue.lanes);
                match turn {
                    Ok(Turn::More) => actor.go_on(),
                    Ok(Turn::Idle) => {}
                    Err(_) => actor.died(),
                }
                if slot.is_long() {
                    break;
                }
            }
            queue.worker_ended(&slot);
        });
    if let Err(error) = &started {
        tracing::error!(%error, "cannot start a thread for JavaScript");
    }
    started.is_ok()
}

/// Starts the watchdog: a worker stuck in C code, which never asks whether to go on, steps back
/// as well.
pub(super) fn watch(queue: &Arc<RunQueue>) {
    let queue = queue.clone();
    let started =
        std::thread::Builder::new().name("tenantry-js-watch".to_owned()).spawn(move || {
            while let Some(slots) = queue.watch(WATCH) {
                let mut guests_are_stuck = false;
                for slot in slots.iter().filter(|slot| slot.running() > STUCK) {
                    if !slot.is_guest() {
                        slot.step_back();
                    } else if !slot.is_relieved() {
                        guests_are_stuck = true;
                        slot.wake_others();
                    }
                    slot.starve();
                    slot.give_up();
                }
                queue.set_guests_are_stuck(guests_are_stuck);
            }
        });
    if let Err(error) = started {
        tracing::error!(%error, "cannot start the watchdog of JavaScript's threads");
    }
}
