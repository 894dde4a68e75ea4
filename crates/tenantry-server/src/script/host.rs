//! What a tenant's isolates may ask of the server.

use std::sync::Arc;

use tenantry_js::{BoxFuture, Data, Host, HostError, LogEntry, TaskContext, TaskInfo};

use crate::{
    database::{TaskData, TenantDatabase},
    log::TenantLog,
};

/// What a task is run for.
pub(super) struct TaskOf {
    request_id: Option<String>,
    data: Option<Arc<TaskData>>,
}

impl TaskOf {
    /// For a request, or for loading and ending.
    pub(super) fn new(
        request_id: Option<String>,
        database: Option<&TenantDatabase>,
    ) -> TaskContext {
        Arc::new(Self { request_id, data: database.map(TenantDatabase::task) })
    }

    fn of(task: &TaskInfo) -> Option<&Self> {
        task.context.downcast_ref()
    }
}

/// The host of one tenant's isolates.
pub(super) struct TenantHost {
    pub(super) database: Option<TenantDatabase>,
    pub(super) log: Arc<TenantLog>,
}

impl Host for TenantHost {
    fn operation(
        &self,
        task: &TaskInfo,
        name: &str,
        args: Vec<Data>,
    ) -> BoxFuture<'static, Result<Data, HostError>> {
        let refused = match (&self.database, TaskOf::of(task).and_then(|task| task.data.as_ref())) {
            (Some(database), Some(data)) => match database.operation(data, name, args) {
                Some(operation) => return operation,
                None => unknown(name),
            },
            _ if name.starts_with("db.") => no_database(),
            _ => unknown(name),
        };
        Box::pin(async move { Err(refused) })
    }

    fn log(&self, task: Option<&TaskInfo>, entry: LogEntry) {
        let request_id = task.and_then(TaskOf::of).and_then(|task| task.request_id.as_deref());
        self.log.add(request_id, entry);
    }

    fn ended(&self, task: &TaskInfo) {
        if let Some(data) = TaskOf::of(task).and_then(|task| task.data.as_ref()) {
            data.end();
        }
    }
}

fn no_database() -> HostError {
    let message = "this server has no database: set DATABASE_URL, or url under [connection] in \
                   tenantry.toml";
    HostError::new("DATABASE_NOT_CONFIGURED", message).with_status(503)
}

fn unknown(name: &str) -> HostError {
    HostError::new("ERR_HOST_UNKNOWN", format!("the server has no operation {name:?}"))
}
