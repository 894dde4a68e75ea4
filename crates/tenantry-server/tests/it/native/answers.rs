//! What clients get where plugins and tenants in Rust have had a say in the answer.

use axum::{Json, Router, http::StatusCode, routing::get as route};
use futures_util::future::BoxFuture;
use http::{HeaderValue, header};
use serde_json::json;
use tenantry_server::{
    FailedRequest,
    native::{BoxError, NativeTenant, TenantModule},
    plugin::{Flow, Hook, NativeError, NativePlugin, Scope},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::Plain;
use crate::support::{Project, get};

/// For all tenants: it makes answers longer.
struct Longer;

impl NativePlugin for Longer {
    fn name(&self) -> &str {
        "longer"
    }

    fn register(&self, scope: &mut Scope) -> Result<(), String> {
        scope.on_send(|_, mut answer| async move {
            let text = format!("{}, and more than that", answer.text().unwrap_or_default());
            answer.headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
            Ok(answer.with_payload(text))
        });
        Ok(())
    }
}

#[tokio::test]
async fn an_answer_that_a_hook_has_made_longer_ends_where_its_head_says() {
    let project = Project::new(&[]);
    let server = project.builder().native_plugin(Longer).tenant("reports", Plain).build().unwrap();
    let address = server.start().await.unwrap().local_addr();
    let mut client = TcpStream::connect(address).await.unwrap();
    for (method, more) in [("HEAD", ""), ("GET", ""), ("GET", "connection: close\r\n")] {
        let head =
            format!("{method} /reports HTTP/1.1\r\nhost: a\r\nx-tenant-id: reports\r\n{more}\r\n");
        client.write_all(head.as_bytes()).await.unwrap();
    }
    let mut answers = String::new();
    client.read_to_string(&mut answers).await.unwrap();
    let mut rest = answers.as_str();
    // What answers HEAD has the length of what the router would have sent.
    let longer = "none yet, and more than that";
    for (length, text) in [(8, ""), (longer.len(), longer), (longer.len(), longer)] {
        let (head, after) = rest.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{answers}");
        let lengths: Vec<_> =
            head.lines().filter(|line| line.starts_with("content-length:")).collect();
        assert_eq!(lengths, [format!("content-length: {length}")], "{answers}");
        assert!(!head.contains("upgrade"), "{answers}");
        rest = after.strip_prefix(text).unwrap_or_else(|| panic!("{answers}"));
    }
    assert_eq!(rest, "", "{answers}");
    assert!(server.stop().await);
}

/// For all tenants: whoever may not come in is sent elsewhere.
struct Elsewhere;

impl NativePlugin for Elsewhere {
    fn name(&self) -> &str {
        "elsewhere"
    }

    fn register(&self, scope: &mut Scope) -> Result<(), String> {
        scope.hook(Hook::OnRequest, |_| async {
            Err(NativeError::new(StatusCode::UNAUTHORIZED, "NOBODY", "nobody is let in"))
        });
        scope.on_send(|request, mut answer| async move {
            if answer.status == StatusCode::UNAUTHORIZED && request.path() != "/api" {
                answer.status = StatusCode::SEE_OTHER;
                answer = answer.with_header("location", "/login");
            }
            Ok(answer)
        });
        Ok(())
    }
}

#[tokio::test]
async fn an_error_that_a_hook_has_made_something_else_of_is_no_error_any_more() {
    let project = Project::with_routes("export default async () => {}");
    let server = project.builder().native_plugin(Elsewhere).tenant("reports", Plain);
    let server = server.build().unwrap();
    server.set_error_handler(async |failed: FailedRequest| {
        (StatusCode::IM_A_TEAPOT, Json(json!({ "told": failed.code() })))
    });
    for tenant in ["acme", "reports"] {
        let sent = get(&server, tenant, "/reports").await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{tenant}: {sent:?}");
        assert_eq!(sent.response.headers()["location"], "/login");
        let told = get(&server, tenant, "/api").await;
        assert_eq!((told.status.as_u16(), told.json()), (418, json!({ "told": "NOBODY" })));
    }
}

/// For all tenants: it panics where it is asked to.
struct Panics;

impl NativePlugin for Panics {
    fn name(&self) -> &str {
        "panics"
    }

    fn register(&self, scope: &mut Scope) -> Result<(), String> {
        scope.hook(Hook::PreHandler, |request| async move {
            assert_ne!(request.path(), "/panic", "as told");
            Ok(Flow::go_on())
        });
        Ok(())
    }
}

/// Its router does so, too.
struct Shaky;

impl TenantModule for Shaky {
    fn load<'a>(&'a self, _: &'a mut NativeTenant) -> BoxFuture<'a, Result<Router, BoxError>> {
        Box::pin(async {
            let here = async || -> &'static str { panic!("as told") };
            Ok(Router::new().route("/", route(async || "fine")).route("/router", route(here)))
        })
    }
}

#[tokio::test]
async fn a_panic_is_answered_and_ends_no_connection() {
    let project = Project::with_routes(
        "export default async (fastify) => { for (const path of ['/', '/panic']) fastify.get(path, async () => 'fine') }",
    );
    let server = project.builder().native_plugin(Panics).tenant("shaky", Shaky).build().unwrap();
    let in_javascript = r#"{"success":false,"error":"Internal server error"}"#;
    let cases = [
        ("acme", "/panic", in_javascript),
        ("shaky", "/panic", "INTERNAL_ERROR"),
        ("shaky", "/router", "INTERNAL_ERROR"),
    ];
    for (tenant, path, told) in cases {
        let answer = get(&server, tenant, path).await;
        assert_eq!(answer.status, 500, "{tenant} {path}: {answer:?}");
        assert!(answer.text.contains(told), "{answer:?}");
        assert!(!answer.text.contains("as told"), "{answer:?}");
        assert_eq!(get(&server, tenant, "/").await.text, "fine");
    }
}
