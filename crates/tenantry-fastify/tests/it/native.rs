//! Plugins written in Rust, beside JavaScript and alone.

mod broken;
mod told;

use std::sync::{Arc, Mutex};

use crate::support::{body, context, engine, get, send};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, SET_COOKIE};
use http::{Extensions, HeaderValue, Request, Response, StatusCode};
use serde_json::{Value, json};
use tenantry_fastify::native::{
    Flow, Hook, NativeApp, NativeError, NativePlugin, NativeRequest, Reply, Scope, Tenant,
};
use tenantry_fastify::{App, LoadError, OnError, RequestInfo};

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
            inner.on_send(|_, answer| async move { Ok(answer.with_header("x-sent", "1")) });
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
    assert!(!plain.headers().contains_key("x-inner") && !plain.headers().contains_key("x-sent"));
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
    assert_eq!(response.headers()["x-sent"], "1");
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

/// A hook of every kind that has a say in the answer, each of which leaves its name.
struct Traces;

const BEFORE: [Hook; 4] =
    [Hook::OnRequest, Hook::PreParsing, Hook::PreValidation, Hook::PreHandler];

impl NativePlugin for Traces {
    fn name(&self) -> &str {
        "traces"
    }

    fn register(&self, scope: &mut Scope) -> Result<(), String> {
        for hook in BEFORE {
            scope.hook(hook, move |request| {
                let mut trace = trace_of(&request);
                trace.push(json!(format!("rust {} {}", hook.name(), request.body().len())));
                async move { Ok(Flow::go_on().property("trace", Value::Array(trace))) }
            });
        }
        scope.pre_serialization(|_, mut payload| async move {
            match payload["trace"].as_array_mut() {
                Some(trace) => trace.push(json!("rust preSerialization")),
                None => return Ok(None),
            }
            Ok(Some(payload))
        });
        scope.on_send(|_, answer| async move {
            let text = format!("{} rust", answer.text().unwrap_or_default());
            Ok(answer.with_payload(text))
        });
        Ok(())
    }
}

/// What hooks before this one have left.
fn trace_of(request: &NativeRequest) -> Vec<Value> {
    request.property("trace").and_then(Value::as_array).cloned().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_hook_runs_in_its_turn_among_those_of_javascript() {
    let mut config = crate::support::config(&[(
        "routes/index.mjs",
        "export default async (fastify) => {
           for (const name of ['onRequest', 'preParsing', 'preValidation', 'preHandler']) {
             fastify.addHook(name, async (request) => { request.trace = [...request.trace, `js ${name}`]; });
           }
           fastify.addHook('preSerialization', async (request, reply, { trace }) => ({ trace: [...trace, 'js preSerialization'] }));
           fastify.addHook('onSend', async (request, reply, payload) => `${payload} js`);
           fastify.post('/', async ({ trace }) => ({ trace }));
         };",
    )]);
    config.natives = vec![Arc::new(Traces)];
    let app = App::load(&engine(), config, context()).await.unwrap();
    let request = Request::post("/").header(CONTENT_TYPE, "text/plain");
    let text = body(&send(&app, request.body(Bytes::from("12345")).unwrap()).await);
    let traced = text.strip_suffix(" rust js").unwrap_or_else(|| panic!("{text}"));
    let expected = json!({ "trace": [
        "rust onRequest 0", "js onRequest",
        "rust preParsing 0", "js preParsing",
        "rust preValidation 5", "js preValidation",
        "rust preHandler 5", "js preHandler",
        "rust preSerialization", "js preSerialization",
    ] });
    assert_eq!(serde_json::from_str::<Value>(traced).unwrap(), expected);
}

/// It says what kind of payload there is, and takes the place of one.
struct Seal;

impl NativePlugin for Seal {
    fn name(&self) -> &str {
        "seal"
    }

