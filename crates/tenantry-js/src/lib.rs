//! JavaScript in isolates: many small QuickJS runtimes in one process, each with its limits.
//!
//! An [`Engine`] has the threads. An [`Isolate`] is one QuickJS runtime: an actor with an inbox,
//! run by whichever thread is free. [`Isolate::run`] calls a function that the isolate's prelude
//! registered: that is a *task*, and everything it sets off, operations, timers, microtasks,
//! belongs to it until what it returned has settled.
//!
//! JavaScript reaches what the [`Host`] offers and nothing else. `host` is an object that
//! [prelude scripts](Script) alone see:
//!
//! | | |
//! |---|---|
//! | `host.register(name, function)` | what `Isolate::run` calls by name |
//! | `await host.operation(name, ...args)` | [`Host::operation`] |
//! | `host.call(name, ...args)` | [`Host::call`] |
//! | `host.log(level, message, fields?)` | [`Host::log`]; `fields` is text of JSON |
//! | `host.module(name, exports)` | a module that tenants' code imports or requires by that name; the keys of `exports` are its exports, `default` among them |
//! | `host.task()` | the number of the task that runs |
//!
//! Prelude scripts are ES modules without top-level `await`; they import each other by
//! `import { x } from "prelude:<name>"`. They run beside a tenant's code, in one realm: what they
//! use of JavaScript's own objects they keep from the beginning, and their internals they hand to
//! nobody.
//!
//! ```
//! use std::sync::Arc;
//! use tenantry_js::{Data, Engine, EngineConfig, IsolateConfig, Script};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tenantry_js::JsError> {
//! let engine = Engine::new(EngineConfig::default());
//! let mut config = IsolateConfig::new("acme");
//! config.prelude = vec![Script::new("hello", "host.register('hello', (name) => `hello ${name}`);")];
//! let isolate = engine.isolate(config).await?;
//! let answer = isolate.run("hello", vec!["you".into()], Arc::new(())).await?;
//! assert_eq!(answer, Data::from("hello you"));
//! # Ok(()) }
//! ```

mod data;
mod engine;
mod error;
mod fetch;
mod host;
mod isolate;
mod limits;
mod modules;
mod script;

pub use data::Data;
pub use engine::{Engine, EngineConfig, EngineStats};
pub use error::{JsError, JsErrorKind, Location};
pub use fetch::FetchPolicy;
pub use host::{Host, HostError, LogEntry, LogLevel, NoHost, TaskContext, TaskInfo};
pub use isolate::{Isolate, IsolateConfig, IsolateStats};
pub use limits::Limits;
pub use modules::{Folder, Memory, ModuleError, ModuleKind, ModuleSource, ModuleText, Overlay};
pub use script::Script;

// Re-exported because they are in public signatures.
pub use bytes::Bytes;
pub use futures_util::future::BoxFuture;
