//! Extractors for axum (feature `axum`): a handler names what it wants and gets it without
//! waiting.
//!
//! [`TenantDb`], [`Tenant`], [`TenantId`] and [`TenantContext`] are the request's tenant's;
//! `Option` of each is `None` where a request needs no tenant and named none. [`SharedDb`] and
//! [`TenantManager`] are there for every request. [`TenantVersion`] waits where the tenant's ledger has to
//! be read, which is not for each request. What they read was put among the request's
//! extensions by the layer of the crate `tenantry-web`.

use std::{fmt, sync::Arc};

use axum_core::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
    request::Parts,
};

use crate::{
    Error, SharedDb, Tenant, TenantContext, TenantDb, TenantId, TenantManager, TenantVersion,
};

/// Why a handler did not get what it asked for.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TenantRejection {
    /// The layer found that this tenant is not to be served, and left it to whoever asks for it.
    #[error("{0}")]
    Refused(Refusal),
    /// The request names no tenant, and this route needs one.
    #[error("this request names no tenant")]
    NoTenant,
    /// The tenant went, or moved, while the request was on its way.
    #[error("there is no such tenant")]
    Gone,
    /// Which migrations the tenant has cannot be read just now.
    #[error("the database cannot be reached just now")]
    Unavailable,
    /// No layer has resolved tenants for this route.
    #[error("the server has no tenants here")]
    NoLayer,
}

impl TenantRejection {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Refused(refusal) => refusal.0.status,
            Self::NoTenant => StatusCode::BAD_REQUEST,
            Self::Gone => StatusCode::NOT_FOUND,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoLayer => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.0.code,
            Self::NoTenant => "TENANT_REQUIRED",
            Self::Gone => "TENANT_NOT_FOUND",
            Self::Unavailable => "DATABASE_UNAVAILABLE",
            Self::NoLayer => "NO_TENANT_CONTEXT",
        }
    }
}

impl IntoResponse for TenantRejection {
    fn into_response(self) -> Response {
        match &self {
            Self::Refused(refusal) => return (refusal.0.answer)(),
            Self::NoLayer => {
                tracing::error!("a route has no TenantLayer, and its handler asks for a tenant");
            }
            Self::NoTenant | Self::Gone | Self::Unavailable => {}
        }
        let (status, code) = (self.status(), self.code());
        let body = format!(
            r#"{{"success":false,"error":{{"code":"{code}","message":"{self}","statusCode":{}}}}}"#,
            status.as_u16()
        );
        let mut response = (status, [(CONTENT_TYPE, "application/json")], body).into_response();
        if matches!(self, Self::Unavailable) {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// Why a request's tenant is not served: put among its extensions, for the extractors to answer
/// with.
#[derive(Clone)]
pub struct Refusal(Arc<Refused>);

struct Refused {
    status: StatusCode,
    code: &'static str,
    message: String,
    answer: Box<dyn Fn() -> Response + Send + Sync>,
}

impl Refusal {
    /// A refusal that is answered by what `answer` gives.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<String>,
        answer: impl Fn() -> Response + Send + Sync + 'static,
    ) -> Self {
        let (message, answer) = (message.into(), Box::new(answer));
        Self(Arc::new(Refused { status, code, message, answer }))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("status", &self.0.status)
            .field("code", &self.0.code)
            .finish_non_exhaustive()
    }
}

/// The context that the layer has left.
fn context(parts: &Parts) -> Result<&TenantContext, TenantRejection> {
    let extensions = &parts.extensions;
    if let Some(context) = extensions.get::<TenantContext>() {
        return Ok(context);
    }
    Err(match extensions.get::<Refusal>() {
        Some(refusal) => TenantRejection::Refused(refusal.clone()),
        None if extensions.get::<TenantManager>().is_some() => TenantRejection::NoTenant,
        None => TenantRejection::NoLayer,
    })
}

/// The manager, which is there with a tenant and without.
fn manager(parts: &Parts) -> Result<&TenantManager, TenantRejection> {
    let of_tenant = parts.extensions.get::<TenantContext>().map(TenantContext::manager);
    of_tenant.or_else(|| parts.extensions.get()).ok_or(TenantRejection::NoLayer)
}

macro_rules! of_the_tenant {
    ($type:ty, $get:expr) => {
        impl<S: Sync> FromRequestParts<S> for $type {
            type Rejection = TenantRejection;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
                $get(context(parts)?)
            }
        }

        impl<S: Sync> OptionalFromRequestParts<S> for $type {
            type Rejection = TenantRejection;

            async fn from_request_parts(
                parts: &mut Parts,
                _: &S,
            ) -> Result<Option<Self>, Self::Rejection> {
                match context(parts) {
                    Ok(context) => $get(context).map(Some),
                    Err(TenantRejection::NoTenant) => Ok(None),
                    Err(rejection) => Err(rejection),
                }
            }
        }
    };
}

of_the_tenant!(TenantDb, |it: &TenantContext| it.db().map_err(|_| TenantRejection::Gone));
of_the_tenant!(TenantContext, |it: &TenantContext| Ok(it.clone()));
of_the_tenant!(TenantId, |it: &TenantContext| Ok(it.tenant_id().clone()));
// A copy; `TenantContext::tenant` shares it.
of_the_tenant!(Tenant, |it: &TenantContext| Ok(Tenant::clone(it.tenant())));

impl<S: Sync> FromRequestParts<S> for TenantVersion {
    type Rejection = TenantRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let context = context(parts)?.clone();
        context.version().await.map_err(|error| match error {
            Error::TenantNotFound(_) | Error::TenantMoved(_) => TenantRejection::Gone,
            error => {
                tracing::warn!(%error, "a tenant's version cannot be read");
                TenantRejection::Unavailable
            }
        })
    }
}

impl<S: Sync> FromRequestParts<S> for SharedDb {
    type Rejection = TenantRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(manager(parts)?.shared())
    }
}

impl<S: Sync> FromRequestParts<S> for TenantManager {
    type Rejection = TenantRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        manager(parts).cloned()
    }
}
