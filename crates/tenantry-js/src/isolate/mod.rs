//! One isolate: a QuickJS runtime of its own, run as an actor.

mod actor;
mod budget;
mod builtin;
mod bytecode;
mod captured;
mod commonjs;
mod config;
mod convert;
mod core;
mod digests;
mod eval;
mod fetching;
mod heap;
mod hosted;
mod json;
mod loader;
mod native;
mod outcome;
mod outside;
mod realm;
mod record;
mod signatures;
mod stats;
mod task;
mod thrown;
mod timers;
mod typescript;
mod views;

pub(crate) use actor::{Actor, Turn};
pub(crate) use bytecode::Compiled;
pub use config::IsolateConfig;
pub use record::Record;
pub use stats::IsolateStats;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::engine::EngineInner;
use crate::host::{TaskContext, TaskInfo};
use crate::{Data, JsError, JsErrorKind};
use actor::Event;
use task::Start;

/// A handle of an isolate. Cheap to clone; the isolate closes with its last handle.
#[derive(Clone, Debug)]
pub struct Isolate {
    handle: Arc<Handle>,
}

#[derive(Debug)]
struct Handle {
    actor: Arc<Actor>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.actor.post(Event::Close(None));
    }
}

impl Isolate {
    pub(crate) async fn create(
        engine: Arc<EngineInner>,
        config: IsolateConfig,
    ) -> Result<Self, JsError> {
        let actor = Actor::new(engine, &config);
        let isolate = Self { handle: Arc::new(Handle { actor: actor.clone() }) };
        let (reply, made) = oneshot::channel();
        actor.post(Event::Create(Box::new(config), reply));
        made.await.unwrap_or_else(|_| Err(JsError::closed()))?;
        Ok(isolate)
    }

    /// Calls a function that the prelude registered and waits for what it returns, or for the
    /// settling of the promise that it returns.
    ///
    /// Fails with the exception ([`JsErrorKind::Thrown`]) or the limit that was passed. Dropping
    /// the future cancels the task: its operations are dropped, its later events ignored.
    ///
    /// What it leaves behind (timers, operations, `async` functions that nobody waits for) may go on until its wall time
    /// is over, and uses its CPU time; then it ends. Only what was started before [`loaded`](Self::loaded) goes on for
    /// longer, as in [`run_lasting`](Self::run_lasting).
    pub async fn run(
        &self,
        function: &str,
        args: Vec<Data>,
        context: TaskContext,
    ) -> Result<Data, JsError> {
        let lasting = !self.handle.actor.shared().is_loaded();
        self.task(function, args, context, lasting).await
    }

    /// As [`run`](Self::run), and what the task leaves behind goes on for as long as the isolate, with its CPU time
    /// once in ten times as long: a tenth of a processor.
    pub async fn run_lasting(
        &self,
        function: &str,
        args: Vec<Data>,
        context: TaskContext,
    ) -> Result<Data, JsError> {
        self.task(function, args, context, true).await
    }

    async fn task(
        &self,
        function: &str,
        args: Vec<Data>,
        context: TaskContext,
        lasting: bool,
    ) -> Result<Data, JsError> {
        let actor = &self.handle.actor;
        let shared = actor.shared();
        shared.check_open()?;
        if actor.engine().queue.closed() {
            return Err(JsError::closed());
        }
        let id = actor.engine().next_task();
        let info = TaskInfo { id, isolate: shared.name.clone(), context };
        let (reply, mut answer) = oneshot::channel();
        let wall = shared.wall();
        shared.task_started();
        let mut cancel = CancelOnDrop { actor, task: Some(id) };
        let start = Start { info, function: function.into(), args, reply, lasting };
        actor.post_here(Event::Start(Box::new(start)));
        // Mostly it is there by now, and no timer is needed.
        if let Ok(answer) = answer.try_recv() {
            cancel.task = None;
            return answer;
        }
        let answer = tokio::time::timeout(wall, answer).await;
        let Ok(answer) = answer else {
            if shared.budget.is_deaf(id) {
                // It will be stopped, but nobody is to wait for that.
                shared.condemn("a task went on past its wall time");
            }
            return Err(JsError::new(
                JsErrorKind::Wall,
                format!("the task took longer than its wall time of {wall:?}"),
            ));
        };
        cancel.task = None;
        answer.unwrap_or_else(|_| Err(JsError::closed()))
    }

    /// Says that what is to be loaded is: tasks that start from now on have the limits of tasks, and no
    /// longer [`IsolateConfig::loading`].
    pub fn loaded(&self) {
        self.handle.actor.shared().loaded();
    }

    /// The isolate's name.
    pub fn name(&self) -> &str {
        &self.handle.actor.shared().name
    }

    /// What the isolate uses.
    pub fn stats(&self) -> IsolateStats {
        self.handle.actor.shared().stats()
    }

    /// Takes no more tasks, lets those that are open end within the given time, and frees the
    /// isolate. Tasks that have not ended fail with [`JsErrorKind::Closed`].
    pub async fn close(&self, within: Duration) {
        let (reply, closed) = oneshot::channel();
        let actor = &self.handle.actor;
        actor.shared().stop_taking();
        let _ended = tokio::time::timeout(within, actor.shared().drained()).await;
        actor.post(Event::Close(Some(reply)));
        // Where native code holds it, it is freed when that ends.
        let _closed = tokio::time::timeout(within, closed).await;
    }
}

struct CancelOnDrop<'a> {
    actor: &'a Arc<Actor>,
    task: Option<u64>,
}

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        if let Some(task) = self.task {
            self.actor.shared().budget.cancel(task);
            self.actor.post(Event::Cancel(task));
        }
        self.actor.shared().task_ended();
    }
}
