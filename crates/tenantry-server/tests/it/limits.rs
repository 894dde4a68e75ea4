use bytes::Bytes;
use futures_util::future::join_all;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Answer, Project, get, post, request};

const HOSTILE: &str = "export default async (fastify) => {
  fastify.get('/', async () => 'fine')
  fastify.get('/spin', async () => { for (;;) {} })
  fastify.get('/grow', async () => { const all = []; for (;;) all.push(new Array(1000).fill(1)) })
  fastify.get('/wait', async () => { await new Promise(() => {}) })
  fastify.get('/sleep', async () => { await new Promise((done) => setTimeout(done, 300)); return 'slept' })
  fastify.get('/long', async () => 'x'.repeat(3_000_000))
  fastify.post('/echo', async (request) => request.body)
}";

#[tokio::test]
async fn a_limit_that_is_passed_is_the_error_of_that_request() {
    let project = Project::with_routes(HOSTILE);
    let server = project
        .builder()
        .set("limits.cpu", "500ms")
        .set("limits.wall", "5s")
        .set("limits.memory", "8MB")
        .set("limits.response_bytes", "1MB")
        .build()
        .unwrap();
    for (path, status) in [("/spin", 500), ("/grow", 500), ("/wait", 504), ("/long", 500)] {
        let answer = get(&server, "acme", path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {answer:?}");
        assert_eq!(answer.json()["success"], false, "{path}: {answer:?}");
        assert_eq!(get(&server, "acme", "/").await.text, "fine", "after {path}");
    }
    assert_eq!(server.tenant_stats().tenants[0].errors, 4);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let project = Project::with_routes(HOSTILE);
    let server = project.builder().set("limits.request_bytes", 1000).build().unwrap();
    let large = post(&server, "acme", "/echo", &json!("x".repeat(2000))).await;
    assert_eq!((large.status.as_u16(), large.code().as_str()), (413, "PAYLOAD_TOO_LARGE"));
    let small = post(&server, "acme", "/echo", &json!({"a": 1})).await;
    assert_eq!(small.json(), json!({"a": 1}));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let project = Project::with_routes(HOSTILE);
    let server = project.builder().set("limits.wall", "300ms").build().unwrap();
    let address = server.start().await.unwrap().local_addr();
    let mut client = TcpStream::connect(address).await.unwrap();
    let head = "POST /echo HTTP/1.1\r\nhost: a\r\nx-tenant-id: acme\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    client.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // To the end: the connection is of no more use.
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("BODY_TIMEOUT"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn more_requests_than_may_be_under_way_are_sent_away() {
    let project = Project::with_routes(HOSTILE);
    let server = project.builder().set("limits.open_requests", 2).build().unwrap();
    server.ready().await.unwrap();
    let answers = join_all((0..4).map(|_| get(&server, "acme", "/sleep"))).await;
    let slept = answers.iter().filter(|answer| answer.text == "slept").count();
    assert_eq!(slept, 2);
    let refused = answers.iter().find(|answer| answer.text != "slept").unwrap();
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (503, "TENANT_BUSY"));
    assert_eq!(refused.response.headers()["retry-after"], "1");
}

#[tokio::test]
async fn a_tenant_may_lower_its_limits() {
    let project = Project::with_routes(HOSTILE);
    project.write(
        "tenants/acme/config.mjs",
        "export default { limits: { cpu: '250ms', openRequests: 1 } }",
    );
    let server = project.server();
    server.ready().await.unwrap();
    let before = server.tenant_stats().cpu_time;
    assert_eq!(get(&server, "acme", "/spin").await.status, 500);
    let took = server.tenant_stats().cpu_time - before;
    assert!((240.0..490.0).contains(&took), "the server allows 500 ms: {took}");
    let both = join_all([get(&server, "acme", "/sleep"), get(&server, "acme", "/sleep")]).await;
    assert_eq!(both.iter().filter(|answer| answer.status == 503).count(), 1);
}

#[tokio::test]
async fn the_environment_is_the_tenants_own() {
    let project = Project::new(&[
        (
            "tenants/acme/routes/index.mjs",
            "export default async (fastify) => { fastify.get('/', async () => process.env) }",
        ),
        ("tenants/acme/.env", "KEY=mine\n"),
    ]);
    let request = request("acme", "GET", "/").body(Bytes::new()).unwrap();
    let answer = Answer::of(project.server().inject(request).await);
    assert_eq!(answer.json(), json!({"KEY": "mine"}));
}

#[tokio::test]
async fn without_a_database_db_says_so() {
    let project = Project::with_routes(
        "export default async (fastify, { tenant }) => {
           fastify.get('/', async () => {
             try { await tenant.getService('Users').all() } catch (error) { return { code: error.code, message: error.message } }
           })
         }",
    );
    project.write(
        "tenants/acme/services/Users.mjs",
        "export default class Users { constructor(db) { this.db = db } all() { return this.db.users.findMany() } }",
    );
    let said = get(&project.server(), "acme", "/").await.json();
    assert_eq!(said["code"], "DATABASE_NOT_CONFIGURED");
    assert!(said["message"].as_str().unwrap().contains("DATABASE_URL"));
}

#[tokio::test]
async fn loading_has_a_limit_of_its_own() {
    let loads_long =
        "const end = Date.now() + 300; while (Date.now() < end) {} export default 'Acme'";
    let project = Project::with_routes(HOSTILE);
    project.write("tenants/acme/index.mjs", loads_long);
    let limited = |load_cpu: &str| {
        let builder = project.builder().set("limits.cpu", "100ms");
        builder.set("limits.load_cpu", load_cpu).build().unwrap()
    };
    let server = limited("10s");
    assert_eq!(get(&server, "acme", "/").await.text, "fine");
    let spun = get(&server, "acme", "/spin").await;
    assert_eq!((spun.status.as_u16(), spun.code().as_str()), (500, "TENANT_CPU_LIMIT"));
    assert_eq!(get(&server, "acme", "/").await.text, "fine", "another isolate is loaded");
    let server = limited("50ms");
    assert_eq!(get(&server, "acme", "/").await.code(), "TENANT_BROKEN");
}
