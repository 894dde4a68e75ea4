//! Hooks of a tenant's application and of its requests, as the server has them run.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use serde_json::json;
use tenantry_server::MultiTenantServer;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Project, database, get, post};

/// The tenant `acme` with this in its routes, where `tell` writes down what happens.
fn telling(routes: &str) -> Project {
    Project::with_routes(&format!(
        "export default async (fastify) => {{
           const tell = (what) => {{ fastify.log.info(`hook ${{what}}`) }}
           {routes}
         }}"
    ))
}

async fn told(server: &MultiTenantServer) -> Vec<String> {
    let lines = server.tenant_log("acme").await.unwrap();
    lines.iter().filter_map(|line| line.message.strip_prefix("hook ").map(str::to_owned)).collect()
}

/// Waits until this is what was told, all of it and nothing else.
async fn tells(server: &MultiTenantServer, expected: &[&str]) {
    let start = Instant::now();
    loop {
        let told = told(server).await;
        if told == expected {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{told:?} and not {expected:?}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_application_is_told_of_its_beginning_and_of_its_end() {
    let project = telling(
        "fastify.addHook('onRoute', (route) => { tell(`onRoute ${route.method} ${route.url}`) })
         fastify.addHook('onRegister', (instance, options) => { tell(`onRegister ${options.name}`) })
         fastify.addHook('onReady', async () => { tell('onReady') })
         fastify.addHook('onListen', async () => { tell('onListen') })
         fastify.addHook('preClose', async () => { tell('preClose') })
         fastify.addHook('onClose', async () => { tell('onClose') })
         fastify.register(async (inner) => {
           inner.post('/here', async () => { tell('handler'); return 'fine' })
         }, { name: 'inner', prefix: '/inner' })",
    );
    let begins = ["onRegister inner", "onRoute POST /inner/here", "onReady", "onListen"];
    let ends = ["preClose", "onClose"];
    let server = project.server();
    server.ready().await.unwrap();
    let mut expected = begins.to_vec();
    tells(&server, &expected).await;

    assert_eq!(post(&server, "acme", "/inner/here", &json!({})).await.text, "fine");
    expected.push("handler");
    tells(&server, &expected).await;

    // The new version is there before the old one ends.
    server.reload_tenant("acme").await.unwrap();
    expected.extend(begins);
    expected.extend(ends);
    tells(&server, &expected).await;

    assert!(server.unload_tenant("acme").await.unwrap());
    expected.extend(ends);
    tells(&server, &expected).await;

    assert_eq!(post(&server, "acme", "/inner/here", &json!({})).await.text, "fine");
    expected.extend(begins);
    expected.push("handler");
    tells(&server, &expected).await;

    assert!(server.stop().await);
    expected.extend(ends);
    tells(&server, &expected).await;
}

#[tokio::test]
async fn a_requests_hooks_run_in_fastifys_order_whatever_becomes_of_it() {
    let project = telling(
        "const names = ['onTimeout', 'onRequestAbort', 'onResponse', 'onSend', 'onError', 'preSerialization', 'preHandler', 'preValidation', 'preParsing', 'onRequest']
         for (const name of names) fastify.addHook(name, async (request) => { tell(name) })
         fastify.setErrorHandler((error, request, reply) => { reply.code(error.statusCode ?? 418).send('sorry') })
         const schema = { body: { type: 'object', required: ['name'] } }
         fastify.post('/fine', { schema }, async () => { tell('handler'); return { fine: true } })
         fastify.post('/fails', async () => { tell('handler'); throw new Error('no') })",
    );
    let server = project.server();
    let mut expected: Vec<&str> = Vec::new();
    for (path, body, status, hooks) in [
        (
            "/fine",
            json!({"name": "Ada"}),
            200,
            "onRequest preParsing preValidation preHandler handler preSerialization onSend onResponse",
        ),
        (
            "/fails",
            json!({}),
            418,
            "onRequest preParsing preValidation preHandler handler onError onSend onResponse",
        ),
        ("/fine", json!({}), 400, "onRequest preParsing preValidation onError onSend onResponse"),
    ] {
        let answer = post(&server, "acme", path, &body).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {answer:?}");
        expected.extend(hooks.split(' '));
        tells(&server, &expected).await;
    }
}

#[tokio::test]
async fn a_request_past_its_time_runs_the_hooks_of_timeouts_and_no_others() {
    let project = telling(
        "const hooks = {
           onTimeout: [
             async (request) => { await new Promise((done) => setTimeout(done, 1)); tell(`timeout ${request.url}`) },
             (request, reply, done) => { tell('timeout with done'); done() },
           ],
           onRequestAbort: async (request) => { tell('abort') },
           onError: async (request) => { tell('error') },
           onSend: async (request) => { tell('send') },
           onResponse: async (request) => { tell('response') },
         }
         let came = 0
         fastify.get('/', { ...hooks }, async () => `fine after ${came}`)
         fastify.get('/late', { ...hooks }, () => { came += 1; return new Promise(() => {}) })",
    );
    let server = project.builder().set("limits.wall", "2s").build().unwrap();
    let late = get(&server, "acme", "/late").await;
    assert_eq!((late.status.as_u16(), late.code().as_str()), (504, "TENANT_TIMEOUT"));
    let mut expected = vec!["timeout /late", "timeout with done"];
    tells(&server, &expected).await;
    let lines = server.tenant_log("acme").await.unwrap();
    let line = lines.iter().find(|line| line.message == "hook timeout /late").unwrap();
    let id = late.response.headers()["x-request-id"].to_str().unwrap();
    assert_eq!(line.request_id.as_deref(), Some(id), "it is the request's own line");

    // The isolate is the same.
    assert_eq!(get(&server, "acme", "/").await.text, "fine after 1");
    expected.extend(["send", "response"]);
    tells(&server, &expected).await;
}

#[tokio::test]
async fn the_hook_of_a_timeout_has_the_reply() {
    let project = telling(
        "const onTimeout = async (request, reply) => { tell(`timeout ${reply?.request === request}`) }
         fastify.get('/late', { onTimeout }, () => new Promise(() => {}))",
    );
    let server = project.builder().set("limits.wall", "2s").build().unwrap();
    assert_eq!(get(&server, "acme", "/late").await.status, 504);
    tells(&server, &["timeout true"]).await;
}

#[tokio::test]
async fn a_handlers_own_time_is_an_error_that_its_request_answers() {
    let project = telling(
        "fastify.get('/slow', {
           handlerTimeout: 20,
           onTimeout: async (request) => { tell('timeout') },
           onRequestAbort: async (request) => { tell('abort') },
           onError: async (request, reply, error) => { tell(`error ${error.code}`) },
           onResponse: async (request, reply) => { tell(`response ${reply.statusCode}`) },
         }, async (request) => {
           request.signal.addEventListener('abort', () => tell(`signal ${request.signal.reason.code}`))
           await new Promise(() => {})
         })",
    );
    let server = project.server();
    assert_eq!(get(&server, "acme", "/slow").await.status, 503);
    let code = "FST_ERR_HANDLER_TIMEOUT";
    let expected = [format!("signal {code}"), format!("error {code}"), "response 503".to_owned()];
    tells(&server, &expected.each_ref().map(String::as_str)).await;
}

