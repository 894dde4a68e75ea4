//! Extractors for axum (feature `axum`): a handler names what it wants and gets it without
//! waiting.
//!
//! [`TenantDb`], [`Tenant`], [`TenantId`] and [`TenantContext`] are the request's tenant's;
//! `Option` of each is `None` where a request needs no tenant and named none. [`SharedDb`] and
//! [`TenantManager`] are there for every request. [`TenantVersion`] waits where the tenant's ledger has to
//! be read, which is not for each request. What they read was put among the request's
//! extensions by the layer of the crate `tenantry-web`.

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TenantRejection {
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
            Self::NoTenant => "TENANT_REQUIRED",
            Self::Gone => "TENANT_NOT_FOUND",
            Self::Unavailable => "DATABASE_UNAVAILABLE",
            Self::NoLayer => "NO_TENANT_CONTEXT",
        }
    }
}

impl IntoResponse for TenantRejection {
    fn into_response(self) -> Response {
        if self == Self::NoLayer {
            tracing::error!("a route has no TenantLayer, and its handler asks for a tenant");
        }
        let (status, code) = (self.status(), self.code());
        let body = format!(
            r#"{{"success":false,"error":{{"code":"{code}","message":"{self}","statusCode":{}}}}}"#,
            status.as_u16()
        );
        let mut response = (status, [(CONTENT_TYPE, "application/json")], body).into_response();
        if self == Self::Unavailable {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// The context that the layer has left.
fn context(parts: &Parts) -> Result<&TenantContext, TenantRejection> {
    let extensions = &parts.extensions;
    extensions.get::<TenantContext>().ok_or_else(|| match extensions.get::<TenantManager>() {
        Some(_) => TenantRejection::NoTenant,
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
