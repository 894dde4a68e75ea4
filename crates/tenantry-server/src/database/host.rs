use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tenantry_js::{BoxFuture, Data, Host, HostError, LogEntry, TaskInfo};

use super::{task::TaskData, tenant::TenantDatabase};

/// A host that answers the operations `db.*` with a tenant's data, and leaves all else to another.
///
/// What a task leaves open is rolled back when it ends.
#[derive(Clone)]
pub struct DatabaseHost {
    database: TenantDatabase,
    inner: Arc<dyn Host>,
    tasks: Arc<Tasks>,
}

/// The tasks that have an operation under way, or a transaction open.
#[derive(Default)]
struct Tasks(Mutex<HashMap<u64, Entry>>);

struct Entry {
    data: Arc<TaskData>,
    under_way: usize,
}

impl DatabaseHost {
    /// For the isolates of one tenant; `inner` has the rest.
    #[must_use]
    pub fn new(database: TenantDatabase, inner: Arc<dyn Host>) -> Self {
        Self { database, inner, tasks: Arc::default() }
    }
}

impl Host for DatabaseHost {
    fn operation(
        &self,
        task: &TaskInfo,
        name: &str,
        args: Vec<Data>,
    ) -> BoxFuture<'static, Result<Data, HostError>> {
        if !name.starts_with("db.") {
            return self.inner.operation(task, name, args);
        }
        let begun = UnderWay::begin(&self.tasks, task.id, &self.database);
        match self.database.operation(&begun.data, name, args) {
            Some(operation) => Box::pin(async move {
                let _begun = begun;
                operation.await
            }),
            None => self.inner.operation(task, name, Vec::new()),
        }
    }

    fn call(&self, task: &TaskInfo, name: &str, args: Vec<Data>) -> Result<Data, HostError> {
        self.inner.call(task, name, args)
    }

    fn log(&self, task: Option<&TaskInfo>, entry: LogEntry) {
        self.inner.log(task, entry);
    }

    fn ended(&self, task: &TaskInfo) {
        if let Some(entry) = self.tasks.lock().remove(&task.id) {
            entry.data.end();
        }
        self.inner.ended(task);
    }
}

impl Tasks {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An operation of a task's. The last one forgets the task, unless it has a transaction open.
struct UnderWay {
    tasks: Arc<Tasks>,
    task: u64,
    data: Arc<TaskData>,
}

impl UnderWay {
    fn begin(tasks: &Arc<Tasks>, task: u64, database: &TenantDatabase) -> Self {
        let mut all = tasks.lock();
        let entry =
            all.entry(task).or_insert_with(|| Entry { data: database.task(), under_way: 0 });
        entry.under_way += 1;
        let data = Arc::clone(&entry.data);
        drop(all);
        Self { tasks: Arc::clone(tasks), task, data }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut all = self.tasks.lock();
        let Some(entry) = all.get_mut(&self.task) else { return };
        if !Arc::ptr_eq(&entry.data, &self.data) {
            return;
        }
        entry.under_way -= 1;
        if entry.under_way == 0 && !entry.data.has_open() {
            all.remove(&self.task);
        }
    }
}

impl fmt::Debug for DatabaseHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseHost").field("database", &self.database).finish_non_exhaustive()
    }
}
