//! What an isolate may ask of the program around it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::Data;

/// What a task is run for: a tenant's request, a database handle… Only the host looks into it.
pub type TaskContext = Arc<dyn Any + Send + Sync>;

/// The task that a call to the host belongs to.
#[derive(Clone)]
pub struct TaskInfo {
    /// Its number, unique in the engine.
    pub id: u64,
    /// The isolate's name.
    pub isolate: Arc<str>,
    /// What it was started with.
    pub context: TaskContext,
}

impl fmt::Debug for TaskInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskInfo").field("id", &self.id).field("isolate", &self.isolate).finish()
    }
}

/// The program around the isolates. JavaScript reaches nothing but this.
pub trait Host: Send + Sync + 'static {
    /// `await host.operation(name, ...args)`. The future runs on tokio and is dropped when the task
    /// is cancelled or the isolate closes. Called on a JavaScript thread: start quickly.
    fn operation(
        &self,
        task: &TaskInfo,
        name: &str,
        args: Vec<Data>,
    ) -> BoxFuture<'static, Result<Data, HostError>> {
        let _ = (task, args);
        let error = HostError::unknown(name);
        Box::pin(async move { Err(error) })
    }

    /// `host.call(name, ...args)`: synchronous, and must be quick, for JavaScript waits.
    fn call(&self, task: &TaskInfo, name: &str, args: Vec<Data>) -> Result<Data, HostError> {
        let _ = (task, args);
        Err(HostError::unknown(name))
    }

    /// What code logged: `console`, `host.log`, or the isolate itself (an unhandled rejection).
    fn log(&self, task: Option<&TaskInfo>, entry: LogEntry) {
        let _ = (task, entry);
    }

    /// Code asked for something that leads out of the sandbox, and was refused: a module that is not its
    /// own, a fetch that is not allowed, an operation that failed with [`HostError::refusal`]. Whatever
    /// it makes of the error, this is told, for the log and for counting.
    fn refused(&self, task: Option<&TaskInfo>, what: &str) {
        let _ = (task, what);
    }

    /// An operation or a call of the host's panicked. Whoever asked for it has an `INTERNAL_ERROR`, and
    /// the log says so; this is for counting.
    fn panicked(&self, task: &TaskInfo, name: &str) {
        let _ = (task, name);
    }

    /// A task has ended: answered, failed or cancelled. Its timers may outlive it.
    fn ended(&self, task: &TaskInfo) {
        let _ = task;
    }

    /// What a task is run for that comes after another one has [ended](Self::ended) and is for the same, such as the
    /// hooks after a request's answer: what ended with that one is there anew. By default it is the very same.
    fn renewed(&self, context: &TaskContext) -> TaskContext {
        Arc::clone(context)
    }
}

/// A host that offers nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

impl Host for NoHost {}

/// What the host throws into JavaScript: an `Error` with `code`, `statusCode` and the fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostError {
    /// A stable code, `error.code`.
    pub code: String,
    /// `error.message`.
    pub message: String,
    /// `error.statusCode`, when it means one of HTTP's.
    pub status: Option<u16>,
    /// More properties of the error.
    pub fields: Vec<(String, Data)>,
    /// Whether what was asked for leads out of the sandbox: [`Host::refused`] hears of it then.
    pub refusal: bool,
}

impl HostError {
    /// An error with a code and a message.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), ..Self::default() }
    }

    /// With the HTTP status it stands for.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// With one more property.
    #[must_use]
    pub fn with_field(mut self, name: impl Into<String>, value: impl Into<Data>) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// As the answer to something that leads out of the sandbox.
    #[must_use]
    pub fn as_refusal(mut self) -> Self {
        self.refusal = true;
        self
    }

    fn unknown(name: &str) -> Self {
        Self::new("ERR_HOST_UNKNOWN", format!("the host has no operation {name:?}"))
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for HostError {}

/// One line of a tenant's log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    /// How much it matters.
    pub level: LogLevel,
    /// The message, without line breaks or control characters other than tabs escaped away: the
    /// host escapes for the format it writes.
    pub message: String,
    /// A JSON object of further fields, when there are some.
    pub fields: Option<String>,
}

/// pino's levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum LogLevel {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

impl LogLevel {
    /// From its name, in lower case; `log` is `Info`.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "trace" => Self::Trace,
            "debug" => Self::Debug,
            "info" | "log" => Self::Info,
            "warn" => Self::Warn,
            "error" => Self::Error,
            "fatal" => Self::Fatal,
            _ => return None,
        })
    }

    /// Its name, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}
