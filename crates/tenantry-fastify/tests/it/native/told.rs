//! What native code is told, and what it tells.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header::{SET_COOKIE, VARY};
use http::{HeaderValue, Request, Response};
use serde_json::{Value, json};
use tenantry_fastify::native::{Flow, Hook, NativePlugin, NativeRequest, Reply, Scope};
use tenantry_fastify::{App, AppConfig, ConfigSource, LoadError, OnError, RequestInfo};
use tenantry_js::{Host, LogEntry, TaskInfo};

use super::Plans;
use crate::support::{body, config, context, engine, get};

/// Lines, in the order in which they came.
type Lines = Arc<Mutex<Vec<String>>>;

fn add(lines: &Lines, line: String) {
    lines.lock().expect("nobody panics with it").push(line);
}

/// Waits until there are so many.
async fn lines(lines: &Lines, count: usize) -> Vec<String> {
    loop {
        let now = lines.lock().expect("nobody panics with it").clone();
        if now.len() >= count {
            return now;
        }
        tokio::task::yield_now().await;
    }
}

async fn load(mut config: AppConfig, plugin: impl NativePlugin) -> App {
    config.natives = vec![Arc::new(plugin)];
    App::load(&engine(), config, context()).await.expect("it can be loaded")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_that_the_program_has_read_cannot_be_forged() {
    let files = [
        ("config.json", r#"{ "plan": "free", "account": 9007199254740993 }"#),
        (
            "index.mjs",
            "Object.defineProperty(Object.prototype, 'toJSON', {
               value() { return 'plan' in this ? { plan: 'enterprise' } : this; },
             });
             export const config = { plan: 'enterprise' };
             export default async () => {};",
        ),
    ];
    let from_json = config(&files);
    let mut from_toml = config(&files);
    from_toml.manifest.config =
        ConfigSource::Value(json!({ "plan": "free", "account": 9_007_199_254_740_993_u64 }));
    for config in [from_json, from_toml] {
        let app = load(config, Plans).await;
        assert_eq!(body(&get(&app, "/region").await), r#"[null,"free",9007199254740993]"#);
        assert_eq!(body(&get(&app, "/of/plan").await), r#""free""#);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_is_too_large_for_plugins_keeps_the_application_out() {
    let large = "x".repeat(256 << 10);
    let mut value = config(&[]);
    value.manifest.config = ConfigSource::Value(json!({ "plan": large }));
    let module = config(&[("config.mjs", "export default { plan: 'x'.repeat(256 << 10) };")]);
    for mut config in [value, module] {
        config.natives = vec![Arc::new(Plans)];
        config.on_error = OnError::Part;
        let error = App::load(&engine(), config, context()).await.unwrap_err();
        let LoadError::Parts(parts) = &error else { panic!("{error}") };
        assert_eq!(parts[0].part, "config");
        assert!(parts[0].message.contains("larger than the 262144 bytes"), "{error}");
    }
}

/// It sets properties of requests, and writes down what comes of them and of payloads.
struct Notes(Lines);

fn notes_of(request: &NativeRequest) -> String {
    let mut text = request.path().to_owned();
    for name in ["user", "count", "hostile", "kept"] {
        if let Some(value) = request.property(name) {
            let _infallible = write!(text, " {name}={value}");
        }
    }
    text
}

impl NativePlugin for Notes {
    fn name(&self) -> &str {
        "notes"
    }

    fn register(&self, scope: &mut Scope) -> Result<(), String> {
        scope.hook(Hook::OnRequest, |_| async {
            let flow = Flow::go_on().property("count", json!(1)).property("hostile", json!({}));
            Ok(flow.property("kept", json!("k")))
        });
        let notes = self.0.clone();
        scope.pre_serialization(move |_, payload| {
            add(&notes, format!("payload {payload}"));
            async { Ok(None) }
        });
        let notes = self.0.clone();
        scope.on_error(move |request, error| {
            add(&notes, format!("error {} {}", error.code, notes_of(&request)));
            async {}
        });
        let notes = self.0.clone();
        scope.hook(Hook::OnResponse, move |request| {
            add(&notes, format!("response {}", notes_of(&request)));
            async { Ok(Flow::go_on()) }
        });
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_json_cannot_write_is_left_out_and_fails_nothing() {
    let config = config(&[(
        "routes/index.mjs",
        "export default async (fastify) => {
           fastify.addHook('preHandler', async (request) => {
             request.user = {};
             request.user.self = request.user;
             request.count = 5n;
             request.hostile = { toJSON() { throw new Error('hostile'); } };
           });
           fastify.get('/fails', async () => { throw Object.assign(new Error('no tea'), { statusCode: 418, code: 'TEAPOT' }); });
           fastify.get('/answer', async (request, reply) => {
             reply.serializer(({ number }) => `number ${number}`);
             return { number: 7n };
           });
           fastify.get('/plain', async () => ({ number: 7 }));
         };",
    )]);
    let notes = Lines::default();
    let app = load(config, Notes(notes.clone())).await;
    assert_eq!(get(&app, "/fails").await.status(), 418);
    let mut expected = vec!["error TEAPOT /fails kept=\"k\"", "response /fails kept=\"k\""];
    assert_eq!(lines(&notes, 2).await, expected);

    let answer = get(&app, "/answer").await;
    assert_eq!((answer.status().as_u16(), body(&answer).as_str()), (200, "number 7"));
    expected.push("response /answer kept=\"k\"");
    assert_eq!(lines(&notes, 3).await, expected);

    assert_eq!(body(&get(&app, "/plain").await), r#"{"number":7}"#);
    expected.extend(["payload {\"number\":7}", "response /plain kept=\"k\""]);
    assert_eq!(lines(&notes, 5).await, expected);
}

/// A log.
struct Log(Lines);

impl Host for Log {
    fn log(&self, _: Option<&TaskInfo>, entry: LogEntry) {
        add(&self.0, entry.message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_left_out_or_an_error() {
    let mut config = config(&[(
        "routes/index.mjs",
        "export default async (fastify) => {
           fastify.get('/property', async (request) => {
             request.count = 'x'.repeat(64 * 1024);
             return 'fine';
           });
           fastify.get('/payload', async () => ({ text: 'x'.repeat(1024 * 1024) }));
         };",
    )]);
    let (log, notes) = (Lines::default(), Lines::default());
    config.host = Arc::new(Log(log.clone()));
    let app = load(config, Notes(notes.clone())).await;
    assert_eq!(body(&get(&app, "/property").await), "fine");
    assert_eq!(lines(&notes, 1).await, ["response /property hostile={} kept=\"k\""]);
    let told = lines(&log, 1).await;
    assert!(told.iter().any(|line| line.contains("not told of request.count")), "{told:?}");

    let answer = get(&app, "/payload").await;
    assert_eq!(answer.status(), 500);
    assert!(body(&answer).contains("TENANTRY_NATIVE_TOO_LARGE"), "{}", body(&answer));
    assert!(lines(&notes, 3).await[1].starts_with("error TENANTRY_NATIVE_TOO_LARGE /payload"));
    let told = lines(&log, 2).await;
    assert!(told.iter().any(|line| line.contains("larger than the 1048576")), "{told:?}");
}

/// It repeats headers.
struct Repeats;

impl NativePlugin for Repeats {
    fn name(&self) -> &str {
        "repeats"
    }

    fn register(&self, scope: &mut Scope) -> Result<(), String> {
        scope.hook(Hook::OnRequest, |_| async {
            let flow = Flow::go_on().header("vary", "a").header("vary", "b");
            Ok(flow.header("set-cookie", "first=1").header("set-cookie", "second=2"))
        });
        scope.get("/native", |_| async {
            let mut response = Response::new(Bytes::from_static(b"native"));
            for value in ["c", "d"] {
                response.headers_mut().append(VARY, HeaderValue::from_static(value));
            }
            response.headers_mut().append(SET_COOKIE, HeaderValue::from_static("third=3"));
            Ok(Reply::from(response))
        });
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_are_repeated_are_all_sent() {
    let config = config(&[(
        "routes/index.mjs",
        "export default async (fastify) => { fastify.get('/javascript', async () => 'here'); };",
    )]);
    let app = load(config, Repeats).await;
    for (path, vary, cookies) in [
        ("/javascript", &["a", "b"], &["first=1", "second=2"][..]),
        ("/native", &["c", "d"], &["first=1", "second=2", "third=3"][..]),
    ] {
        let response = get(&app, path).await;
        let all = |name| response.headers().get_all(name).iter().collect::<Vec<_>>();
        assert_eq!(all(VARY), vary, "{path}");
        assert_eq!(all(SET_COOKIE), cookies, "{path}");
    }
}

/// It tells who is asking: by the edge, and by the application.
struct Who(Lines);

impl NativePlugin for Who {
    fn name(&self) -> &str {
        "who"
    }

    fn register(&self, scope: &mut Scope) -> Result<(), String> {
        scope.get("/who", |request| async move {
            Ok(Reply::json(&json!([request.user(), request.property("user")])))
        });
        let after = self.0.clone();
        scope.hook(Hook::OnResponse, move |request| {
            let user = request.user().unwrap_or(&Value::Null);
            add(&after, format!("{} {user}", request.path()));
            async { Ok(Flow::go_on()) }
        });
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_edge_has_identified_cannot_be_forged() {
    let config = config(&[(
        "index.mjs",
        "export default async (fastify) => {
           fastify.addHook('onRequest', async (request) => { request.user = 'forged'; });
           fastify.get('/from-within', async () => (await fastify.inject('/who')).json());
         };",
    )]);
    let after = Lines::default();
    let app = load(config, Who(after.clone())).await;
    let ask = async |path: &str, user: Option<Value>| {
        let request = Request::get(path).body(Bytes::new()).unwrap();
        let info = RequestInfo { user, ..RequestInfo::default() };
        body(&app.handle(request, info, context()).await)
    };
    let ann = || Some(json!({ "sub": "ann" }));
    assert_eq!(ask("/who", ann()).await, r#"[{"sub":"ann"},"forged"]"#);
    assert_eq!(lines(&after, 1).await, [r#"/who {"sub":"ann"}"#]);
    assert_eq!(ask("/who", None).await, r#"[null,"forged"]"#);
    assert_eq!(ask("/from-within", ann()).await, r#"[null,"forged"]"#);
}
