//! Native plugins that cannot be registered, or panic.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Extensions, Request, Response, StatusCode};
use serde_json::json;
use tenantry_fastify::native::{
    Flow, Hook, NativeApp, NativeError, NativePlugin, NativeRequest, Reply, Scope, Tenant,
};
use tenantry_fastify::{App, LoadError, OnError, RequestInfo};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::{Auth, Status, ask};
use crate::support::{body, context, engine, get, send};

/// It lets nobody in, and then adds what cannot be added.
struct HalfWay(&'static str);

impl NativePlugin for HalfWay {
    fn name(&self) -> &str {
        "half-way"
    }

    fn register(&self, scope: &mut Scope) -> Result<(), String> {
        scope.hook(Hook::OnRequest, |_| async {
            Err(NativeError::new(StatusCode::UNAUTHORIZED, "NOBODY", "nobody is let in"))
        });
        match self.0 {
            "a schema" => {
                scope.schema(json!({ "type": "object" }));
            }
            "a decoration" => {
                scope.decorate("get", json!(1));
            }
            "the tenant" => {
                scope.decorate("tenant", json!(1));
            }
            "a route" => twice(scope),
            "a scope" => {
                scope.register("/inner", |inner| {
                    inner.register("/most", twice);
                });
            }
            _ => panic!("no such luck"),
        }
        Ok(())
    }
}

fn twice(scope: &mut Scope) {
    for _ in 0..2 {
        scope.get("/same", |_| async { Ok(Reply::json(&json!("same"))) });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_fails_half_way_keeps_the_application_out_whatever_broken_parts_do() {
    for (what, told) in [
        ("a schema", "$id"),
        ("a decoration", "'get'"),
        ("the tenant", "'tenant'"),
        ("a route", "'/same'"),
        ("a scope", "'/inner/most/same'"),
    ] {
        for on_error in [OnError::Tenant, OnError::Part] {
            let mut config = crate::support::config(&[(
                "routes/index.mjs",
                "export default async (fastify) => { fastify.get('/', async () => 'served'); };",
            )]);
            config.natives = vec![Arc::new(HalfWay(what))];
            config.on_error = on_error;
            let error = App::load(&engine(), config, context()).await.unwrap_err();
            let is_named =
                matches!(&error, LoadError::Native { plugin, .. } if plugin == "half-way");
            assert!(is_named && error.to_string().contains(told), "{what}: {error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_panics_at_its_registration_is_named() {
    let mut config = crate::support::config(&[]);
    config.natives = vec![Arc::new(HalfWay("a panic"))];
    let beside = App::load(&engine(), config, context()).await.unwrap_err();
    let plugins: [Arc<dyn NativePlugin>; 1] = [Arc::new(HalfWay("a panic"))];
    let tenant = Tenant::new("acme", json!({}), Extensions::new());
    let alone = NativeApp::new(&plugins, tenant).unwrap_err();
    for error in [beside, alone] {
        assert_eq!(error.to_string(), "native plugin half-way: it panicked: no such luck");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_configuration_has_put_on_prototypes_has_no_say_in_what_plugins_add() {
    let mut config = crate::support::config(&[(
        "config.mjs",
        "const put = (name, value) => Object.defineProperty(Object.prototype, name, { value, writable: true, configurable: true });
         put('decorate', 'x');
         put('prefix', '/elsewhere');
         put('default', async () => {});
         put('status', 204);
         put(Symbol.for('skip-override'), true);
         export default {};",
    )]);
    config.natives = vec![Arc::new(Auth), Arc::new(Status)];
    config.on_error = OnError::Part;
    let app = App::load(&engine(), config, context()).await.unwrap();
    assert!(app.loaded().errors.is_empty(), "{:?}", app.loaded().errors);
    assert_eq!(ask(&app, "/native/x", "bad").await.0, 401);
    let expected = r#"{"name":"x","tenant":"acme","user":{"id":7}}"#;
    assert_eq!(ask(&app, "/native/x", "good").await, (200, expected.to_owned()));
    let nowhere = get(&app, "/none").await;
    assert_eq!(nowhere.headers()["x-auth"], "none");
    assert!(!nowhere.headers().contains_key("x-inner"), "a scope's hooks are its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_whose_start_fails_is_not_served_without_its_hooks() {
    let mut config = crate::support::config(&[
        (
            "index.mjs",
            "export default async (fastify) => {
               globalThis.app = fastify;
               fastify.get('/', async () => 'served');
             };",
        ),
        (
            "services/Late.mjs",
            "export default () => {
               globalThis.app.register(async () => { throw new Error('too late'); });
               return {};
             };",
        ),
    ]);
    config.natives = vec![Arc::new(Auth)];
    config.on_error = OnError::Part;
    let app = App::load(&engine(), config, context()).await.unwrap();
    let errors = &app.loaded().errors;
    assert!(errors.iter().any(|error| error.message.contains("too late")), "{errors:?}");
    assert_eq!(ask(&app, "/", "good").await, (200, "served".to_owned()));
    assert_eq!(ask(&app, "/", "bad").await.0, 401);
}

/// Its code panics where it is told to.
struct Panics;

fn panic_if_told(request: &NativeRequest, here: &str) {
    let told = request.headers().get("x-panic").map(http::HeaderValue::as_bytes);
    assert!(told != Some(here.as_bytes()), "as told");
}

impl NativePlugin for Panics {
    fn name(&self) -> &str {
        "panics"
    }

    fn register(&self, scope: &mut Scope) -> Result<(), String> {
        for hook in [Hook::OnRequest, Hook::PreHandler, Hook::OnResponse] {
            scope.hook(hook, move |request| {
                // Before there is a future, too.
                panic_if_told(&request, hook.name());
                async { Ok(Flow::go_on()) }
            });
        }
        scope.on_send(|request, answer| async move {
            panic_if_told(&request, "onSend");
            Ok(answer)
        });
        scope.on_error(|request, _| async move { panic_if_told(&request, "onError") });
        scope.get("/", |request| async move {
            panic_if_told(&request, "route");
            match request.headers().contains_key("x-fail") {
                true => Err(NativeError::new(StatusCode::CONFLICT, "TOLD", "as told")),
                false => Ok(Reply::json(&json!("fine"))),
            }
        });
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_of_a_plugins_code_is_an_error_that_says_nothing_of_it() {
    let mut config = crate::support::config(&[]);
    config.natives = vec![Arc::new(Panics)];
    let beside = App::load(&engine(), config, context()).await.unwrap();
    let plugins: [Arc<dyn NativePlugin>; 1] = [Arc::new(Panics)];
    let tenant = Tenant::new("acme", json!({}), Extensions::new());
    let alone = NativeApp::new(&plugins, tenant).unwrap();
    for (place, fails, status) in [
        ("onRequest", false, 500),
        ("preHandler", false, 500),
        ("route", false, 500),
        ("onSend", false, 500),
        ("onResponse", false, 200),
        ("onError", true, 409),
        ("nowhere", true, 409),
    ] {
        let request = || {
            let mut request = Request::get("/").header("x-panic", place);
            if fails {
                request = request.header("x-fail", "1");
            }
            request.body(Bytes::new()).unwrap()
        };
        let otherwise = async |_: Request<Bytes>| Response::new(Bytes::new());
        let info = RequestInfo::default();
        for (whose, answer) in [
            ("beside", send(&beside, request()).await),
            ("alone", alone.handle(request(), &info, context(), otherwise).await),
        ] {
            assert_eq!(answer.status().as_u16(), status, "{place}, {whose}: {}", body(&answer));
            if status == 500 {
                let text = body(&answer);
                assert!(text.contains("INTERNAL_ERROR") && !text.contains("as told"), "{text}");
            }
        }
    }
}

/// Its hook after the answer never ends.
struct Endless(Arc<Notify>);

/// It tells when it is dropped.
struct Dropped(Arc<Notify>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl NativePlugin for Endless {
    fn name(&self) -> &str {
        "endless"
    }

    fn register(&self, scope: &mut Scope) -> Result<(), String> {
        let dropped = self.0.clone();
        scope.hook(Hook::OnResponse, move |_| {
            let dropped = Dropped(dropped.clone());
            async move {
                let _dropped = dropped;
                std::future::pending().await
            }
        });
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn without_javascript_a_hook_after_the_answer_has_its_time_too() {
    let ended = Arc::new(Notify::new());
    let plugins: [Arc<dyn NativePlugin>; 1] = [Arc::new(Endless(ended.clone()))];
    let tenant = Tenant::new("acme", json!({}), Extensions::new());
    let wall = Duration::from_secs(5);
    let app = NativeApp::new(&plugins, tenant).unwrap().with_wall(wall);
    let request = Request::get("/").body(Bytes::new()).unwrap();
    let otherwise = async |_: Request<Bytes>| Response::new(Bytes::new());
    let start = Instant::now();
    app.handle(request, &RequestInfo::default(), context(), otherwise).await;
    ended.notified().await;
    // The clock counts in milliseconds.
    assert!((wall..wall + Duration::from_millis(2)).contains(&start.elapsed()));
}
