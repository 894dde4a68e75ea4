//! The end of a request, for who wants to hear of it: `onRequestAbort`, `onTimeout`, `request.signal`.

use tenantry_js::{Data, Host, JsError, JsErrorKind, TaskContext};
use tokio::runtime::Handle;

use super::Inner;

/// A request under way. Dropped before there is an answer, its client has gone away.
pub(super) struct Watch<'a> {
    inner: &'a Inner,
    number: u64,
    /// Whether its route wants to hear of it, whoever has asked for its `signal`.
    has_hooks: bool,
    context: &'a TaskContext,
    has_ended: bool,
}

/// How a request ends.
#[derive(Clone, Copy)]
enum End {
    Answered,
    Late,
    Gone,
}

impl<'a> Watch<'a> {
    pub(super) fn begin(inner: &'a Inner, has_hooks: bool, context: &'a TaskContext) -> Self {
        let number = inner.host.under_way().begin();
        Self { inner, number, has_hooks, context, has_ended: false }
    }

    /// The number by which JavaScript knows it.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// There is an answer, or there will be none.
    pub(super) fn answered(mut self, result: &Result<Data, JsError>) {
        let is_late = matches!(result, Err(JsError { kind: JsErrorKind::Wall, .. }));
        self.end(if is_late { End::Late } else { End::Answered });
    }

    /// Tells JavaScript, where that wants to hear of it.
    fn end(&mut self, end: End) {
        self.has_ended = true;
        let is_asked = self.inner.host.under_way().end(self.number);
        let hook = match end {
            End::Answered if is_asked => Data::Undefined,
            End::Late if is_asked || self.has_hooks => Data::from("onTimeout"),
            End::Gone if is_asked || self.has_hooks => Data::from("onRequestAbort"),
            _ => return,
        };
        let Ok(runtime) = Handle::try_current() else { return };
        let isolate = self.inner.isolate.clone();
        // The request's own has ended with it.
        let context = self.inner.host.renewed(self.context);
        #[expect(clippy::cast_precision_loss, reason = "requests of one isolate stay below 2^53")]
        let args = vec![Data::Number(self.number as f64), hook];
        runtime.spawn(async move {
            if let Err(error) = isolate.run("ended", args, context).await {
                let isolate = isolate.name();
                tracing::debug!(isolate, %error, "what follows a request's end did not end");
            }
        });
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.end(End::Gone);
        }
    }
}
