//! The `host` object: what prelude scripts, and nobody else, see of the host.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt;
use rquickjs::prelude::Rest;
use rquickjs::{Ctx, Error, Exception, Function, Object, Result, Value};

use super::actor::{Event, Shared};
use super::convert::{self, Unfit};
use super::native;
use super::outside::Held;
use super::realm::Realm;
use super::task::{Operation, Settle};
use crate::Data;
use crate::host::{HostError, LogEntry, LogLevel, TaskInfo};

/// Makes `host`.
pub(super) fn object<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let host = Object::new(ctx.clone())?;
    host.set("register", Function::new(ctx.clone(), register)?)?;
    host.set("module", Function::new(ctx.clone(), module)?)?;
    host.set("operation", Function::new(ctx.clone(), operation)?)?;
    host.set("call", Function::new(ctx.clone(), call)?)?;
    host.set("log", Function::new(ctx.clone(), log)?)?;
    host.set("task", Function::new(ctx.clone(), task)?)?;
    host.set("native", native::object(ctx)?)?;
    Ok(host)
}

/// `host.register(name, function)`: what `Isolate::run` finds by name.
fn register<'js>(ctx: Ctx<'js>, name: String, function: Function<'js>) {
    Realm::with(&ctx, |realm| realm.functions.borrow_mut().insert(name, function));
}

/// `host.module(name, exports)`: a module that tenants' code imports or requires by this name.
fn module<'js>(ctx: Ctx<'js>, name: String, exports: Object<'js>) {
    Realm::with(&ctx, |realm| realm.modules.borrow_mut().insert(name, exports));
}

/// `host.task()`: the number of the task whose event runs, or undefined.
fn task(ctx: Ctx<'_>) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a number of a task stays below 2^53")]
    Realm::with(&ctx, |realm| realm.current.borrow().as_ref().map(|task| task.id as f64))
}

/// `host.call(name, ...args)`.
fn call<'js>(ctx: Ctx<'js>, name: String, args: Rest<Value<'js>>) -> Result<Value<'js>> {
    let (info, args, _) = asked(&ctx, args.0)?;
    let shared = Realm::with(&ctx, |realm| realm.shared.clone());
    let called = catch_unwind(AssertUnwindSafe(|| shared.host.call(&info, &name, args)));
    match called.unwrap_or_else(|_| Err(panicked(&shared, &info, &name))) {
        Ok(data) => convert::to_js(&ctx, &data),
        Err(error) => Err(throw(&ctx, &error)),
    }
}

/// `host.operation(name, ...args)`: a promise.
fn operation<'js>(ctx: Ctx<'js>, name: String, args: Rest<Value<'js>>) -> Result<Value<'js>> {
    let (info, args, size) = asked(&ctx, args.0)?;
    let shared = Realm::with(&ctx, |realm| realm.shared.clone());
    let held = hold(&ctx, &shared, size)?;
    let began = catch_unwind(AssertUnwindSafe(|| shared.host.operation(&info, &name, args)));
    let future = began.map_err(|_| throw(&ctx, &panicked(&shared, &info, &name)))?;
    let future = async move {
        let _held = held;
        let done = AssertUnwindSafe(future).catch_unwind().await;
        done.unwrap_or_else(|_| Err(panicked(&shared, &info, &name)))
    };
    begin(&ctx, future).and_then(|mut begun| begun.pop().ok_or(Error::Unknown))
}

/// Tells the host that the running task asked for something that leads out of the sandbox.
pub(super) fn refused(ctx: &Ctx<'_>, what: &str) {
    let (shared, info) =
        Realm::with(ctx, |realm| (realm.shared.clone(), realm.current.borrow().clone()));
    shared.host.refused(info.as_ref(), what);
}

/// The host made a mistake: the error of who asked, who does not wait until the wall time for it.
fn panicked(shared: &Shared, task: &TaskInfo, name: &str) -> HostError {
    tracing::error!(isolate = %shared.name, operation = name, "an operation of the host panicked");
    let message = format!("the server made a mistake in {name}");
    let entry = LogEntry { level: LogLevel::Error, message: message.clone(), fields: None };
    shared.host.log(Some(task), entry);
    shared.host.panicked(task, name);
    HostError::new("INTERNAL_ERROR", message).with_status(500)
}

