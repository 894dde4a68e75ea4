//! What a tenant's isolates may ask of the server.

use std::sync::Arc;

use tenantry_js::{BoxFuture, Data, Host, HostError, LogEntry, TaskContext, TaskInfo};

use crate::{
    database::{TaskData, TenantDatabase},
    log::TenantLog,
};

/// What a task is run for.
struct TaskOf {
    /// The request, if there is one.
    request_id: Option<String>,
    data: Option<Arc<TaskData>>,
}

/// The host of one tenant's isolates.
#[derive(Clone)]
pub(super) struct TenantHost {
    pub(super) database: Option<TenantDatabase>,
    pub(super) log: Arc<TenantLog>,
}

impl TenantHost {
    /// What a task is run for: a request, or loading and ending.
    pub(super) fn task(&self, request_id: Option<String>) -> TaskContext {
        let data = self.database.as_ref().map(TenantDatabase::task);
        Arc::new(TaskOf { request_id, data })
    }
}

fn of(task: &TaskInfo) -> Option<&TaskOf> {
    task.context.downcast_ref()
}

fn request_of(task: Option<&TaskInfo>) -> Option<&str> {
    task.and_then(of).and_then(|task| task.request_id.as_deref())
}

impl Host for TenantHost {
    fn operation(
        &self,
        task: &TaskInfo,
        name: &str,
        args: Vec<Data>,
    ) -> BoxFuture<'static, Result<Data, HostError>> {
        if !name.starts_with("db.") {
            return refused(unknown(name));
        }
        let data = of(task).and_then(|task| task.data.as_ref());
        let (Some(database), Some(data)) = (&self.database, data) else {
            return refused(no_database());
        };
        database.operation(data, name, args).unwrap_or_else(|| refused(unknown(name)))
    }

    fn log(&self, task: Option<&TaskInfo>, entry: LogEntry) {
        self.log.add(request_of(task), entry);
    }

    fn refused(&self, task: Option<&TaskInfo>, what: &str) {
        self.log.refused(request_of(task), what);
    }

    fn panicked(&self, _task: &TaskInfo, _name: &str) {
        metrics::counter!("tenantry_host_panics_total").increment(1);
    }

    fn ended(&self, task: &TaskInfo) {
        if let Some(data) = of(task).and_then(|task| task.data.as_ref()) {
            data.end();
        }
    }

    /// Of the same request, with data of its own: what a request has left open is rolled back with its answer.
    fn renewed(&self, context: &TaskContext) -> TaskContext {
        let before: Option<&TaskOf> = context.downcast_ref();
        self.task(before.and_then(|before| before.request_id.clone()))
    }
}

fn refused(error: HostError) -> BoxFuture<'static, Result<Data, HostError>> {
    Box::pin(async move { Err(error) })
}

fn no_database() -> HostError {
    let message = "this server has no database: set DATABASE_URL, or url under [connection] in \
                   tenantry.toml";
    HostError::new("DATABASE_NOT_CONFIGURED", message).with_status(503)
}

fn unknown(name: &str) -> HostError {
    HostError::new("ERR_HOST_UNKNOWN", format!("the server has no operation {name:?}"))
}