/// A client that has asked for this and waits.
async fn ask(address: SocketAddr, path: &str) -> TcpStream {
    let mut client = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "GET {path} HTTP/1.1\r\nhost: a\r\nx-tenant-id: acme\r\nx-who: me\r\nconnection: close\r\n\r\n"
    );
    client.write_all(head.as_bytes()).await.unwrap();
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_goes_away_ends_its_request_and_the_hooks_of_that_run() {
    let project = telling(
        "const hooks = {
           onRequestAbort: [
             async (request) => { await new Promise((done) => setTimeout(done, 1)); tell(`abort ${request.url} of ${request.headers['x-who']}`) },
             (request, done) => { tell('abort with done'); done() },
           ],
           onTimeout: async (request) => { tell('timeout') },
           onError: async (request) => { tell('error') },
           onResponse: async (request) => { tell('response') },
         }
         fastify.get('/', { ...hooks }, async () => 'fine')
         fastify.get('/wait', { ...hooks }, async (request) => {
           request.signal.addEventListener('abort', () => tell('signal'))
           tell('begun')
           await new Promise((done) => setTimeout(done, 60_000))
           tell('went on')
         })",
    );
    let server = project.server();
    let address = server.start().await.unwrap().local_addr();

    // Who has had its answer may go.
    let mut answer = String::new();
    ask(address, "/").await.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("\r\n\r\nfine"), "{answer}");
    let mut expected = vec!["response"];
    tells(&server, &expected).await;

    let client = ask(address, "/wait").await;
    expected.push("begun");
    tells(&server, &expected).await;
    assert_eq!(server.tenant_stats().tenants[0].open, 1);
    drop(client);
    expected.extend(["signal", "abort /wait of me", "abort with done"]);
    tells(&server, &expected).await;
    let start = Instant::now();
    while server.tenant_stats().tenants[0].open > 0 {
        assert!(start.elapsed() < Duration::from_secs(10), "it is under way for ever");
        tokio::task::yield_now().await;
    }

    assert_eq!(get(&server, "acme", "/").await.text, "fine");
    expected.push("response");
    tells(&server, &expected).await;
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_signal_of_a_request_tells_of_its_client_without_any_hook() {
    let project = telling(
        "fastify.get('/wait', async (request) => {
           request.signal.addEventListener('abort', () => tell('signal'))
           tell('begun')
           await new Promise(() => {})
         })",
    );
    let server = project.server();
    let address = server.start().await.unwrap().local_addr();
    let client = ask(address, "/wait").await;
    tells(&server, &["begun"]).await;
    drop(client);
    tells(&server, &["begun", "signal"]).await;
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_hook_after_the_answer_has_the_tenants_data_as_any_other_code() {
    let (_db, manager) =
        database(&["acme"], "CREATE TABLE visits (id serial PRIMARY KEY, path text);").await;
    let project = telling(
        "const onResponse = async (request) => {
           const { db } = request.tenant
           await db.visits.create({ path: request.url })
           tell('written')
           await db.transaction(async (tx) => { await tx.visits.create({ path: `${request.url} again` }) })
           tell('written in a transaction')
         }
         fastify.get('/here', { onResponse }, async () => 'fine')
         fastify.get('/visits', async (request) => {
           const visits = await request.tenant.db.visits.findMany({ orderBy: { id: 'asc' } })
           return visits.map((visit) => visit.path)
         })",
    );
    let server = project.builder().manager(manager).build().unwrap();
    assert_eq!(get(&server, "acme", "/here").await.text, "fine");
    tells(&server, &["written", "written in a transaction"]).await;
    assert_eq!(get(&server, "acme", "/visits").await.json(), json!(["/here", "/here again"]));
}
