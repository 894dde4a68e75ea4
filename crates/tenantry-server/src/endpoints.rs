//! What the server itself answers.

mod admin;
mod health;
mod metrics;
mod token;

use std::sync::Arc;

use axum::{extract::Request, response::Response};
use futures_util::future::BoxFuture;

use crate::server::Core;

/// The answer to a request that is for the server itself and not for a tenant.
pub(crate) fn endpoint(
    core: &Arc<Core>,
    request: &Request,
) -> Option<BoxFuture<'static, Response>> {
    let path = request.uri().path();
    if path == core.config.listen.health_path {
        let core = Arc::clone(core);
        return Some(Box::pin(async move { health::answer(&core) }));
    }
    let admin = &core.config.admin;
    // Without a token they do not exist.
    let token = admin.token.as_ref()?;
    let rest = path.strip_prefix(admin.path.as_str())?;
    if !(rest.is_empty() || rest.starts_with('/')) {
        return None;
    }
    let (core, method, rest) = (Arc::clone(core), request.method().clone(), rest.to_owned());
    let is_allowed = token::is_given(request.headers(), token);
    Some(Box::pin(async move {
        match is_allowed {
            true => admin::answer(&core, &method, &rest).await,
            false => token::refusal(),
        }
    }))
}
