//! One thread that runs isolates.

use std::sync::Arc;
use std::time::Duration;

use super::queue::RunQueue;
use crate::Limits;
use crate::isolate::Turn;

/// Native stack beside JavaScript's own: for the frames around it.
const STACK_AROUND: usize = 2 << 20;

pub(super) fn start(queue: &Arc<RunQueue>, slice: Duration, number: usize) {
    let queue = queue.clone();
    queue.worker_started();
    let started = std::thread::Builder::new()
        .name(format!("tenantry-js-{number}"))
        .stack_size(Limits::MAX_STACK + STACK_AROUND)
        .spawn({
            let queue = queue.clone();
            move || {
                while let Some(actor) = queue.pop() {
                    if matches!(actor.turn(slice), Turn::More) {
                        queue.push(actor);
                    }
                }
                queue.worker_ended();
            }
        });
    if let Err(error) = started {
        queue.worker_ended();
        tracing::error!(%error, "cannot start a thread for JavaScript");
    }
}
