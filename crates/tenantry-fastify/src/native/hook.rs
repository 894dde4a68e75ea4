//! Hooks: when they run, and what each kind of them gets and gives.

use std::future::Future;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{Flow, NativeError, NativeRequest, Outgoing};

/// When a native hook runs that may answer, or say more about the request. For the others [`Scope`](super::Scope) has
/// methods of their own: what they get is something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hook {
    /// First of all, without a body.
    OnRequest,
    /// Before the body is parsed, without it: for what the head says already.
    PreParsing,
    /// With the body, before it is validated.
    PreValidation,
    /// With the validated body, before the handler.
    PreHandler,
    /// After the answer; what it gives is not looked at.
    OnResponse,
}

impl Hook {
    /// As Fastify calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::OnRequest => "onRequest",
            Self::PreParsing => "preParsing",
            Self::PreValidation => "preValidation",
            Self::PreHandler => "preHandler",
            Self::OnResponse => "onResponse",
        }
    }

    /// Whether the request comes with its body.
    pub(crate) fn has_body(self) -> bool {
        !matches!(self, Self::OnRequest | Self::PreParsing)
    }
}

/// A hook, by what it gets and gives.
#[derive(Clone)]
pub(crate) enum HookItem {
    Request(Hook, RequestHook),
    PreSerialization(PayloadHook),
    OnSend(SendHook),
    OnError(ErrorHook),
}

pub(crate) type RequestHook =
    Arc<dyn Fn(NativeRequest) -> BoxFuture<'static, Result<Flow, NativeError>> + Send + Sync>;
pub(crate) type PayloadHook = With<Value, Result<Option<Value>, NativeError>>;
pub(crate) type SendHook = With<Outgoing, Result<Outgoing, NativeError>>;
pub(crate) type ErrorHook = With<NativeError, ()>;

/// What gets something beside the request.
type With<A, T> = Arc<dyn Fn(NativeRequest, A) -> BoxFuture<'static, T> + Send + Sync>;

impl HookItem {
    /// As Fastify calls it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Request(hook, _) => hook.name(),
            Self::PreSerialization(_) => "preSerialization",
            Self::OnSend(_) => "onSend",
            Self::OnError(_) => "onError",
        }
    }
}

pub(super) fn boxed_with<A, F, R, T>(run: F) -> With<A, T>
where
    F: Fn(NativeRequest, A) -> R + Send + Sync + 'static,
    R: Future<Output = T> + Send + 'static,
{
    Arc::new(move |request, with| Box::pin(run(request, with)))
}
