//! Memory is flat over requests, over reloads, and over loads and unloads.
//!
//! Two things are looked at: the bytes that are allocated, which a leak of any size moves, and the memory
//! of the process. `TENANTRY_SOAK_REQUESTS`, `TENANTRY_SOAK_RELOADS` and `TENANTRY_SOAK_LOADS` set how
//! often; `make soak` does it a hundred thousand, a thousand and ten thousand times.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod measure;
#[path = "../it/support.rs"]
#[expect(dead_code, reason = "some of it is for other tests")]
mod support;

use http::StatusCode;
use serde_json::json;
use tenantry_server::MultiTenantServer;

use self::{
    measure::{Memory, times},
    support::{Answer, Project, database, get, post, request},
};

const KB: usize = 1 << 10;
const MB: usize = 1 << 20;

/// Services, schemas, hooks, the log, timers, errors and the database, as tenants use them.
const ROUTES: &str = r#"export default async (fastify) => {
  fastify.addHook("onRequest", async (request) => { request.since = Date.now() })
  fastify.get("/", async (request) => ({ tenant: request.tenantId, since: request.since }))
  fastify.post("/sum", { schema: { body: { $ref: "numbers#" } } }, async (request) => {
    const sum = request.tenant.getService("Sum").of(request.body.numbers)
    request.log.info({ sum }, "a sum")
    return { sum, loop: structuredClone((() => { const a = {}; a.a = a; return a })()) === null }
  })
  fastify.get("/later", async (request, reply) => {
    await new Promise((done) => setTimeout(done, 1))
    setTimeout(() => request.log.debug("after the answer"), 1)
    reply.header("x-later", "1").send(new Uint8Array(10_000))
    return reply
  })
  fastify.get("/fails", async () => { throw Object.assign(new Error("as it should"), { code: "E_TEST" }) })
  fastify.get("/users/:id", async (request) => request.tenant.db.users.findById(request.params.id))
  fastify.get("/insert", async (request) => request.tenant.db.transaction(async (tx) => {
    await tx.users.create({ name: "Grace" })
    throw Object.assign(new Error("rolled back"), { statusCode: 409 })
  }))
}
"#;
const SCHEMA: &str = r#"{"$id": "numbers", "type": "object", "required": ["numbers"],
  "properties": {"numbers": {"type": "array", "items": {"type": "integer"}}}}"#;
const SERVICE: &str =
    "export default class Sum { of(numbers) { return numbers.reduce((a, b) => a + b, 0) } }";

