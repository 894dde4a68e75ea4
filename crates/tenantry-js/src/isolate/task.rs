//! Tasks: one call into JavaScript each.

use std::time::{Duration, Instant};

use rquickjs::{Function, Promise};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use crate::host::TaskInfo;
use crate::{Data, JsError};

/// Where a task's answer goes.
pub(crate) type Reply = oneshot::Sender<Result<Data, JsError>>;

/// A task to start.
pub(crate) struct Start {
    pub(crate) info: TaskInfo,
    pub(crate) function: Box<str>,
    pub(crate) args: Vec<Data>,
    pub(crate) reply: Reply,
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
}

/// An operation or a timer that is under way.
pub(super) struct Operation<'js> {
    pub(super) task: u64,
    pub(super) abort: AbortHandle,
    pub(super) settle: Settle<'js>,
}

/// What happens when it is done.
pub(super) enum Settle<'js> {
    Promise { resolve: Function<'js>, reject: Function<'js> },
    Timer(Function<'js>),
}
