//! The same code as in Fastify on Node, with the same answers: see `tests/cases/README.md`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use serde::Deserialize;
use serde_json::Value;
use tenantry_fastify::{App, RequestInfo};
use tenantry_js::{Engine, EngineConfig, Host, LogEntry, TaskInfo};
use tokio::sync::Notify;

/// One case as it was recorded.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    options: Value,
    load_error: Option<Value>,
    load_trace: Vec<String>,
    exchanges: Vec<Exchange>,
}

#[derive(Deserialize)]
struct Exchange {
    request: Sent,
    response: Option<Answer>,
}

#[derive(Deserialize)]
struct Sent {
    method: String,
    url: String,
    headers: BTreeMap<String, String>,
    body: String,
}

#[derive(Deserialize, PartialEq, Debug)]
struct Answer {
    status: u16,
    headers: BTreeMap<String, Value>,
    body: String,
    trace: Vec<String>,
}

/// What the application traced, by way of its log.
#[derive(Default)]
struct Traced {
    lines: Mutex<Vec<String>>,
    more: Notify,
}

impl Traced {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().expect("no test panics with it"))
    }

    /// Hooks may run after the answer: waits for as many lines.
    async fn wait(&self, count: usize) -> Vec<String> {
        let enough = async {
            loop {
                let more = self.more.notified();
                if self.lines.lock().expect("no test panics with it").len() >= count {
                    return;
                }
                more.await;
            }
        };
        let _late = tokio::time::timeout(Duration::from_secs(5), enough).await;
        self.take()
    }
}

impl Host for Traced {
    fn log(&self, _task: Option<&TaskInfo>, entry: LogEntry) {
        if let Some(line) = entry.message.strip_prefix("trace: ") {
            self.lines.lock().expect("no test panics with it").push(line.to_owned());
            self.more.notify_one();
        }
    }
}

const FILES: &[(&str, &str)] = &[
    ("routes", include_str!("../cases/routes.mjs")),
    ("hooks", include_str!("../cases/hooks.mjs")),
    ("errors", include_str!("../cases/errors.mjs")),
    ("plugins", include_str!("../cases/plugins.mjs")),
    ("bodies", include_str!("../cases/bodies.mjs")),
    ("schemas", include_str!("../cases/schemas.mjs")),
];

/// Builds the case as the tenant's index does.
fn index(name: &str) -> String {
    format!(
        "import {{ cases }} from './cases.mjs';
         import fp from 'fastify-plugin';
         export default async function (app) {{
           const trace = (line) => app.log.info('trace: ' + (typeof line === 'string' ? line : JSON.stringify(line)));
           await cases[{}].build(app, trace, fp);
         }}",
        Value::from(name)
    )
}

async fn run(engine: &Engine, text: &str, name: &str, case: &Case, problems: &mut Vec<String>) {
    let index = index(name);
    let traced = Arc::new(Traced::default());
    let mut config = crate::support::config(&[("cases.mjs", text), ("index.mjs", &index)]);
    config.host = traced.clone();
    config.options = case.options.clone();
    let app = match App::load(engine, config, crate::support::context()).await {
        Ok(app) => app,
        Err(error) => {
            let expected = case.load_error.as_ref().and_then(|it| it["message"].as_str());
            if !expected.is_some_and(|expected| error.to_string().contains(expected)) {
                problems.push(format!("{name}: not loaded: {error}, expected {expected:?}"));
            }
            return;
        }
    };
    if let Some(error) = &case.load_error {
        problems.push(format!("{name}: loaded, expected {error}"));
        return;
    }
    let trace = traced.wait(case.load_trace.len()).await;
    if trace != case.load_trace {
        let differing = trace.iter().zip(&case.load_trace).find(|(one, other)| one != other);
        problems.push(format!(
            "{name}: traced {} lines of {}; the first that differs: {differing:#?}",
            trace.len(),
            case.load_trace.len()
        ));
    }
    for Exchange { request, response } in &case.exchanges {
        let Some(expected) = response else { continue };
        let answer = app.handle(to_request(request), info(), crate::support::context()).await;
        let trace = traced.wait(expected.trace.len()).await;
        let answer = to_answer(&answer, expected, trace, request.method == "HEAD");
        if answer != *expected {
            problems.push(format!(
                "{name}: {} {}\n  expected {expected:?}\n  answered {answer:?}",
                request.method, request.url
            ));
        }
    }
    let _hooks = app.close(Duration::from_secs(5), crate::support::context()).await;
}

fn info() -> RequestInfo {
    RequestInfo { id: "req-1".into(), ip: Some([127, 0, 0, 1].into()), ..Default::default() }
}

fn to_request(sent: &Sent) -> Request<Bytes> {
    let mut request = Request::builder().method(&*sent.method).uri(&sent.url);
    for (name, value) in &sent.headers {
        request = request.header(name, value);
    }
    request.body(Bytes::from(sent.body.clone())).expect("it was sent once")
}

/// As it was recorded; lengths are the edge's affair, and counted here.
fn to_answer(
    response: &Response<Bytes>,
    expected: &Answer,
    trace: Vec<String>,
    is_head: bool,
) -> Answer {
    let mut headers: BTreeMap<String, Value> = BTreeMap::new();
    for name in response.headers().keys() {
        // A mark for the server, which takes it off.
        if name == "x-tenantry-failed" {
            continue;
        }
        let values: Vec<Value> = response
            .headers()
            .get_all(name)
            .iter()
            .map(|it| Value::from(String::from_utf8_lossy(it.as_bytes())))
            .collect();
        let listed = expected.headers.get(name.as_str()).is_some_and(Value::is_array);
        let value = if listed { Value::from(values) } else { values[0].clone() };
        headers.insert(name.to_string(), value);
    }
    let length = response.body().len().to_string();
    if expected.headers.contains_key("content-length") && (!is_head || length != "0") {
        headers.insert("content-length".to_owned(), Value::from(length));
    }
    let body = if is_head { String::new() } else { crate::support::body(response) };
    Answer { status: response.status().as_u16(), headers, body, trace }
}

#[tokio::test(flavor = "multi_thread")]
async fn as_fastify_on_node() {
    let recorded: BTreeMap<String, Case> =
        serde_json::from_str(include_str!("../cases/expected.json")).unwrap();
    let engine = Engine::new(EngineConfig::default());
    let mut problems = Vec::new();
    let mut answers = 0;
    for (id, case) in &recorded {
        let (file, name) = id.split_once('/').unwrap();
        let text = FILES.iter().find(|(known, _)| *known == file).unwrap().1;
        run(&engine, text, name, case, &mut problems).await;
        answers += case.exchanges.len();
    }
    assert!(answers > 300, "only {answers} answers were compared");
    assert!(problems.is_empty(), "{} differ:\n{}", problems.len(), problems.join("\n"));
}
