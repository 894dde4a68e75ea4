//! What a tenant's isolates may ask of the server.

use std::sync::Arc;

use tenantry_js::{BoxFuture, Data, Host, HostError, LogEntry, TaskContext, TaskInfo};

use crate::log::TenantLog;

/// What a task is run for: a request, by its id, or nothing.
struct TaskOf(Option<String>);

/// For a request, or for loading and ending.
pub(super) fn task(request_id: Option<String>) -> TaskContext {
    Arc::new(TaskOf(request_id))
}

/// The host of one tenant's isolates, where there is no database.
pub(super) struct TenantHost {
    pub(super) log: Arc<TenantLog>,
}

impl Host for TenantHost {
    fn operation(
        &self,
        _: &TaskInfo,
        name: &str,
        _: Vec<Data>,
    ) -> BoxFuture<'static, Result<Data, HostError>> {
        let error = match name.starts_with("db.") {
            true => no_database(),
            false => {
                let message = format!("the server has no operation {name:?}");
                HostError::new("ERR_HOST_UNKNOWN", message)
            }
        };
        Box::pin(async move { Err(error) })
    }

    fn log(&self, task: Option<&TaskInfo>, entry: LogEntry) {
        let of = task.and_then(|task| task.context.downcast_ref::<TaskOf>());
        self.log.add(of.and_then(|of| of.0.as_deref()), entry);
    }
}

fn no_database() -> HostError {
    let message = "this server has no database: set DATABASE_URL, or url under [connection] in \
                   tenantry.toml";
    HostError::new("DATABASE_NOT_CONFIGURED", message).with_status(503)
}
