//! Applications, end to end: a real isolate, a real router.

use std::time::{Duration, Instant};

use crate::support::{body, context, engine, get, load, load_routes, send, try_load};
use bytes::Bytes;
use http::Request;
use tenantry_fastify::{App, Failure, LoadError, OnError};
use tenantry_js::JsErrorKind;

/// The tenant of the spec: its files are used as they are written there.
const SPEC: &[(&str, &str)] = &[
    ("config.js", "export default { active: true, name: 'Customer 123', customErrors: true };"),
    (
        "services/UserService.mjs",
        "export default class UserService {
           constructor(db, config) { this.db = db; this.config = config; this.users = [{ id: 1 }]; }
           async getAllUsers() { return this.users; }
           async createUser(userData) { const user = { ...userData, tenantId: this.config.id }; this.users.push(user); return user; }
         }",
    ),
    ("services/clock.mjs", "export default (db, config) => ({ of: config.id });"),
    ("services/limits.mjs", "export default { most: 3 };"),
    ("schemas/user.json", r#"{ "$id": "user", "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } } }"#),
    (
        "plugins/audit/index.mjs",
        "import fp from 'fastify-plugin';
         export default fp(async (fastify, { tenant }) => {
           fastify.decorate('audited', tenant.id);
           fastify.addHook('onSend', async (request, reply) => { reply.header('x-audited', request.tenantId); });
         }, { name: 'audit' });",
    ),
    (
        "routes/index.mjs",
        "export default async function (fastify, options) {
           const { tenant, config } = options;
           fastify.get('/users', async (request, reply) => {
             const userService = request.tenant.getService('UserService');
             const users = await userService.getAllUsers();
             return { success: true, data: users };
           });
           fastify.post('/users', { schema: { body: { $ref: 'user#' } } }, async (request, reply) => {
             const userService = request.tenant.getService('UserService');
             const user = await userService.createUser(request.body);
             return { success: true, data: user };
           });
           fastify.get('/about', async (request) => [
             tenant.id, tenant.name, tenant.active, config.customErrors, tenant.listServices(), request.tenantId, fastify.audited,
             tenant.getService('clock'), tenant.services.limits, request.server.tenant === request.tenant,
           ]);
         }",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_tenant_of_the_spec_runs_as_it_is_written() {
    let app = load(SPEC).await;
    let loaded = app.loaded();
    assert!(loaded.active);
    assert_eq!(loaded.name, "Customer 123");
    assert_eq!(loaded.services, ["UserService", "clock", "limits"]);
    assert_eq!(loaded.schemas, ["user"]);
    assert!(loaded.routes.iter().any(|route| route.method == "POST" && route.path == "/users"));

    let users = get(&app, "/users").await;
    assert_eq!(body(&users), r#"{"success":true,"data":[{"id":1}]}"#);
    assert_eq!(users.headers()["x-audited"], "acme");

    let request = Request::post("/users").header("content-type", "application/json");
    let created = send(&app, request.body(Bytes::from(r#"{"name":"Ann"}"#)).unwrap()).await;
    assert_eq!(body(&created), r#"{"success":true,"data":{"name":"Ann","tenantId":"acme"}}"#);

    let about = body(&get(&app, "/about").await);
    assert_eq!(
        about,
        r#"["acme","Customer 123",true,true,["UserService","clock","limits"],"acme","acme",{"of":"acme"},{"most":3},true]"#
    );
    app.close(Duration::from_secs(5), context()).await.unwrap();
}

/// A file with its error, and where that is.
const BROKEN: &[(&str, &str, u32)] = &[
    ("config.mjs", "export default {\n  active: tru\n};", 2),
    ("plugins/audit/index.mjs", "export default async () => {\n  nothing();\n};", 2),
    (
        "services/Users.mjs",
        "export default class {\n  constructor() {\n    this.a.b = 1;\n  }\n}",
        3,
    ),
    ("schemas/user.json", "{\n  \"$id\": \"user\",\n  oops\n}", 3),
    ("routes/users.mjs", "export default async (fastify) => {\n  fastify.get('/a', 5);\n};", 2),
    ("routes/syntax.mjs", "export default async (fastify) => {\n  const a = ;\n};", 2),
];

#[tokio::test(flavor = "multi_thread")]
async fn broken_parts_are_named_with_their_place() {
    for (file, text, line) in BROKEN {
        let error = try_load(&[(file, text)]).await.unwrap_err();
        let LoadError::Parts(parts) = &error else { panic!("{file}: {error}") };
        assert_eq!(parts.len(), 1, "{error}");
        assert_eq!((&*parts[0].file, parts[0].line), (*file, Some(*line)), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_part_can_be_left_out_alone() {
    let mut config = crate::support::config(&[
        ("routes/good.mjs", "export default async (f) => { f.get('/good', async () => 'good'); };"),
        (
            "routes/bad.mjs",
            "export default async (f) => { f.get('/bad', async () => 'bad'); throw new Error('broken'); };",
        ),
        (
            "routes/schema.mjs",
            "export default async (f) => { f.post('/s', { schema: { body: { $ref: 'nope#' } } }, async () => 's'); };",
        ),
    ]);
    config.on_error = OnError::Part;
    let app = App::load(&engine(), config, context()).await.unwrap();
    let errors = &app.loaded().errors;
    let parts: Vec<&str> = errors.iter().map(|error| &*error.part).collect();
    assert_eq!(parts, ["routes bad", "routes schema"], "{errors:?}");
    assert_eq!(body(&get(&app, "/good").await), "good");
    assert_eq!(get(&app, "/bad").await.status(), 404);
    assert_eq!(send(&app, Request::post("/s").body(Bytes::new()).unwrap()).await.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_supported_fails_by_its_name() {
    for (code, name) in [
        ("fastify.listen({ port: 1 })", "fastify.listen"),
        (
            "fastify.get('/', { constraints: { version: '1.0.0' } }, async () => 1)",
            "constraints (version)",
        ),
        ("fastify.get('/', { websocket: true }, async () => 1)", "websocket"),
        ("fastify.setGenReqId(() => 1)", "fastify.setGenReqId"),
        ("fastify.setSchemaController({})", "fastify.setSchemaController"),
    ] {
        let text = format!("export default async (fastify) => {{ {code}; }};");
        let error = try_load(&[("routes/index.mjs", &text)]).await.unwrap_err().to_string();
        assert!(error.contains(name) && error.contains("not supported"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_answers() {
    let app = load_routes(
        "export default async (f) => {
           f.get('/iterable', async (request, reply) => reply.type('text/plain').send((async function* () { yield 'one '; yield 'two'; })()));
           f.get('/fails', async (request, reply) => reply.send((async function* () { yield 'one'; throw new Error('broke'); })()));
           f.get('/endless', async (request, reply) => reply.send((async function* () { for (;;) yield new Uint8Array(1 << 20); })()));
         };",
    )
    .await;
    assert_eq!(body(&get(&app, "/iterable").await), "one two");
    assert_eq!(get(&app, "/fails").await.status(), 500);
    let endless = body(&get(&app, "/endless").await);
    assert!(endless.contains("TENANTRY_RESPONSE_TOO_LARGE"), "{endless}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_code_harms_its_own_request_alone() {
    let app = load_routes(
        "Object.prototype.polluted = 'x';
         export default async (f) => {
           f.get('/pollute', async (request, reply) => {
             Array.prototype.push = () => { throw new Error('pushed'); };
             JSON.stringify = () => 'stolen';
             return reply.header('x-a', '1').send({ polluted: true });
           });
           f.get('/fine', async () => ({ fine: true }));
           f.get('/to-string', async () => { throw { get message() { throw 1; }, toString() { throw 2; } }; });
           f.get('/proxy', async (request, reply) => new Proxy(reply, { get() { throw new Error('trap'); } }));
           f.get('/header', async (request, reply) => reply.header('x-a', 'a\\r\\nset-cookie: b').send('x'));
           f.get('/header-object', async (request, reply) => reply.header('x-a', { toString() { throw new Error('no text'); } }).send('x'));
           f.get('/status', async (request, reply) => reply.code({ valueOf() { throw new Error('no number'); } }).send('x'));
           f.get('/globals', async () => [typeof host, typeof globalThis.host]);
           f.get('/prelude', async () => { await import('prelude:fastify-shared'); return 'in'; });
           f.get('/deep', async () => { const f = () => f() + 1; return f(); });
         };",
    )
    .await;
    assert_eq!(body(&get(&app, "/pollute").await), r#"{"polluted":true}"#);
    for _ in 0..2 {
        assert_eq!(body(&get(&app, "/fine").await), r#"{"fine":true}"#);
        for path in
            ["/to-string", "/proxy", "/header", "/header-object", "/status", "/prelude", "/deep"]
        {
            let response = get(&app, path).await;
            assert!(response.status().is_server_error(), "{path}: {}", response.status());
            assert!(!response.headers().contains_key("set-cookie"), "{path}");
        }
        assert_eq!(body(&get(&app, "/globals").await), r#"["undefined","undefined"]"#);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_answers() {
    let files = [(
        "routes/index.mjs",
        "export default async (f) => {
           f.get('/never', async () => new Promise(() => {}));
           f.get('/loop', async () => { for (;;); });
           f.get('/fine', async () => 'fine');
         };",
    )];
    let mut config = crate::support::config(&files);
    config.limits.wall = Duration::from_secs(1);
    let app = App::load(&engine(), config, context()).await.unwrap();
    let never = get(&app, "/never").await;
    assert_eq!(never.status(), 504, "{}", body(&never));
    assert_eq!(never.extensions().get::<Failure>().unwrap().error.kind, JsErrorKind::Wall);
    assert_eq!(body(&get(&app, "/fine").await), "fine");

    let mut config = crate::support::config(&files);
    config.limits.cpu = Duration::from_millis(200);
    let app = App::load(&engine(), config, context()).await.unwrap();
    let endless = get(&app, "/loop").await;
    assert_eq!(endless.extensions().get::<Failure>().unwrap().error.kind, JsErrorKind::Cpu);
    assert!(app.stats().condemned);
    assert_eq!(get(&app, "/fine").await.status(), 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_tells_of_requests_that_are_dropped_and_of_no_others() {
    let app = load_routes(
        "const seen = [];
         export default async (f) => {
           const listen = (request) => request.signal.addEventListener('abort', () => seen.push(request.url));
           f.get('/answered', async (request) => { listen(request); return 'fine'; });
           f.get('/dropped', (request) => { listen(request); seen.push('begun'); return new Promise(() => {}); });
           f.get('/seen', async () => seen.join(' '));
         };",
    )
    .await;
    assert_eq!(body(&get(&app, "/answered").await), "fine");
    let dropped = tokio::spawn({
        let app = app.clone();
        async move { get(&app, "/dropped").await }
    });
    sees(&app, "begun").await;
    dropped.abort();
    sees(&app, "begun /dropped").await;
}

/// Waits until this is what `/seen` answers.
async fn sees(app: &App, expected: &str) {
    let start = Instant::now();
    loop {
        let seen = body(&get(app, "/seen").await);
        if seen == expected {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{seen} and not {expected}");
        tokio::task::yield_now().await;
    }
}

/// They are made when somebody asks for them, which shows nowhere.
#[tokio::test(flavor = "multi_thread")]
async fn codes_of_errors_have_classes() {
    let app = load_routes(
        "import { errorCodes } from 'fastify';
         Object.defineProperty(errorCodes, 'FST_ERR_CTP_BODY_TOO_LARGE', { enumerable: true });
         String.prototype.indexOf = String.prototype.slice = Object.hasOwn = () => { throw new Error('asked'); };
         export default async function (fastify) {
           fastify.get('/', async () => {
             const { FST_ERR_BAD_URL: BadUrl } = errorCodes;
             const error = new BadUrl('x');
             const called = errorCodes.FST_ERR_HANDLER_TIMEOUT(5, '/slow');
             const descriptor = Object.getOwnPropertyDescriptor(errorCodes, 'FST_ERR_NOT_FOUND');
             return [
               Object.keys(errorCodes).length, BadUrl === errorCodes.FST_ERR_BAD_URL, 'FST_ERR_BAD_URL' in errorCodes,
               'FST_ERR_NONE' in errorCodes, errorCodes.FST_ERR_NONE === undefined, 'toString' in errorCodes,
               error instanceof URIError, error instanceof BadUrl, error instanceof Error, String(error), error.statusCode,
               String(called), called.statusCode, descriptor.value === errorCodes.FST_ERR_NOT_FOUND,
               Object.keys(errorCodes).every((code) => new errorCodes[code]().code === code),
               Object.isFrozen(Object.freeze(errorCodes)),
             ];
           });
         }",
    )
    .await;
    let expected = "[77,true,true,false,true,true,true,true,true,\
         \"FastifyError [FST_ERR_BAD_URL]: 'x' is not a valid url component\",400,\
         \"FastifyError [FST_ERR_HANDLER_TIMEOUT]: Request timed out after 5 ms on route '/slow'\",503,true,true,true]";
    assert_eq!(body(&get(&app, "/").await), expected);
}

/// Requests whose clients go away are let go of, whatever hooks run after an answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_gone_leaves_nothing_and_its_signal_says_so() {
    let app = load_routes(
        "let open; let gone = 0;
         const gate = new Promise((resolve) => { open = resolve; });
         export default async function (fastify) {
           fastify.addHook('onResponse', async () => {});
           fastify.get('/wait', async (request) => {
             request.much = new Uint8Array(200_000);
             await gate;
             gone += request.signal.aborted ? 1 : 0;
             return {};
           });
           fastify.get('/open', async () => { open(); return {}; });
           fastify.get('/gone', async () => gone);
         }",
    )
    .await;
    get(&app, "/gone").await;
    let before = app.stats().memory;
    for _ in 0..100 {
        let handled = get(&app, "/wait");
        assert!(tokio::time::timeout(Duration::from_millis(2), handled).await.is_err());
    }
    get(&app, "/open").await;
    let gone: u32 = body(&get(&app, "/gone").await).parse().unwrap();
    assert!(gone > 0, "none of them came as far as that");
    let after = app.stats().memory;
    assert!(after < before + (4 << 20), "{before} bytes, then {after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hooks_of_a_route_run_where_it_calls_the_one_for_what_is_not_found() {
    let app = load_routes(
        "const ran = [];
         export default async function (fastify) {
           fastify.setNotFoundHandler(() => ({ spa: true }));
           const options = {
             onRequestAbort: (request, done) => done(),
             onSend: async (request, reply, payload) => { ran.push('onSend'); return payload; },
             onResponse: async () => { ran.push('onResponse'); },
           };
           fastify.get('/x', options, (request, reply) => { reply.callNotFound(); });
           fastify.get('/ran', async () => ran);
         }",
    )
    .await;
    assert_eq!(body(&get(&app, "/x").await), r#"{"spa":true}"#);
    let begun = Instant::now();
    while body(&get(&app, "/ran").await) != r#"["onSend","onResponse"]"# {
        assert!(begun.elapsed() < Duration::from_secs(10), "a hook did not run");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_just_before_its_answer_leaves_nothing_to_hooks_after_it() {
    let app = load_routes(
        "let ran = 0;
         export default async function (fastify) {
           fastify.addHook('onResponse', async () => { ran += 1; });
           fastify.get('/late', (request, reply) => {
             request.much = new Uint8Array(500_000);
             reply.header('x-late', '1').send({});
             const until = Date.now() + 30;
             while (Date.now() < until);
           });
           fastify.get('/ran', async () => ran);
         }",
    )
    .await;
    get(&app, "/ran").await;
    let before = app.stats().memory;
    let mut gone = 0;
    for _ in 0..20 {
        let handled = get(&app, "/late");
        gone += u32::from(tokio::time::timeout(Duration::from_millis(5), handled).await.is_err());
    }
    assert!(gone > 0, "no client went away");
    let begun = Instant::now();
    while app.stats().memory > before + (2 << 20) {
        get(&app, "/ran").await;
        let after = app.stats().memory;
        assert!(begun.elapsed() < Duration::from_secs(10), "{before} bytes, then {after}");
    }
}
