//! Where requests lead, and what is known of it without JavaScript.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use crate::router::{Lookup, Router, RouterOptions, path_of};

/// A route, as far as the edge must know it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Route {
    /// Whether it looks at bodies.
    pub(super) body: bool,
    /// The largest it takes, in bytes.
    pub(super) limit: usize,
    /// Whether it wants to hear of clients that go away, and of requests that are late.
    pub(super) watched: bool,
}

/// Who answers under a prefix where no route does.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct NotFound {
    prefix: String,
    target: u32,
    /// Fastify's own answer is all there is to it.
    plain: bool,
}

pub(super) struct Table {
    router: Router,
    routes: Vec<Route>,
    not_found: Router,
    plain: Vec<u32>,
}

/// What a request leads to.
pub(super) enum Found {
    Target { target: u32, params: Vec<String> },
    Answer(Response<Bytes>),
}

impl Table {
    pub(super) fn new(router: Router, routes: Vec<Route>, not_found: Vec<NotFound>) -> Self {
        let mut table = Self {
            router,
            routes,
            not_found: Router::new(RouterOptions::default()),
            plain: Vec::new(),
        };
        for it in not_found {
            let slash = if it.prefix.ends_with('/') { "" } else { "/" };
            for path in [format!("{}{slash}*", it.prefix), it.prefix.clone()] {
                // A prefix that is there already has its answer.
                let _known = table.not_found.add("*", &path, it.target);
            }
            if it.plain {
                table.plain.push(it.target);
            }
        }
        table
    }

    /// What is known of a route. What tells of all may be a tenant's own making, and leave one out.
    pub(super) fn route(&self, target: u32) -> &Route {
        const UNKNOWN: &Route = &Route { body: true, limit: 0, watched: false };
        self.routes.get(target as usize).unwrap_or(UNKNOWN)
    }

    pub(super) fn find(&self, method: &str, url: &str) -> Found {
        let path = path_of(url);
        match self.router.find(method, path) {
            Lookup::Found { target, params } => Found::Target { target, params },
            Lookup::BadUrl => {
                Found::Answer(answer(StatusCode::BAD_REQUEST, "application/json", bad_url(url)))
            }
            Lookup::TooLong => {
                Found::Answer(answer(StatusCode::URI_TOO_LONG, "application/json", too_long(url)))
            }
            Lookup::NotFound => match self.not_found.find("*", path) {
                Lookup::Found { target, .. } if !self.plain.contains(&target) => {
                    Found::Target { target, params: Vec::new() }
                }
                _ => Found::Answer(not_found(method, url)),
            },
        }
    }
}

fn answer(status: StatusCode, kind: &'static str, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn not_found(method: &str, url: &str) -> Response<Bytes> {
    let message = format!("Route {method}:{url} not found");
    let body = format!(
        "{{\"message\":{},\"error\":\"Not Found\",\"statusCode\":404}}",
        serde_json::Value::String(message)
    );
    answer(StatusCode::NOT_FOUND, "application/json; charset=utf-8", body)
}

/// The body for a path that cannot be read.
pub(super) fn bad_url(url: &str) -> String {
    format!(
        "{{\"error\":\"Bad Request\",\"code\":\"FST_ERR_BAD_URL\",\"message\":{},\"statusCode\":400}}",
        json!(format!("'{}' is not a valid url component", path_of(url)))
    )
}

/// The body for a parameter that is too long.
pub(super) fn too_long(url: &str) -> String {
    format!(
        "{{\"error\":\"Bad Request\",\"code\":\"FST_ERR_MAX_PARAM_LENGTH\",\"message\":{},\"statusCode\":414}}",
        json!(format!("'{}' is exceeding the max param length", path_of(url)))
    )
}