    fn register(&self, scope: &mut Scope) -> Result<(), String> {
        scope.on_send(|request, mut answer| async move {
            if request.path() == "/untouched" {
                return Ok(answer);
            }
            let kind = match (&answer.payload, answer.text()) {
                (None, _) => "stream",
                (_, None) => "bytes",
                (_, Some("")) => "nothing",
                (_, Some(_)) => "text",
            };
            answer.headers.insert("x-kind", HeaderValue::from_static(kind));
            if answer.headers.remove("x-old").is_some() {
                answer.status = StatusCode::ACCEPTED;
                answer.headers.append(SET_COOKIE, HeaderValue::from_static("b=2"));
                answer.payload = Some(Bytes::from_static(&[255, 0]));
            }
            Ok(answer)
        });
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_can_be_changed_before_it_is_sent() {
    let mut config = crate::support::config(&[(
        "routes/index.mjs",
        "export default async (fastify) => {
           fastify.get('/untouched', async () => 'as it is');
           fastify.get('/text', async () => 'text');
           fastify.get('/nothing', (request, reply) => { reply.code(204).send(); });
           fastify.get('/bytes', async () => new Uint8Array([254, 1]));
           fastify.get('/stream', async () => (async function* () { yield 'a'; yield 'b'; })());
           fastify.get('/old', async (request, reply) => {
             reply.header('x-old', 1).header('set-cookie', 'a=1');
             return 'old';
           });
         };",
    )]);
    config.natives = vec![Arc::new(Seal)];
    let app = App::load(&engine(), config, context()).await.unwrap();
    assert_eq!(body(&get(&app, "/untouched").await), "as it is");
    for (path, kind, sent) in [
        ("/text", "text", &b"text"[..]),
        ("/nothing", "nothing", &b""[..]),
        ("/bytes", "bytes", &[254, 1][..]),
        ("/stream", "stream", &b"ab"[..]),
    ] {
        let response = get(&app, path).await;
        assert_eq!(response.headers()["x-kind"], kind, "{path}");
        assert_eq!(&response.body()[..], sent, "{path}");
    }
    let old = get(&app, "/old").await;
    assert_eq!((old.status(), &old.body()[..]), (StatusCode::ACCEPTED, &[255, 0][..]));
    let cookies: Vec<_> = old.headers().get_all(SET_COOKIE).iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    assert!(!old.headers().contains_key("x-old"));
}

/// Nobody is let in whose head says so already.
struct Door;

impl NativePlugin for Door {
    fn name(&self) -> &str {
        "door"
    }

