//! Panics of plugins' code.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use http::StatusCode;
use tracing::Instrument;

use super::{NativeError, NativeRequest, Tenant};

/// Runs a plugin's code for a tenant, within a span that says so: `what` is the kind of hook, or `route`. A panic is
/// logged, and given.
pub(crate) async fn watched<T>(
    tenant: &Tenant,
    plugin: &str,
    what: &str,
    run: impl Future<Output = T> + Send,
) -> Result<T, Box<dyn Any + Send>> {
    let done = AssertUnwindSafe(run.instrument(tenant.span(plugin))).catch_unwind().await;
    done.inspect_err(|panic| {
        let (tenant, said) = (tenant.id(), said(&**panic));
        tracing::error!(tenant, plugin, what, said, "a native plugin panicked");
    })
}

/// The same for a request without any JavaScript: a panic is an error that says nothing of it.
pub(super) async fn caught<T>(
    request: &NativeRequest,
    plugin: &str,
    what: &str,
    run: impl Future<Output = T> + Send,
) -> Result<T, NativeError> {
    watched(request.tenant(), plugin, what, run).await.map_err(|_panic| {
        let message = "something went wrong on the server";
        NativeError::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", message)
    })
}

/// What a panic says.
pub(super) fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("nothing that is text")
}
