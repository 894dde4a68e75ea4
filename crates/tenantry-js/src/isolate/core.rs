//! The QuickJS runtime of an isolate, and what its events do to it.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rquickjs::promise::PromiseState;
use rquickjs::{Context, Ctx, Error, Module, Runtime, Value};
use tokio::sync::oneshot;

use super::actor::{Actor, Event, Shared};
use super::budget::Stop;
use super::builtin;
use super::convert;
use super::heap::Counted;
use super::loader::{self, Modules};
use super::outcome::{Outcome, read, settled};
use super::realm::Realm;
use super::task::{Operation, Settle, Start, Task};
use super::{IsolateConfig, hosted, thrown};
use crate::host::{HostError, LogEntry, LogLevel, TaskInfo};
use crate::{Data, JsError, JsErrorKind, Limits, Script};

pub(super) struct Core {
    context: Context,
    runtime: Runtime,
    shared: Arc<Shared>,
    /// Nothing can run here any more.
    dead: Cell<bool>,
    /// The heap after it was collected last.
    collected: Cell<usize>,
}

/// Microtasks of a stopped event that are run off.
const LEFT: usize = 1_000;

/// How long those may take who waited for another task's operations.
const OFF: Duration = Duration::from_millis(10);

impl Core {
    /// Makes the runtime and runs the prelude.
    pub(super) fn new(actor: &Arc<Actor>, config: IsolateConfig) -> Result<Self, JsError> {
        let shared = actor.shared().clone();
        let failed = |error: Error| JsError::new(JsErrorKind::Memory, error.to_string());
        // The library does not expect that there may be no memory for it: it gets some beyond the limit.
        shared.heap.stop(true);
        let runtime = Runtime::new_with_alloc(Counted(shared.heap.clone())).map_err(failed);
        shared.heap.stop(false);
        let runtime = runtime?;
        runtime.set_max_stack_size(config.limits.stack.min(Limits::MAX_STACK));
        let context = Context::full(&runtime).map_err(failed)?;
        let budget = shared.budget.clone();
        runtime.set_interrupt_handler(Some(Box::new(move || budget.interrupt())));
        runtime.set_host_promise_rejection_tracker(Some(Box::new(track)));
        let (dead, collected) = (Cell::new(false), Cell::new(0));
        let core = Self { context, runtime, shared, dead, collected };
        core.runtime.set_gc_threshold(usize::MAX);
        core.prepare(actor, &config.prelude)?;
        let used = core.shared.heap.used();
        core.runtime.set_gc_threshold(used + used / 2);
        core.runtime.set_loader(
            Modules { source: config.modules.clone() },
            Modules { source: config.modules.clone() },
        );
        Ok(core)
    }