/// Starts an operation of the running task: its number and its promise.
pub(super) fn begin<'js>(
    ctx: &Ctx<'js>,
    future: impl Future<Output = std::result::Result<Data, HostError>> + Send + 'static,
) -> Result<Vec<Value<'js>>> {
    let (shared, actor, has_room, task) = Realm::with(ctx, |realm| {
        let task = realm.current.borrow().as_ref().map(|task| task.id);
        (realm.shared.clone(), realm.actor.clone(), realm.has_room(), task)
    });
    let Some(task) = task else { return Err(outside_of_tasks(ctx)) };
    if !has_room {
        let most = shared.limits.operations;
        let message = format!("{most} operations and timers are open");
        return Err(throw(ctx, &HostError::new("ERR_TOO_MANY_OPERATIONS", message)));
    }
    let (promise, resolve, reject) = ctx.promise()?;
    let id = Realm::with(ctx, Realm::next_operation);
    let handle = shared.tokio.spawn(async move {
        let result = future.await;
        if let Some(actor) = actor.upgrade() {
            actor.post_here(Event::Done { operation: id, result });
        }
    });
    let settle = Settle::Promise { resolve, reject };
    let operation = Operation { task, abort: handle.abort_handle(), settle };
    Realm::with(ctx, |realm| realm.open(id, operation));
    #[expect(clippy::cast_precision_loss, reason = "a number of an operation stays below 2^53")]
    let number = Value::new_number(ctx.clone(), id as f64);
    Ok(vec![number, promise.into_value()])
}

/// `host.log(level, message, fields)`: `fields` is text of JSON.
fn log<'js>(
    ctx: Ctx<'js>,
    level: String,
    message: rquickjs::String<'js>,
    fields: rquickjs::prelude::Opt<Option<String>>,
) -> Result<()> {
    let level = LogLevel::parse(&level).unwrap_or(LogLevel::Info);
    let message = convert::text(&message)?;
    let (shared, info) =
        Realm::with(&ctx, |realm| (realm.shared.clone(), realm.current.borrow().clone()));
    shared.host.log(info.as_ref(), LogEntry { level, message, fields: fields.0.flatten() });
    Ok(())
}

/// Holds what an operation has outside of the isolate's heap, where there is room for it.
pub(super) fn hold(ctx: &Ctx<'_>, shared: &Shared, size: usize) -> Result<Held> {
    shared.outside.hold(size).ok_or_else(|| {
        let most = shared.outside.most();
        let message = format!("the operations under way have more than {most} bytes");
        throw(ctx, &HostError::new("ERR_TOO_MANY_OPERATIONS", message))
    })
}

/// The task that asks, its arguments, and their size.
fn asked<'js>(ctx: &Ctx<'js>, args: Vec<Value<'js>>) -> Result<(TaskInfo, Vec<Data>, usize)> {
    let (info, limit) =
        Realm::with(ctx, |realm| (realm.current.borrow().clone(), realm.shared.limits.result));
    let Some(info) = info else {
        return Err(outside_of_tasks(ctx));
    };
    let read = convert::all_from_js(args, limit);
    let (read, size) = read.map_err(|unfit| unfit_error(ctx, &unfit))?;
    Ok((info, read, size))
}

fn outside_of_tasks(ctx: &Ctx<'_>) -> Error {
    Exception::throw_message(ctx, "the host is asked outside of any task")
}

pub(super) fn unfit_error(ctx: &Ctx<'_>, unfit: &Unfit) -> Error {
    match unfit {
        Unfit::Thrown => Error::Exception,
        other => Exception::throw_type(ctx, &other.to_string()),
    }
}

/// Throws a [`HostError`] into JavaScript.
fn throw(ctx: &Ctx<'_>, error: &HostError) -> Error {
    match to_exception(ctx, error) {
        Ok(value) => ctx.throw(value),
        Err(error) => error,
    }
}

/// A [`HostError`] as an `Error` object.
pub(super) fn to_exception<'js>(ctx: &Ctx<'js>, error: &HostError) -> Result<Value<'js>> {
    let object = Exception::from_message(ctx.clone(), &error.message)?.into_object();
    if !error.code.is_empty() {
        object.set("code", error.code.as_str())?;
    }
    if let Some(status) = error.status {
        object.set("statusCode", status)?;
    }
    for (key, value) in &error.fields {
        object.set(key.as_str(), convert::to_js(ctx, value)?)?;
    }
    Ok(object.into_value())
}
