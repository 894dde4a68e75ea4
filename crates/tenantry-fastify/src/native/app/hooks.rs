//! Running native hooks where there is no JavaScript.

use bytes::Bytes;
use http::{HeaderMap, Response};

use crate::native::hook::RequestHook;
use crate::native::{
    Flow, Hook, HookItem, NativeError, NativeRequest, Outgoing, Reply, RequestParts,
};

/// In the order in which they were added.
pub(super) type Hooks = Vec<HookItem>;

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
        for hook in hooks {
            let HookItem::Request(when, run) = hook else { continue };
            if *when != stage {
                continue;
            }
            match run(NativeRequest::new(parts.clone(), body.clone())).await {
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
    for hook in hooks {
        let HookItem::OnError(run) = hook else { continue };
        run(request.without_body(), error.clone()).await;
    }
}

/// Shows the answer before it is sent; the first hook that fails is the last.
pub(super) async fn send(
    hooks: &Hooks,
    request: &NativeRequest,
    response: Response<Bytes>,
) -> Result<Response<Bytes>, NativeError> {
    if !hooks.iter().any(|hook| matches!(hook, HookItem::OnSend(_))) {
        return Ok(response);
    }
    let (mut parts, body) = response.into_parts();
    let headers = std::mem::take(&mut parts.headers);
    let mut answer = Outgoing { status: parts.status, headers, payload: Some(body) };
    for hook in hooks {
        let HookItem::OnSend(run) = hook else { continue };
        let before = answer.payload.clone();
        answer = run(request.without_body(), answer).await?;
        answer.payload = answer.payload.or(before);
    }
    (parts.status, parts.headers) = (answer.status, answer.headers);
    Ok(Response::from_parts(parts, answer.payload.unwrap_or_default()))
}

/// Runs the hooks after the answer, for which nobody waits.
pub(super) fn after(hooks: &Hooks, request: NativeRequest) {
    let due: Vec<RequestHook> = hooks
        .iter()
        .filter_map(|hook| match hook {
            HookItem::Request(Hook::OnResponse, run) => Some(run.clone()),
            _ => None,
        })
        .collect();
    if !due.is_empty() {
        tokio::spawn(async move {
            for run in due {
                if let Err(error) = run(request.clone()).await {
                    tracing::warn!(%error, "a native plugin's hook after the answer failed");
                }
            }
        });
    }
}
