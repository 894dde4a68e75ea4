use axum::{
    extract::{FromRequestParts, OriginalUri, RawPathParams, rejection::RawPathParamsRejection},
    http::{Uri, request::Parts, uri::PathAndQuery},
};
use percent_encoding::percent_decode_str;
use tenantry::{Alphabet, TenantId, TenantManager};

use super::{Identify, ReadId, identify_by_reading, parse, parse_only, text};
use crate::ApiError;

/// The tenant's id behind a prefix of the path: see [`path_prefix`].
#[derive(Clone, Debug)]
pub struct PathPrefix(String);

/// The tenant's id behind a prefix of the path: with `/t`, `/t/acme/projects` is `/projects` of
/// `acme`.
///
/// Prefix and id are taken off the path, as [`Router::nest`](axum::Router::nest) takes its own, so
/// that routes know nothing of them; [`OriginalUri`] has the whole. For the routes to see it, the
/// layer has to be around the router, not in it, where a path is matched already:
///
/// ```no_run
/// # async fn example(tenants: tenantry::TenantManager, listener: tokio::net::TcpListener) {
/// use axum::{Router, ServiceExt, extract::Request, routing::get};
/// use tenantry_web::{TenantLayer, path_prefix};
/// use tower::Layer;
///
/// let router = Router::new().route("/projects", get(|| async { "…" }));
/// let app = TenantLayer::new(tenants, path_prefix("/t")).layer(router);
/// axum::serve(listener, ServiceExt::<Request>::into_make_service(app)).await;
/// # }
/// ```
///
/// Percent-encoding is decoded once; an encoded slash is no end of the id, and never legal in one.
#[must_use]
pub fn path_prefix(prefix: &str) -> PathPrefix {
    PathPrefix(format!("{}/", prefix.trim_end_matches('/')))
}

impl ReadId for PathPrefix {
    fn read_id(&self, parts: &mut Parts, alphabet: Alphabet) -> Result<Option<TenantId>, ApiError> {
        let Some(rest) = parts.uri.path().strip_prefix(&self.0) else {
            return Ok(None);
        };
        let (segment, rest) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, "/"),
        };
        let decoded: Vec<u8> = percent_decode_str(segment).collect();
        let id = parse(alphabet, text(&decoded, "the tenant's id in the path")?)?;
        let inside = with_path(&parts.uri, rest).map_err(ApiError::internal)?;
        if parts.extensions.get::<OriginalUri>().is_none() {
            parts.extensions.insert(OriginalUri(parts.uri.clone()));
        }
        parts.uri = inside;
        Ok(id)
    }
}

identify_by_reading!(PathPrefix);

/// The same URI with another path.
fn with_path(uri: &Uri, path: &str) -> Result<Uri, axum::http::Error> {
    let path_and_query: PathAndQuery = match uri.query() {
        Some(query) => format!("{path}?{query}").parse()?,
        None => path.parse()?,
    };
    let mut inside = uri.clone().into_parts();
    inside.path_and_query = Some(path_and_query);
    Ok(Uri::from_parts(inside)?)
}

/// The tenant's id as a parameter of the route: see [`path_param`].
#[derive(Clone, Debug)]
pub struct PathParam(String);

/// The tenant's id as a parameter of the route: `tenant` for `/tenants/{tenant}/projects`.
///
/// The layer has to be inside the router ([`Router::layer`](axum::Router::layer)), where the path
/// is matched already.
#[must_use]
pub fn path_param(name: impl Into<String>) -> PathParam {
    PathParam(name.into())
}

impl Identify for PathParam {
    async fn identify(
        &self,
        parts: &mut Parts,
        tenants: &TenantManager,
    ) -> Result<Option<TenantId>, ApiError> {
        let Self(name) = self;
        let params = match RawPathParams::from_request_parts(parts, &()).await {
            Ok(params) => params,
            Err(RawPathParamsRejection::InvalidUtf8InPathParam(error)) => {
                return Err(ApiError::tenant_invalid("the path is not UTF-8").because(error));
            }
            // The route has none.
            Err(_) => return Ok(None),
        };
        let values = params.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        parse_only(tenants.config().alphabet(), values, format_args!("the path parameter {name}"))
    }

    fn is_immediate(&self) -> bool {
        true
    }
}
