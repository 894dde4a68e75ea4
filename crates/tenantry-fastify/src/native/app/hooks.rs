//! Running native hooks where there is no JavaScript.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use tokio::time::timeout;

use crate::native::panics::caught;
use crate::native::{
    Flow, Hook, HookItem, NativeError, NativeRequest, Outgoing, Reply, RequestParts,
};

/// A hook, and the plugin whose it is.
#[derive(Clone)]
pub(super) struct Hooked {
    pub(super) plugin: Arc<str>,
    pub(super) hook: HookItem,
}

/// In the order in which they were added.
pub(super) type Hooks = Vec<Hooked>;

/// Those before the handler, in their order.
const BEFORE: [Hook; 4] =
    [Hook::OnRequest, Hook::PreParsing, Hook::PreValidation, Hook::PreHandler];

/// Runs the hooks before the handler; `Some` where one of them has answered, or failed.
pub(super) async fn before(
    hooks: &Hooks,
    body: &Bytes,
    parts: &mut RequestParts,
    headers: &mut HeaderMap,
) -> Option<Result<Response<Bytes>, NativeError>> {
    for stage in BEFORE {
        let body = if stage.has_body() { body.clone() } else { Bytes::new() };
        for Hooked { plugin, hook } in hooks {
            let HookItem::Request(when, run) = hook else { continue };
            if *when != stage {
                continue;
            }
            let request = NativeRequest::new(parts.clone(), body.clone());
            let running = async { run(request.clone()).await };
            match caught(&request, plugin, hook.name(), running).await.flatten() {
                Ok(Flow::GoOn { headers: more, properties }) => {
                    headers.extend(more);
                    parts.properties.extend(properties);
                }
                Ok(Flow::Answer(Reply { response })) => return Some(Ok(response)),
                Err(error) => return Some(Err(error)),
            }
        }
    }
    None
}

/// Tells of an error.
pub(super) async fn tell(hooks: &Hooks, request: &NativeRequest, error: &NativeError) {
    for Hooked { plugin, hook } in hooks {
        let HookItem::OnError(run) = hook else { continue };
        let running = async { run(request.without_body(), error.clone()).await };
        // It is logged, and changes nothing.
        let _panicked = caught(request, plugin, hook.name(), running).await;
    }
}

/// Shows the answer before it is sent; the first hook that fails is the last. What answers HEAD has no payload that
/// could be another.
pub(super) async fn send(
    hooks: &Hooks,
    request: &NativeRequest,
    response: Response<Bytes>,
) -> Result<Response<Bytes>, NativeError> {
    if !hooks.iter().any(|hooked| matches!(hooked.hook, HookItem::OnSend(_))) {
        return Ok(response);
    }
    let is_head = request.method() == Method::HEAD;
    let (mut parts, body) = response.into_parts();
    let headers = std::mem::take(&mut parts.headers);
    let mut answer = Outgoing { status: parts.status, headers, payload: Some(body) };
    for Hooked { plugin, hook } in hooks {
        let HookItem::OnSend(run) = hook else { continue };
        let before = answer.payload.clone();
        let running = async { run(request.without_body(), answer).await };
        answer = caught(request, plugin, hook.name(), running).await.flatten()?;
        if is_head || answer.payload.is_none() {
            answer.payload = before;
        }
    }
    (parts.status, parts.headers) = (answer.status, answer.headers);
    Ok(Response::from_parts(parts, answer.payload.unwrap_or_default()))
}

/// Runs the hooks after the answer, for which nobody waits, each for so long at most.
pub(super) fn after(hooks: &Hooks, request: NativeRequest, wall: Duration) {
    let is_due = |hooked: &&Hooked| matches!(hooked.hook, HookItem::Request(Hook::OnResponse, _));
    let due: Hooks = hooks.iter().filter(is_due).cloned().collect();
    if due.is_empty() {
        return;
    }
    tokio::spawn(async move {
        for Hooked { plugin, hook } in &due {
            let HookItem::Request(_, run) = hook else { continue };
            let running = async { run(request.clone()).await };
            let failed = match timeout(wall, caught(&request, plugin, hook.name(), running)).await {
                Ok(ran) => ran.flatten().err().map(|error| error.message),
                Err(_) => Some(format!("it took longer than {wall:?}")),
            };
            if let Some(error) = failed {
                let (tenant, plugin) = (request.tenant_id(), &**plugin);
                tracing::warn!(
                    tenant,
                    plugin,
                    error,
                    "a native plugin's hook after the answer failed"
                );
            }
        }
    });
}
