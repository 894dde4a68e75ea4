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
//! # Limits
//!
//! [`Limits`] hold for memory, stack, CPU and wall time of a task, what it returns, and what it has
//! open. Past CPU time, wall time or memory, JavaScript is stopped where no `catch`, `finally` or
//! promise handler sees it; after CPU time and memory the isolate is *condemned*: it takes no new
//! task, those open in it may end, and its owner makes another. A recursion without end is an
//! error like any other ([`JsErrorKind::Stack`]).
//!
//! A thread whose isolate runs for longer than 2 ms at a stretch steps back to a low priority, and
//! a new thread takes its place: an endless loop gets what the others leave. Loops in QuickJS's C
//! code that never ask whether to go on are kept from unbounded lengths by `js/web/guards.js`
//! (arrays beyond 2^24 elements are refused by such methods as `fill`, `slice` and `sort`); one
//! that goes on for all that is given no memory any more, which ends it where it allocates.
//!
//! What a task leaves running when it is answered, timers and operations, goes on, each event of
//! it with a budget of its own, until the isolate closes.
//!
//! # What tenants' code finds
//!
//! `console`, timers, `URL`, `URLSearchParams`, `TextEncoder`, `TextDecoder` (UTF-8 and Latin-1),
//! `structuredClone` (without transfer), `Event`, `EventTarget`, `AbortController`, `AbortSignal`,
//! `atob`, `btoa`, `crypto` (random values, UUIDs, SHA-2 digests), `performance.now`, `fetch` with
//! `Headers`, `Request` and `Response` (whole bodies, no streams; a 304 or 1xx answer has none),
//! `process` (`env`, versions, `nextTick`, `hrtime`, `uptime`), `Buffer` once `node:buffer` is
//! imported. No `Atomics`, no `SharedArrayBuffer`, no `WebAssembly`, no `Intl`.
//!
//! Modules: ES modules with top-level `await`, CommonJS (its exports are read when the importing
//! module is loaded, before any ES module of that graph runs), JSON, TypeScript with the feature
//! `typescript`; `node:` `assert`, `buffer`, `crypto` (SHA-2, HMAC, random), `events`, `path`,
//! `querystring`, `timers`, `timers/promises`, `url`, `util`. The other modules of Node's are refused by name
//! when they are loaded.
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
pub use isolate::{Isolate, IsolateConfig, IsolateStats, Record};
pub use limits::Limits;
pub use modules::{
    Folder, Memory, ModuleError, ModuleKind, ModuleSource, ModuleText, Overlay, PackageExports,
};
pub use script::Script;

// Re-exported because they are in public signatures.
pub use bytes::Bytes;
pub use futures_util::future::BoxFuture;