    fn register(&self, scope: &mut Scope) -> Result<(), String> {
        scope.hook(Hook::PreParsing, |request| async move {
            match request.headers().get("authorization").map(HeaderValue::as_bytes) {
                Some(b"bad") => Err(NativeError::new(StatusCode::FORBIDDEN, "NO_ENTRY", "not you")),
                Some(b"stop") => {
                    Ok(Flow::Answer(Reply::json(&json!("later")).status(StatusCode::CONFLICT)))
                }
                _ => Ok(Flow::go_on()),
            }
        });
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_can_be_refused_before_its_body_is_parsed() {
    let mut config = crate::support::config(&[(
        "routes/index.mjs",
        "export default async (fastify) => {
           const seen = [];
           fastify.addHook('preParsing', async (request) => { seen.push(request.headers.authorization); });
           fastify.get('/', async () => seen);
         };",
    )]);
    config.natives = vec![Arc::new(Door)];
    let app = App::load(&engine(), config, context()).await.unwrap();
    let (status, told) = ask(&app, "/", "bad").await;
    assert_eq!((status, told.contains("NO_ENTRY")), (403, true), "{told}");
    assert_eq!(ask(&app, "/", "stop").await, (409, r#""later""#.to_owned()));
    assert_eq!(ask(&app, "/", "good").await, (200, r#"["good"]"#.to_owned()));
}

/// It keeps what it is told of.
#[derive(Default)]
struct Reporter(Arc<Mutex<Vec<NativeError>>>);

impl NativePlugin for Reporter {
    fn name(&self) -> &str {
        "reporter"
    }

    fn register(&self, scope: &mut Scope) -> Result<(), String> {
        let told = self.0.clone();
        scope.on_error(move |_, error| {
            told.lock().expect("nobody panics with it").push(error);
            async {}
        });
        scope.get("/native", |_| async {
            Err(NativeError::new(StatusCode::CONFLICT, "NATIVE", "in Rust"))
        });
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_told_of_errors_before_they_are_answered() {
    let mut config = crate::support::config(&[(
        "routes/index.mjs",
        "export default async (fastify) => {
           fastify.addHook('onError', async (request, reply, error) => { reply.header('x-told', String(error.code)); });
           fastify.setErrorHandler((error, request, reply) => reply.code(299).send('answered'));
           fastify.get('/teapot', async () => { throw Object.assign(new Error('no tea'), { statusCode: 418, code: 'TEAPOT' }); });
           fastify.get('/plain', async (request, reply) => { reply.code(503); throw 'plain'; });
           fastify.get('/hostile', async () => {
             throw Object.defineProperty(new Error(), 'message', { get() { throw new Error('hostile'); } });
           });
         };",
    )]);
    let reporter = Reporter::default();
    let told = reporter.0.clone();
    config.natives = vec![Arc::new(reporter)];
    let app = App::load(&engine(), config, context()).await.unwrap();
    let teapot = get(&app, "/teapot").await;
    assert_eq!((teapot.status().as_u16(), body(&teapot).as_str()), (299, "answered"));
    assert_eq!(teapot.headers()["x-told"], "TEAPOT");
    for path in ["/plain", "/hostile", "/native"] {
        get(&app, path).await;
    }
    let told: Vec<_> = told
        .lock()
        .unwrap()
        .iter()
        .map(|error| (error.status.as_u16(), error.code.clone(), error.message.clone()))
        .collect();
    let expected =
        |status, code: &str, message: &str| (status, code.to_owned(), message.to_owned());
    assert_eq!(told[0], expected(418, "TEAPOT", "no tea"));
    assert_eq!(told[1], expected(503, "", "plain"));
    assert_eq!((told[2].0, told[2].1.as_str()), (500, ""));
    assert_eq!(told[3], expected(409, "NATIVE", "in Rust"));
    assert_eq!(told.len(), 4);
}

#[derive(Clone)]
struct Region(&'static str);

/// It goes by what it is told of its tenant.
struct Plans;

impl NativePlugin for Plans {
    fn name(&self) -> &str {
        "plans"
    }

    fn register(&self, scope: &mut Scope) -> Result<(), String> {
        let tenant = scope.tenant().clone();
        match tenant.config()["plan"].as_str() {
            Some(plan) => scope.decorate("plan", json!(format!("{} of {}", plan, tenant.id()))),
            None => return Err("the configuration has no plan".to_owned()),
        };
        scope.register("/of", |inner| {
            let plan = inner.tenant().config()["plan"].clone();
            inner.get("/plan", move |_| {
                let plan = plan.clone();
                async move { Ok(Reply::json(&plan)) }
            });
        });
        scope.get("/region", |request| async move {
            let tenant = request.tenant();
            let region = tenant.get::<Region>().map(|region| region.0);
            let config = tenant.config();
            Ok(Reply::json(&json!([region, config["plan"], config["account"]])))
        });
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plugins_know_their_tenant_and_what_is_given_to_it() {
    let mut config = crate::support::config(&[
        ("config.mjs", "export default async () => ({ plan: 'paid', limit: () => 1 });"),
        (
            "routes/index.mjs",
            "export default async (fastify) => { fastify.get('/', async () => fastify.plan) };",
        ),
    ]);
    config.natives = vec![Arc::new(Plans)];
    config.extensions.insert(Region("eu"));
    let app = App::load(&engine(), config, context()).await.unwrap();
    assert_eq!(body(&get(&app, "/").await), "paid of acme");
    assert_eq!(body(&get(&app, "/of/plan").await), r#""paid""#);
    assert_eq!(body(&get(&app, "/region").await), r#"["eu","paid",null]"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_refuses_its_tenant_keeps_the_application_out() {
    for on_error in [OnError::Tenant, OnError::Part] {
        let mut config = crate::support::config(&[("config.json", r#"{ "name": "Acme" }"#)]);
        config.natives = vec![Arc::new(Auth), Arc::new(Plans)];
        config.on_error = on_error;
        let error = App::load(&engine(), config, context()).await.unwrap_err();
        assert!(matches!(&error, LoadError::Native { plugin, .. } if plugin == "plans"), "{error}");
        assert!(error.to_string().contains("has no plan"), "{error}");
    }
}

#[tokio::test]
async fn without_javascript_the_same_hooks_run() {
    let reporter = Reporter::default();
    let told = reporter.0.clone();
    let plugins: [Arc<dyn NativePlugin>; 4] =
        [Arc::new(Traces), Arc::new(Seal), Arc::new(Door), Arc::new(reporter)];
    let tenant = Tenant::new("acme", json!({}), Extensions::new());
    let app = NativeApp::new(&plugins, tenant).unwrap();
    let ask = async |path: &str, token: &str| {
        let request = Request::get(path).header("authorization", token);
        let request = request.body(Bytes::from("12345")).unwrap();
        let otherwise = async |request: Request<Bytes>| {
            let native = request.extensions().get::<NativeRequest>().unwrap();
            let trace = Value::Array(trace_of(native)).to_string();
            let mut response = Response::new(Bytes::from(trace));
            response.headers_mut().insert("x-old", HeaderValue::from_static("1"));
            response
        };
        app.handle(request, &RequestInfo::default(), context(), otherwise).await
    };
    let untouched = body(&ask("/untouched", "good").await);
    let expected = r#"["rust onRequest 0","rust preParsing 0","rust preValidation 5","rust preHandler 5"] rust"#;
    assert_eq!(untouched, expected);
    let changed = ask("/", "good").await;
    assert_eq!((changed.status(), &changed.body()[..]), (StatusCode::ACCEPTED, &[255, 0][..]));
    let refused = ask("/", "bad").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(refused.headers()["x-kind"], "text");
    assert!(body(&refused).contains("NO_ENTRY"));
    assert_eq!(ask("/native", "good").await.status(), StatusCode::CONFLICT);
    let codes: Vec<_> = told.lock().unwrap().iter().map(|error| error.code.clone()).collect();
    assert_eq!(codes, ["NO_ENTRY", "NATIVE"]);
}