    fn prepare(&self, actor: &Arc<Actor>, prelude: &[Script]) -> Result<(), JsError> {
        let prelude: Vec<Script> = builtin::web().chain(prelude.iter().cloned()).collect();
        let scripts = Arc::new(loader::Preludes::new(&prelude));
        self.runtime
            .set_loader(loader::PreludeModules(scripts.clone()), loader::PreludeModules(scripts));
        let deadline = Instant::now() + self.shared.wall();
        self.shared.budget.begin(0, Duration::ZERO, deadline);
        let done = self.context.with(|ctx| {
            Realm::install(&ctx, actor)
                .and_then(|()| {
                    for script in &prelude {
                        let name = format!("{}{}", loader::PRELUDE, script.name);
                        let promise = Module::import(&ctx, name)?;
                        while ctx.execute_pending_job() {}
                        match promise.result::<Value<'_>>() {
                            Some(result) => drop(result?),
                            None => {
                                return Err(rquickjs::Exception::throw_message(
                                    &ctx,
                                    "a prelude script has no top-level await",
                                ));
                            }
                        }
                    }
                    Ok(())
                })
                .map_err(|error| thrown::caught(&ctx, error))
        });
        let (_, stop) = self.shared.budget.end();
        self.context.with(|ctx| {
            // There is none if it was stopped while that was made.
            if let Some(realm) = ctx.userdata::<Realm<'_>>() {
                realm.rejections.borrow_mut().clear();
            }
        });
        match stop {
            Some(stop) => Err(self.stopped(stop)),
            None => done,
        }
    }

    /// Handles events until there are none left or the time is over. `Some` when the isolate is
    /// to be closed, with whom to tell.
    pub(super) fn batch(
        &mut self,
        events: &mut VecDeque<Event>,
        until: Instant,
    ) -> Option<Option<oneshot::Sender<()>>> {
        self.context.with(|ctx| {
            while let Some(event) = events.pop_front() {
                match event {
                    Event::Start(start) => self.start(&ctx, *start),
                    Event::Done { operation, result } => self.done(&ctx, operation, result),
                    Event::Tick { timer, ran } => {
                        self.tick(&ctx, timer);
                        let _stopped = ran.send(());
                    }
                    Event::Cancel(task) => self.cancel(&ctx, task),
                    Event::Create(..) => {}
                    Event::Close(reply) => return Some(reply),
                }
                if self.dead.get() {
                    return Some(None);
                }
                if Instant::now() >= until {
                    break;
                }
            }
            self.settle_all(&ctx);
            self.collect(&ctx);
            self.dead.get().then_some(None)
        })
    }

    fn start<'js>(&self, ctx: &Ctx<'js>, start: Start) {
        if start.reply.is_closed() {
            return;
        }
        if let Some(why) = self.shared.condemned() {
            let _gone = start.reply.send(Err(JsError::condemned(why)));
            return;
        }
        let id = start.info.id;
        let deadline = Instant::now() + self.shared.wall();
        self.enter(ctx, start.info.clone(), Duration::ZERO, deadline);
        let called = self.call(ctx, &start);
        self.jobs(ctx);
        let outcome = match called {
            Ok(value) => match value.as_promise() {
                Some(promise) => match settled(ctx, promise, self.shared.limits.result) {
                    Some(outcome) => Ok(outcome),
                    None => Err(promise.clone()),
                },
                None => Ok(read(ctx, value, self.shared.limits.result)),
            },
            Err(error) => Ok(Err(error)),
        };
        let (cpu, stop) = self.leave(ctx, Duration::ZERO);
        let open = Realm::with(ctx, |realm| realm.opened.replace(0)).unsigned_abs();
        let mut task = Task {
            info: start.info,
            reply: Some(start.reply),
            promise: None,
            deadline,
            cpu,
            open,
            lasting: start.lasting,
            period_ends: Instant::now(),
        };
        if let Some(stop) = stop {
            self.finish(&mut task, Err(self.stopped(stop)));
            Realm::with(ctx, |realm| realm.forget(id));
            self.bury(ctx, stop);
            return;
        }
        match outcome {
            Ok(outcome) => {
                self.finish(&mut task, outcome);
                if task.open == 0 {
                    return;
                }
            }
            Err(promise) => task.promise = Some(promise),
        }
        Realm::with(ctx, |realm| realm.tasks.borrow_mut().insert(id, task));
    }

    fn call<'js>(&self, ctx: &Ctx<'js>, start: &Start) -> Result<Value<'js>, JsError> {
        let function =
            Realm::with(ctx, |realm| realm.functions.borrow().get(&*start.function).cloned());
        let Some(function) = function else {
            return Err(JsError::new(
                JsErrorKind::Thrown,
                format!("the prelude registered no function {:?}", start.function),
            ));
        };
        let called = || -> rquickjs::Result<Value<'js>> {
            let mut args = rquickjs::function::Args::new(ctx.clone(), start.args.len());
            for arg in &start.args {
                args.push_arg(convert::to_js(ctx, arg)?)?;
            }
            function.call_arg(args)
        };
        called().map_err(|error| thrown::caught(ctx, error))
    }

    /// An operation, or a timer, is done.
    fn done(&self, ctx: &Ctx<'_>, operation: u64, result: Result<Data, HostError>) {
        let found = Realm::with(ctx, |realm| realm.operations.borrow_mut().remove(&operation));
        let Some(found) = found else { return };
        let Some((id, cpu)) = self.reenter(ctx, found.task) else {
            found.end();
            self.run_off(ctx);
            return;
        };
        Realm::with(ctx, |realm| realm.opened.set(-1));
        if let Err(error) = &result
            && error.refusal
        {
            hosted::refused(ctx, &error.message);
        }
        let settled = match found.settle {
            Settle::Promise { resolve, reject } => match result {
                Ok(data) => {
                    convert::to_js(ctx, &data).and_then(|value| resolve.call::<_, ()>((value,)))
                }
                Err(error) => hosted::to_exception(ctx, &error)
                    .and_then(|error| reject.call::<_, ()>((error,))),
            },
            Settle::Timer(callback) => callback.call::<_, ()>(()),
        };
        self.log_thrown(ctx, settled);
        self.jobs(ctx);
        self.after(ctx, id, cpu);
    }

    /// An interval's time has come.
    fn tick(&self, ctx: &Ctx<'_>, timer: u64) {
        let found = Realm::with(ctx, |realm| match realm.operations.borrow().get(&timer) {
            Some(Operation { task, settle: Settle::Timer(callback), .. }) => {
                Some((*task, callback.clone()))
            }
            _ => None,
        });
        let Some((task, callback)) = found else { return };
        let Some((id, cpu)) = self.reenter(ctx, task) else {
            // Its task is not there, and it would tick for ever.
            let stopped = Realm::with(ctx, |realm| realm.operations.borrow_mut().remove(&timer));
            if let Some(operation) = stopped {
                operation.abort.abort();
            }
            self.run_off(ctx);
            return;
        };
        self.log_thrown(ctx, callback.call::<_, ()>(()));
        self.jobs(ctx);
        self.after(ctx, id, cpu);
    }

    /// Goes on with a task, if it may.
    fn reenter(&self, ctx: &Ctx<'_>, task: u64) -> Option<(u64, Duration)> {
        let (info, account) = Realm::with(ctx, |realm| {
            let mut tasks = realm.tasks.borrow_mut();
            let task = tasks.get_mut(&task)?;
            Some((task.info.clone(), task.account(&self.shared.limits)))
        })?;
        let id = info.id;
        let Some((cpu, deadline)) = account else {
            let wall = self.shared.limits.wall;
            let message =
                format!("what a task left behind was ended after its wall time of {wall:?}");
            self.shared
                .host
                .log(Some(&info), LogEntry { level: LogLevel::Warn, message, fields: None });
            Realm::with(ctx, |realm| realm.forget(id));
            return None;
        };
        self.enter(ctx, info, cpu, deadline);
        Some((id, cpu))
    }

    /// What a callback threw that has no caller.
    fn log_thrown(&self, ctx: &Ctx<'_>, result: rquickjs::Result<()>) {
        let Err(error) = result else { return };
        if self.shared.budget.stopped().is_some() {
            let _dropped = ctx.catch();
            return;
        }
        let error = thrown::caught(ctx, error);
        self.log_error(ctx, &format!("uncaught: {error}"));
    }

    fn log_error(&self, ctx: &Ctx<'_>, message: &str) {
        let info = Realm::with(ctx, |realm| realm.current.borrow().clone());
        let entry = LogEntry { level: LogLevel::Error, message: message.to_owned(), fields: None };
        self.shared.host.log(info.as_ref(), entry);
    }

    /// After an event of a task that was under way.
    fn after(&self, ctx: &Ctx<'_>, id: u64, before: Duration) {
        let promise = Realm::with(ctx, |realm| {
            realm.tasks.borrow().get(&id).and_then(|task| task.promise.clone())
        });
        let outcome = promise.and_then(|promise| settled(ctx, &promise, self.shared.limits.result));
        let (cpu, stop) = self.leave(ctx, before);
        let Some(mut task) = Realm::with(ctx, |realm| realm.tasks.borrow_mut().remove(&id)) else {
            return;
        };
        task.cpu = cpu;
        let opened = Realm::with(ctx, |realm| realm.opened.replace(0));
        task.open = task.open.saturating_add_signed(opened);
        if let Some(stop) = stop {
            let error = self.stopped(stop);
            if task.reply.is_none() {
                let message = format!("what a task left behind was stopped: {error}");
                let entry = LogEntry { level: LogLevel::Error, message, fields: None };
                self.shared.host.log(Some(&task.info), entry);
            }
            self.finish(&mut task, Err(error));
            Realm::with(ctx, |realm| realm.forget(id));
            self.bury(ctx, stop);
            return;
        }
        if let Some(outcome) = outcome {
            self.finish(&mut task, outcome);
        }
        if task.reply.is_some() || task.open > 0 {
            Realm::with(ctx, |realm| realm.tasks.borrow_mut().insert(id, task));
        }
    }

    /// Tasks whose promise was settled by another one's event.
    fn settle_all(&self, ctx: &Ctx<'_>) {
        let settled: Vec<(u64, TaskInfo, Duration, Instant)> = Realm::with(ctx, |realm| {
            let tasks = realm.tasks.borrow();
            let settled = tasks.iter().filter(|(_, task)| {
                task.promise.as_ref().is_some_and(|p| p.state() != PromiseState::Pending)
            });
            settled.map(|(id, task)| (*id, task.info.clone(), task.cpu, task.deadline)).collect()
        });
        for (id, info, cpu, deadline) in settled {
            self.enter(ctx, info, cpu, deadline);
            self.after(ctx, id, cpu);
        }
    }

    /// The caller of a task went away.
    fn cancel(&self, ctx: &Ctx<'_>, id: u64) {
        let task = Realm::with(ctx, |realm| realm.tasks.borrow_mut().remove(&id));
        if let Some(mut task) = task {
            self.finish(&mut task, Err(JsError::closed()));
            Realm::with(ctx, |realm| realm.forget(id));
        }
    }

    fn finish(&self, task: &mut Task<'_>, outcome: Outcome) {
        task.promise = None;
        if let Some(reply) = task.reply.take() {
            self.shared.host.ended(&task.info);
            let _gone = reply.send(outcome);
        }
    }

    fn enter(&self, ctx: &Ctx<'_>, info: TaskInfo, cpu: Duration, deadline: Instant) {
        self.shared.budget.begin(info.id, cpu, deadline);
        Realm::with(ctx, |realm| {
            realm.opened.set(0);
            realm.current.replace(Some(info));
        });
    }

    /// The CPU time of the task so far, and why it was stopped.
    fn leave(&self, ctx: &Ctx<'_>, before: Duration) -> (Duration, Option<Stop>) {
        // What reading the outcome set off, and then what nobody handled.
        self.jobs(ctx);
        self.rejections(ctx);
        self.jobs(ctx);
        let (used, stop) = self.shared.budget.end();
        let nanos = u64::try_from(used.as_nanos()).unwrap_or(u64::MAX);
        self.shared.cpu_nanos.fetch_add(nanos, Ordering::Relaxed);
        self.shared.pace.add(used);
        Realm::with(ctx, |realm| realm.current.replace(None));
        if let Some(stop @ (Stop::Cpu | Stop::Memory)) = stop {
            self.shared.condemn(match stop {
                Stop::Memory => "a task needed more memory than its limit",
                _ => "a task took more CPU time than its limit",
            });
        }
        (before + used, stop)
    }

    /// Runs off the microtasks that a stopped event left, each stopped where it asks. Where they
    /// go on for ever, the isolate is done with.
    fn bury(&self, ctx: &Ctx<'_>, stop: Stop) {
        self.shared.budget.begin(0, Duration::ZERO, Instant::now());
        self.shared.budget.bury(stop);
        let mut left = LEFT;
        while ctx.execute_pending_job() {
            left -= 1;
            if left == 0 {
                self.shared.condemn("a task that was stopped left work without end");
                self.dead.set(true);
                break;
            }
        }
        Realm::with(ctx, |realm| realm.rejections.borrow_mut().clear());
        self.shared.budget.end();
    }

    /// Those go on who wait for what has ended with a task that is over. Nobody's time counts, so it is little.
    fn run_off(&self, ctx: &Ctx<'_>) {
        self.shared.budget.begin(0, Duration::ZERO, Instant::now() + OFF);
        self.jobs(ctx);
        let (_, stop) = self.shared.budget.end();
        if let Some(stop) = stop {
            self.bury(ctx, stop);
        }
    }

    /// Collects cycles when the heap comes close to its limit: what is garbage is no reason to
    /// refuse memory.
    fn collect(&self, ctx: &Ctx<'_>) {
        let heap = &self.shared.heap;
        let (used, limit) = (heap.used(), heap.limit());
        if used > limit / 2 && used > self.collected.get() + limit / 8 {
            ctx.run_gc();
            self.collected.set(heap.used());
        } else if used < self.collected.get() {
            self.collected.set(used);
        }
    }

    /// Runs microtasks until there are none.
    fn jobs(&self, ctx: &Ctx<'_>) {
        while self.shared.budget.stopped().is_none() && ctx.execute_pending_job() {}
    }

    /// Logs what was rejected and handled by nobody.
    fn rejections(&self, ctx: &Ctx<'_>) {
        let left = Realm::with(ctx, |realm| std::mem::take(&mut *realm.rejections.borrow_mut()));
        for (promise, reason) in left {
            let awaited = promise
                .into_promise()
                .is_some_and(|promise| Realm::with(ctx, |realm| realm.awaited(&promise)));
            if awaited || self.shared.budget.stopped().is_some() {
                continue;
            }
            let error = thrown::of(ctx, reason);
            self.log_error(ctx, &format!("unhandled rejection: {error}"));
        }
    }

    fn stopped(&self, stop: Stop) -> JsError {
        let limits = &self.shared.limits;
        match stop {
            Stop::Cpu => JsError::new(
                JsErrorKind::Cpu,
                format!(
                    "the task took more CPU time than its {:?}",
                    self.shared.budget.cpu_limit()
                ),
            ),
            Stop::Wall => JsError::new(
                JsErrorKind::Wall,
                format!("the task took longer than its wall time of {:?}", self.shared.wall()),
            ),
            Stop::Memory => JsError::new(
                JsErrorKind::Memory,
                format!("the isolate needs more memory than its {} bytes", limits.memory),
            ),
            Stop::Cancelled => JsError::closed(),
        }
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.context.with(|ctx| Realm::clear(&ctx));
    }
}

/// Keeps what is rejected with nobody to handle it.
fn track<'js>(ctx: Ctx<'js>, promise: Value<'js>, reason: Value<'js>, handled: bool) {
    let Some(realm) = ctx.userdata::<Realm<'js>>() else { return };
    let mut rejections = realm.rejections.borrow_mut();
    if handled {
        rejections.retain(|(known, _)| *known != promise);
    } else if rejections.len() < 16 {
        rejections.push((promise, reason));
    }
}
