//! A tenant's JavaScript, loaded in one isolate.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue, Response, StatusCode, header::RETRY_AFTER};
use serde_json::Value;
use tenantry_fastify::{App, Failure, Loaded, PartError};
use tenantry_js::{JsErrorKind, LogEntry, LogLevel};

use super::host::TenantHost;
use crate::{
    application::{Application, Call, Failed, Usage},
    log::TenantLog,
};

/// How long the last hooks of an application may take.
const LAST_HOOKS: Duration = Duration::from_secs(1);
/// What marks an answer to an error that nothing of the tenant's has handled, with what it was. It
/// never leaves the process.
const FAILED: HeaderName = HeaderName::from_static("x-tenantry-failed");

/// A tenant's JavaScript, loaded in one isolate.
pub(super) struct ScriptApplication {
    app: App,
    loaded: Arc<Loaded>,
    host: TenantHost,
}

impl ScriptApplication {
    pub(super) async fn new(app: App, errors: Vec<PartError>, host: TenantHost) -> Self {
        let mut loaded = app.loaded().clone();
        loaded.errors.splice(0..0, errors);
        if let Err(error) = app.ready(host.task(None)).await {
            tracing::warn!("onListen hooks failed: {error}");
        }
        Self { app, loaded: Arc::new(loaded), host }
    }
}

impl Application for ScriptApplication {
    fn handle(&self, call: Call) -> BoxFuture<'static, Response<Bytes>> {
        let app = self.app.clone();
        let (id, log) = (call.info.id.clone(), Arc::clone(&self.host.log));
        let context = self.host.task(Some(id.clone()));
        Box::pin(async move {
            let response = app.handle(call.request, call.info, context).await;
            finished(response, &id, &log)
        })
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        let (app, context) = (self.app.clone(), self.host.task(None));
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

/// The answer; one to an error that nothing of the tenant's has handled is marked.
fn finished(mut response: Response<Bytes>, request_id: &str, log: &TenantLog) -> Response<Bytes> {
    let marked = response.headers_mut().remove(FAILED);
    let failure = response.extensions_mut().remove::<Failure>();
    let status = response.status().as_u16();
    if status < 400 {
        return response;
    }
    if let Some(Failure { error }) = failure {
        if !matches!(error.kind, JsErrorKind::Condemned | JsErrorKind::Closed) {
            // In the tenant's own log, which is the server's, too.
            let (level, message) = (LogLevel::Error, error.to_string());
            log.add(Some(request_id), LogEntry { level, message, fields: None });
        }
        return stopped(response);
    }
    let said = marked.as_ref().and_then(|marked| {
        let text = percent_encoding::percent_decode(marked.as_bytes()).decode_utf8().ok()?;
        serde_json::from_str::<Value>(&text).ok()
    });
    if let Some(said) = said {
        let text = |key| said.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
        let code = text("code").unwrap_or_else(|| "INTERNAL_ERROR".to_owned());
        let message = text("message").unwrap_or_default();
        response.extensions_mut().insert(Failed { code, message, status });
    }
    response
}

/// The answer where JavaScript gave none, in the server's shape.
fn stopped(mut response: Response<Bytes>) -> Response<Bytes> {
    let status = response.status();
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let text = |key| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (code, message) = (text("code"), text("message"));
    let shaped = serde_json::json!({
        "success": false,
        "error": {"code": code, "message": message, "statusCode": status.as_u16()},
    });
    *response.body_mut() = Bytes::from(shaped.to_string());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response.extensions_mut().insert(Failed { code, message, status: status.as_u16() });
    response
}
