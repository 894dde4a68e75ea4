//! Tasks: one call into JavaScript each.

use std::time::{Duration, Instant};

use rquickjs::{Function, Promise};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::hosted;
use crate::host::{HostError, TaskInfo};
use crate::{Data, JsError, Limits};

/// What lasts may use its CPU time once in so many times as long: a tenth of a processor.
const PERIOD: u32 = 10;

/// Where a task's answer goes.
pub(crate) type Reply = oneshot::Sender<Result<Data, JsError>>;

/// A task to start.
pub(crate) struct Start {
    pub(crate) info: TaskInfo,
    pub(crate) function: Box<str>,
    pub(crate) args: Vec<Data>,
    pub(crate) reply: Reply,
    /// Whether what it leaves behind goes on for as long as the isolate.
    pub(crate) lasting: bool,
}

/// A task that was started. It stays, answered, while operations or timers of its are open.
pub(super) struct Task<'js> {
    pub(super) info: TaskInfo,
    /// Until it is answered.
    pub(super) reply: Option<Reply>,
    /// What it returned and has not settled.
    pub(super) promise: Option<Promise<'js>>,
    pub(super) deadline: Instant,
    pub(super) cpu: Duration,
    /// Its operations and timers.
    pub(super) open: usize,
    /// Whether what it leaves behind goes on past its deadline.
    pub(super) lasting: bool,
    /// When what lasts begins to be counted anew.
    pub(super) period_ends: Instant,
}

impl Task<'_> {
    /// What the next event of it may use: the CPU time that counts already, and until when. None where it was answered
    /// and its time is over.
    pub(super) fn account(&mut self, limits: &Limits) -> Option<(Duration, Instant)> {
        let now = Instant::now();
        if self.is_over(now) {
            return None;
        }
        if self.reply.is_some() || !self.lasting {
            return Some((self.cpu, self.deadline));
        }
        if now >= self.period_ends {
            self.cpu = Duration::ZERO;
            self.period_ends = now + limits.cpu * PERIOD;
        }
        Some((self.cpu, now + limits.wall))
    }

    /// Whether nobody waits for it and it may not go on.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.reply.is_none() && !self.lasting && now >= self.deadline
    }
}

/// An operation or a timer that is under way.
pub(super) struct Operation<'js> {
    pub(super) task: u64,
    pub(super) abort: AbortHandle,
    pub(super) settle: Settle<'js>,
}

impl Operation<'_> {
    /// Ends it before it is done. Whoever waits for it hears of that with the isolate's next event: others than its task
    /// may wait, too.
    pub(super) fn end(self) {
        self.abort.abort();
        if let Settle::Promise { reject, .. } = self.settle {
            let error = HostError::new("ERR_TASK_ENDED", "the request that began it has ended");
            let told = hosted::to_exception(reject.ctx(), &error)
                .and_then(|error| reject.call::<_, ()>((error,)));
            if told.is_err() {
                // There is no memory for it.
                let _dropped = reject.ctx().catch();
            }
        }
    }
}

/// What happens when it is done.
pub(super) enum Settle<'js> {
    Promise { resolve: Function<'js>, reject: Function<'js> },
    Timer(Function<'js>),
}
