//! What belongs to an isolate and holds JavaScript values. It lives in the runtime's own user data
//! and ends with it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use rquickjs::{Ctx, Function, JsLifetime, Object, Promise, Value};

use super::actor::{Actor, Shared};
use super::captured::Captured;
use super::hosted;
use super::task::{Operation, Settle, Task};
use crate::JsError;
use crate::host::TaskInfo;

/// One isolate's registered functions, tasks and operations.
pub(super) struct Realm<'js> {
    pub(super) shared: Arc<Shared>,
    pub(super) actor: std::sync::Weak<Actor>,
    /// What the prelude registered for `run`.
    pub(super) functions: RefCell<HashMap<String, Function<'js>>>,
    /// What modules over a value export: JSON and CommonJS, by their names.
    pub(super) values: RefCell<HashMap<String, Value<'js>>>,
    /// The namespaces of Node's modules that were asked for.
    pub(super) node: RefCell<HashMap<String, Object<'js>>>,
    /// Operations that the running event opened, for its task.
    pub(super) opened: Cell<isize>,
    /// Modules that the prelude made.
    pub(super) modules: RefCell<HashMap<String, Object<'js>>>,
    pub(super) tasks: RefCell<HashMap<u64, Task<'js>>>,
    pub(super) operations: RefCell<HashMap<u64, Operation<'js>>>,
    pub(super) next_operation: Cell<u64>,
    /// The task whose event runs.
    pub(super) current: RefCell<Option<TaskInfo>>,
    /// Promises that were rejected in this event and that nobody handles so far.
    pub(super) rejections: RefCell<Vec<(Value<'js>, Value<'js>)>>,
    /// The object that prelude scripts import as `host`.
    pub(super) host: RefCell<Option<Object<'js>>>,
    pub(super) captured: Captured<'js>,
}

// SAFETY: `'js` is the lifetime of the values inside, and `Changed` is the same type with that
// lifetime alone replaced.
#[expect(unsafe_code, reason = "rquickjs keeps user data with a lifetime only by this trait")]
unsafe impl<'js> JsLifetime<'js> for Realm<'js> {
    type Changed<'to> = Realm<'to>;
}

impl<'js> Realm<'js> {
    /// Makes the realm of a fresh context.
    pub(super) fn install(ctx: &Ctx<'js>, actor: &Arc<Actor>) -> rquickjs::Result<()> {
        let realm = Realm {
            shared: actor.shared().clone(),
            actor: Arc::downgrade(actor),
            functions: RefCell::default(),
            modules: RefCell::default(),
            values: RefCell::default(),
            node: RefCell::default(),
            opened: Cell::new(0),
            tasks: RefCell::default(),
            operations: RefCell::default(),
            next_operation: Cell::new(1),
            current: RefCell::new(None),
            rejections: RefCell::default(),
            host: RefCell::new(Some(hosted::object(ctx)?)),
            captured: Captured::new(ctx)?,
        };
        let _none_before = ctx.store_userdata(realm);
        Ok(())
    }

    /// Ends what is open. The values go with the runtime.
    pub(super) fn clear(ctx: &Ctx<'js>) {
        let Ok(Some(realm)) = ctx.remove_userdata::<Realm<'js>>() else { return };
        for operation in realm.operations.borrow().values() {
            operation.abort.abort();
        }
        for task in realm.tasks.borrow_mut().values_mut() {
            if let Some(reply) = task.reply.take() {
                realm.shared.host.ended(&task.info);
                let error = match realm.shared.condemned() {
                    Some(why) => JsError::condemned(why),
                    None => JsError::closed(),
                };
                let _gone = reply.send(Err(error));
            }
        }
    }

    /// Runs `f` with the realm of a context.
    pub(super) fn with<R>(ctx: &Ctx<'js>, f: impl FnOnce(&Realm<'js>) -> R) -> R {
        let realm = ctx.userdata::<Realm<'js>>().expect("every context of an isolate has a realm");
        f(&realm)
    }

    pub(super) fn next_operation(&self) -> u64 {
        let id = self.next_operation.get();
        self.next_operation.set(id + 1);
        id
    }

    /// Keeps an operation, or a timer, that the running event opened.
    pub(super) fn open(&self, id: u64, operation: Operation<'js>) {
        self.operations.borrow_mut().insert(id, operation);
        self.opened.set(self.opened.get() + 1);
    }

    /// Drops a task that is answered, and what it has open.
    pub(super) fn forget(&self, id: u64) {
        self.tasks.borrow_mut().remove(&id);
        let dropped: Vec<_> =
            self.operations.borrow_mut().extract_if(|_, operation| operation.task == id).collect();
        for (_, operation) in dropped {
            operation.end();
        }
    }

    /// Whether there is room for one more operation or timer, if need be that of tasks whose time is over.
    pub(super) fn has_room(&self) -> bool {
        let most = self.shared.limits.operations;
        let is_full = || self.operations.borrow().len() >= most;
        if is_full() {
            let now = Instant::now();
            let current = self.current.borrow().as_ref().map(|task| task.id);
            let is_over = |task: &Task<'js>| Some(task.info.id) != current && task.is_over(now);
            let over: Vec<u64> = {
                let tasks = self.tasks.borrow();
                tasks.iter().filter(|(_, task)| is_over(task)).map(|(id, _)| *id).collect()
            };
            for id in over {
                self.forget(id);
            }
        }
        !is_full()
    }

    /// Takes out a timer that is not wanted any more.
    pub(super) fn stop(&self, id: u64) -> Option<Operation<'js>> {
        let mut operations = self.operations.borrow_mut();
        let std::collections::hash_map::Entry::Occupied(found) = operations.entry(id) else {
            return None;
        };
        // Any number can be asked for: that of a query, too.
        if !matches!(found.get().settle, Settle::Timer(_)) {
            return None;
        }
        let operation = found.remove();
        drop(operations);
        let current = self.current.borrow().as_ref().map(|task| task.id);
        if current == Some(operation.task) {
            self.opened.set(self.opened.get() - 1);
        } else if let Some(task) = self.tasks.borrow_mut().get_mut(&operation.task) {
            task.open -= 1;
        }
        Some(operation)
    }

    /// Whether a promise is one whose settling a task's caller waits for.
    pub(super) fn awaited(&self, promise: &Promise<'js>) -> bool {
        let tasks = self.tasks.borrow();
        tasks.values().any(|task| task.promise.as_ref() == Some(promise))
    }
}
