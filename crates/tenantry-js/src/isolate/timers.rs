//! Timers: tokio sleeps, and a callback runs as an event of the task that started it.

use std::time::Duration;

use rquickjs::{Ctx, Exception, Function, Result};

use super::actor::Event;
use super::realm::Realm;
use super::task::{Operation, Settle};

/// `native.startTimer(callback, ms, repeat)`: its number.
pub(super) fn start<'js>(
    ctx: Ctx<'js>,
    callback: Function<'js>,
    ms: f64,
    repeat: bool,
) -> Result<u64> {
    let (shared, actor, id, has_room) = Realm::with(&ctx, |realm| {
        let has_room = realm.has_room();
        (realm.shared.clone(), realm.actor.clone(), realm.next_operation(), has_room)
    });
    if !has_room {
        let most = shared.limits.operations;
        let message = format!("{most} operations and timers are open");
        return Err(Exception::throw_range(&ctx, &message));
    }
    let task = Realm::with(&ctx, |realm| realm.current.borrow().as_ref().map_or(0, |task| task.id));
    let pause = Duration::from_micros((ms * 1000.0) as u64);
    let handle = shared.tokio.spawn(async move {
        loop {
            tokio::time::sleep(pause).await;
            let Some(actor) = actor.upgrade() else { return };
            if repeat {
                // The next period begins when this tick has run: ticks never pile up.
                let (ran, wait) = tokio::sync::oneshot::channel();
                actor.post(Event::Tick { timer: id, ran });
                drop(actor);
                if wait.await.is_err() {
                    return;
                }
            } else {
                actor.post_here(Event::Done { operation: id, result: Ok(crate::Data::Undefined) });
                return;
            }
        }
    });
    let settle = Settle::Timer(callback);
    Realm::with(&ctx, |realm| {
        realm.open(id, Operation { task, abort: handle.abort_handle(), settle });
    });
    Ok(id)
}

/// `native.stopTimer(number)`.
pub(super) fn stop(ctx: Ctx<'_>, number: f64) {
    // No other number is one: `as` makes 0 of what is none.
    let stopped = Realm::with(&ctx, |realm| realm.stop(number as u64));
    if let Some(operation) = stopped {
        operation.abort.abort();
    }
}