fn files(tenant: &str) -> Vec<(String, String)> {
    [
        ("routes/index.mjs", ROUTES),
        ("schemas/numbers.json", SCHEMA),
        ("services/Sum.mjs", SERVICE),
        ("config.json", r#"{"greeting": "hello"}"#),
    ]
    .map(|(file, text)| (format!("tenants/{tenant}/{file}"), text.to_owned()))
    .into()
}

fn project(tenants: &[&str]) -> Project {
    let project = Project::new(&[]);
    for (file, text) in tenants.iter().flat_map(|tenant| files(tenant)) {
        project.write(&file, &text);
    }
    project
}

/// One request of each kind.
async fn one_of_each(server: &MultiTenantServer, tenant: &str, number: usize) {
    let home = get(server, tenant, "/").await;
    assert_eq!(home.json()["tenant"], tenant);
    let sum = post(server, tenant, "/sum", &json!({"numbers": [number, 1]})).await;
    assert_eq!(sum.json()["sum"], number + 1, "{sum:?}");
    let refused = post(server, tenant, "/sum", &json!({"numbers": ["x"]})).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(get(server, tenant, "/later").await.text.len(), 10_000);
    assert_eq!(get(server, tenant, "/fails").await.status, 500);
    assert_eq!(get(server, tenant, &format!("/nowhere/{number}")).await.status, 404);
    assert_eq!(get(server, tenant, "/users/1").await.json()["name"], "Ada");
    assert_eq!(get(server, tenant, "/insert").await.status, 409);
    // One that its caller does not wait for.
    let given_up = request(tenant, "GET", "/later").body(bytes::Bytes::new()).unwrap();
    let answered = server.inject(given_up);
    let answered = tokio::time::timeout(std::time::Duration::from_micros(200), answered).await;
    if let Ok(answered) = answered {
        assert_eq!(Answer::of(answered).status, 200);
    }
}
const KINDS: usize = 9;

/// Nothing is under way any more, and what was retired has ended.
async fn at_rest(server: &MultiTenantServer) {
    loop {
        let stats = server.tenant_stats();
        if stats.tenants.iter().all(|tenant| tenant.open == 0) {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// One test, for what is measured is the process: no other may run in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_is_flat() {
    over_requests(times("TENANTRY_SOAK_REQUESTS", 6_000)).await;
    over_reloads(times("TENANTRY_SOAK_RELOADS", 60)).await;
    over_loads(times("TENANTRY_SOAK_LOADS", 200)).await;
}

async fn over_requests(requests: usize) {
    let tables = "CREATE TABLE users (id serial PRIMARY KEY, name text); INSERT INTO users (name) VALUES ('Ada');";
    let (_db, manager) = database(&["acme"], tables).await;
    let project = project(&["acme"]);
    let server = project.builder().manager(manager).set("tenants.max_isolates", 1).build().unwrap();
    // The log's lines, connections, prepared statements and the isolate's own garbage are there first.
    for number in 0..300 {
        one_of_each(&server, "acme", number).await;
    }
    at_rest(&server).await;
    let before = Memory::now();
    for number in 0..requests / KINDS {
        one_of_each(&server, "acme", number).await;
    }
    at_rest(&server).await;
    before.is_flat(&format!("{requests} requests"), MB, 16 * MB);
    server.stop().await;
}

async fn over_reloads(reloads: usize) {
    let project = project(&["acme"]);
    let server = project.server();
    let reload = async |number: usize| {
        // Of code that nobody has seen before, every second time.
        let routes = format!("{ROUTES}// {}\n", if number.is_multiple_of(2) { number } else { 1 });
        project.write("tenants/acme/routes/index.mjs", &routes);
        server.reload_tenant("acme").await.unwrap();
        assert_eq!(get(&server, "acme", "/").await.status, 200);
    };
    for number in 0..30 {
        reload(number).await;
    }
    at_rest(&server).await;
    let before = Memory::now();
    for number in 30..30 + reloads {
        reload(number).await;
    }
    at_rest(&server).await;
    // What is compiled is kept, up to 64 MB in all: some kilobytes for each version.
    before.is_flat(&format!("{reloads} reloads"), MB + reloads * 8 * KB, 24 * MB);
    server.stop().await;
}

async fn over_loads(loads: usize) {
    let tenants: Vec<String> = (0..20).map(|number| format!("t{number}")).collect();
    let names: Vec<&str> = tenants.iter().map(String::as_str).collect();
    let project = project(&names);
    let server =
        project.builder().set("tenants.auto_load", false).set("tenants.max_concurrent", 10).build();
    let server = server.unwrap();
    // Half of them are unloaded because others need the room.
    let load = async |number: usize| {
        let tenant = names[number % names.len()];
        server.init_tenant(tenant).await.unwrap();
        assert_eq!(get(&server, tenant, "/").await.status, 200);
        if number.is_multiple_of(2) {
            assert!(server.unload_tenant(tenant).await.unwrap());
        }
    };
    for number in 0..80 {
        load(number).await;
    }
    at_rest(&server).await;
    let before = Memory::now();
    for number in 0..loads {
        load(number).await;
    }
    at_rest(&server).await;
    // Isolates come and go in pieces, which the system's allocator keeps for the next: the process settles at
    // some 80 MB after a few thousand, and has no more after ten.
    before.is_flat(&format!("{loads} loads and unloads"), MB, 48 * MB);
    server.stop().await;
}
