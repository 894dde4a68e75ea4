//! A tenant's JavaScript, loaded in one isolate.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::Response;
use serde_json::Value;
use tenantry_fastify::{App, Failure, Loaded, PartError, Unhandled};
use tenantry_js::JsErrorKind;

use super::host::TaskOf;
use crate::{
    application::{Application, Call, Failed, Usage},
    database::TenantDatabase,
};

/// How long the last hooks of an application may take.
const LAST_HOOKS: Duration = Duration::from_secs(1);

/// A tenant's JavaScript, loaded in one isolate.
pub(super) struct ScriptApplication {
    app: App,
    loaded: Arc<Loaded>,
    database: Option<TenantDatabase>,
    shapes_errors: bool,
}

impl ScriptApplication {
    pub(super) async fn new(
        app: App,
        errors: Vec<PartError>,
        database: Option<TenantDatabase>,
        shapes_errors: bool,
    ) -> Self {
        let mut loaded = app.loaded().clone();
        loaded.errors.splice(0..0, errors);
        let context = TaskOf::new(None, database.as_ref());
        if let Err(error) = app.ready(context).await {
            tracing::warn!("onListen hooks failed: {error}");
        }
        Self { app, loaded: Arc::new(loaded), database, shapes_errors }
    }
}

impl Application for ScriptApplication {
    fn handle(&self, call: Call) -> BoxFuture<'static, Response<Bytes>> {
        let app = self.app.clone();
        let id = Some(call.info.id.clone());
        let context = TaskOf::new(id, self.database.as_ref());
        let shapes_errors = self.shapes_errors;
        Box::pin(async move {
            let response = app.handle(call.request, call.info, context).await;
            finished(response, shapes_errors)
        })
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        let app = self.app.clone();
        let context = TaskOf::new(None, self.database.as_ref());
        Box::pin(async move {
            if let Err(error) = app.close(LAST_HOOKS, context).await {
                tracing::warn!("onClose hooks failed: {error}");
            }
        })
    }

    fn is_condemned(&self) -> bool {
        self.app.stats().condemned
    }

    fn loaded(&self) -> Arc<Loaded> {
        Arc::clone(&self.loaded)
    }

    fn usage(&self) -> Usage {
        let stats = self.app.stats();
        Usage { memory: stats.memory, cpu: stats.cpu }
    }
}

/// The answer; one to an error that nobody has handled is marked, and in the server's shape.
fn finished(mut response: Response<Bytes>, shapes_errors: bool) -> Response<Bytes> {
    let is_marked = response.extensions_mut().remove::<Unhandled>().is_some();
    let failure = response.extensions_mut().remove::<Failure>();
    if !is_marked && failure.is_none() || !is_error(&response) {
        return response;
    }
    if let Some(Failure { error }) = &failure
        && !matches!(error.kind, JsErrorKind::Condemned | JsErrorKind::Closed)
    {
        tracing::warn!(kind = ?error.kind, "{error}");
    }
    let Ok(body) = serde_json::from_slice::<Value>(response.body()) else {
        return response;
    };
    let text = |key| body.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
    let status = response.status();
    let code = text("code").unwrap_or_else(|| code_of(status));
    let message = text("message").unwrap_or_default();
    if shapes_errors {
        let shaped = serde_json::json!({
            "success": false,
            "error": {"code": code, "message": message, "statusCode": status.as_u16()},
        });
        *response.body_mut() = Bytes::from(shaped.to_string());
    }
    response.extensions_mut().insert(Failed { code, message, status: status.as_u16() });
    response
}

fn is_error(response: &Response<Bytes>) -> bool {
    response.status().is_client_error() || response.status().is_server_error()
}

/// `NOT_FOUND`, and the like.
fn code_of(status: http::StatusCode) -> String {
    if status == http::StatusCode::INTERNAL_SERVER_ERROR {
        return "INTERNAL_ERROR".to_owned();
    }
    let reason = status.canonical_reason().unwrap_or("ERROR");
    reason.to_ascii_uppercase().replace([' ', '-'], "_").replace('\'', "")
}
