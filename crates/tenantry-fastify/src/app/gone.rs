//! Requests whose client goes away, or whose time is up: `onRequestAbort` and `onTimeout`.

use tenantry_js::{Data, Isolate, JsError, JsErrorKind, TaskContext};

/// Tells JavaScript when it is dropped before there is an answer.
pub(super) struct Watch {
    isolate: Option<Isolate>,
    number: u64,
    context: TaskContext,
}

impl Watch {
    pub(super) fn new(isolate: &Isolate, number: u64, context: &TaskContext) -> Self {
        Self { isolate: Some(isolate.clone()), number, context: context.clone() }
    }

    /// There is an answer, or there will be none.
    pub(super) fn answered(mut self, result: &Result<Data, JsError>) {
        let late = matches!(result, Err(JsError { kind: JsErrorKind::Wall, .. }));
        if late {
            self.tell("onTimeout");
        }
        self.isolate = None;
    }

    fn tell(&mut self, hook: &'static str) {
        let Some(isolate) = self.isolate.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let context = self.context.clone();
        #[expect(clippy::cast_precision_loss, reason = "requests of one isolate stay below 2^53")]
        let args = vec![Data::Number(self.number as f64), Data::from(hook)];
        runtime.spawn(async move {
            if let Err(error) = isolate.run("gone", args, context).await {
                tracing::debug!(isolate = isolate.name(), %error, "{hook} hooks did not end");
            }
        });
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.tell("onRequestAbort");
    }
}
