//! Plugins written in Rust, beside JavaScript and alone.

use std::sync::Arc;

use crate::support::{body, context, engine, get};
use http::StatusCode;
use serde_json::json;
use tenantry_fastify::native::{Flow, Hook, NativeError, NativePlugin, Reply, Scope};
use tenantry_fastify::{App, LoadError};

/// Who is asking, by a header.
struct Auth;

impl NativePlugin for Auth {
    fn name(&self) -> &str {
        "auth"
    }

    fn order(&self) -> i32 {
        1
    }

    fn register(&self, scope: &mut Scope) -> Result<(), String> {
        scope.decorate("region", json!("eu"));
        scope.hook(Hook::OnRequest, |request| async move {
            match request.headers().get("authorization") {
                None => Ok(Flow::go_on().header("x-auth", "none")),
                Some(value) if value == "bad" => {
                    Err(NativeError::new(StatusCode::UNAUTHORIZED, "BAD_TOKEN", "the token is bad"))
                }
                Some(value) if value == "stop" => {
                    Ok(Flow::Answer(Reply::json(&json!("stopped")).status(StatusCode::FORBIDDEN)))
                }
                Some(_) => Ok(Flow::go_on().property("user", json!({ "id": 7 }))),
            }
        });
        Ok(())
    }
}

/// Routes, in a scope of their own.
struct Status;

impl NativePlugin for Status {
    fn name(&self) -> &str {
        "status"
    }

    fn dependencies(&self) -> Vec<&str> {
        vec!["auth"]
    }

    fn order(&self) -> i32 {
        2
    }

    fn register(&self, scope: &mut Scope) -> Result<(), String> {
        scope.register("/native", |inner| {
            inner.hook(Hook::PreHandler, |_| async { Ok(Flow::go_on().header("x-inner", "1")) });
            inner.get("/:name", |request| async move {
                let user = request.property("user").cloned();
                Ok(Reply::json(&json!({
                    "name": request.param("name"), "tenant": request.tenant_id(), "user": user,
                })))
            });
            inner.route("POST", "/echo", |request| async move {
                Ok(Reply::from(http::Response::new(request.body().clone())))
            });
        });
        Ok(())
    }
}

async fn ask(app: &App, url: &str, token: &str) -> (u16, String) {
    let request = http::Request::get(url).header("authorization", token);
    let response =
        crate::support::send(app, request.body(bytes::Bytes::new()).expect("a request")).await;
    (response.status().as_u16(), body(&response))
}

#[tokio::test(flavor = "multi_thread")]
async fn native_and_javascript_share_scopes_and_hooks() {
    let mut config = crate::support::config(&[(
        "routes/index.mjs",
        "import fp from 'fastify-plugin';
         export default async (fastify) => {
           fastify.setErrorHandler((error, request, reply) => reply.code(error.statusCode).send({ code: error.code }));
           fastify.register(fp(async () => {}, { name: 'needs', dependencies: ['auth'] }));
           fastify.get('/me', async (request) => [request.user ?? null, fastify.region]);
         };",
    )]);
    config.natives = vec![Arc::new(Status), Arc::new(Auth)];
    let app = App::load(&engine(), config, context()).await.unwrap();
    let plain = get(&app, "/me").await;
    assert_eq!(body(&plain), r#"[null,"eu"]"#);
    assert_eq!(plain.headers()["x-auth"], "none");
    assert!(!plain.headers().contains_key("x-inner"));
    assert_eq!(ask(&app, "/me", "good").await, (200, r#"[{"id":7},"eu"]"#.to_owned()));
    assert_eq!(ask(&app, "/me", "bad").await, (401, r#"{"code":"BAD_TOKEN"}"#.to_owned()));
    assert_eq!(ask(&app, "/me", "stop").await, (403, r#""stopped""#.to_owned()));
    assert_eq!(
        ask(&app, "/native/x", "good").await.1,
        r#"{"name":"x","tenant":"acme","user":{"id":7}}"#
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_can_be_native_code_alone() {
    let mut config = crate::support::config(&[]);
    config.natives = vec![Arc::new(Auth), Arc::new(Status)];
    let app = App::load(&engine(), config, context()).await.unwrap();
    let response = get(&app, "/native/alone").await;
    assert_eq!(body(&response), r#"{"name":"alone","tenant":"acme","user":null}"#);
    assert_eq!(response.headers()["x-inner"], "1");
    assert_eq!(get(&app, "/none").await.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_dependency_is_named() {
    let mut config = crate::support::config(&[]);
    config.natives = vec![Arc::new(Status)];
    let error = App::load(&engine(), config, context()).await.unwrap_err();
    assert!(matches!(&error, LoadError::Native { plugin, .. } if plugin == "status"), "{error}");
    assert!(error.to_string().contains("\"auth\""), "{error}");
}
