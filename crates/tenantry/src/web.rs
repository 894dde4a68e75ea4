//! Extractors for axum (feature `axum`): a handler names what it wants and gets it without
//! waiting.
//!
//! [`TenantDb`], [`Tenant`], [`TenantId`] and [`TenantContext`] are the request's tenant's;
//! `Option` of each is `None` where a request needs no tenant and named none. [`SharedDb`] and
//! [`TenantManager`] are there for every request. What they read was put among the request's
//! extensions by the layer of the crate `tenantry-web`.

use axum_core::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header::CONTENT_TYPE, request::Parts};

use crate::{SharedDb, Tenant, TenantContext, TenantDb, TenantId, TenantManager};

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
            Self::NoLayer => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoTenant => "TENANT_REQUIRED",
            Self::Gone => "TENANT_NOT_FOUND",
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
        (status, [(CONTENT_TYPE, "application/json")], body).into_response()
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
