//! Errors that are made to harm whoever reads them.

use crate::world::World;

/// What is thrown, and comes back as an answer of its own and no more.
const THROWN: &[&str] = &[
    "null",
    "undefined",
    "0",
    "'text'",
    "Symbol('x')",
    "1n",
    "{ toString() { throw new Error('again'); } }",
    "{ toString() { for (;;) {} } }",
    "{ get message() { throw new Error('again'); }, get stack() { throw new Error('again'); } }",
    "{ get message() { for (;;) {} } }",
    "{ get statusCode() { for (;;) {} } }",
    "Object.assign(new Error('x'), { statusCode: 99999 })",
    "Object.assign(new Error('x'), { statusCode: 'x' })",
    "Object.assign(new Error('x'), { statusCode: { valueOf() { throw 1; } } })",
    "Object.assign(new Error('x'), { statusCode: 200 })",
    "Object.assign(new Error('x'), { code: { toString() { throw 1; } } })",
    "Object.assign(new Error('x'), { headers: { 'x-injected': '1\\r\\nx: 2' } })",
    "Object.assign(new Error('x'), { message: 'x'.repeat(5e6) })",
    "Object.assign(new Error('x\\r\\nx-injected: 1'), { stack: { toString: 1 } })",
    "Object.defineProperty(new Error('x'), 'message', { get() { throw this; } })",
    "Object.defineProperty(new Error('x'), 'stack', { get() { throw this; } })",
    "(() => { const it = new Error('x'); it.cause = it; return it; })()",
    "new AggregateError([new Error('a'), null], 'many')",
    "new Proxy(new Error('x'), { get() { throw new Error('again'); }, getPrototypeOf() { throw 1; }, has() { throw 1; } })",
    "new Proxy({}, { get() { for (;;) {} } })",
    "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()",
    "Promise.reject(1)",
    "{ then(_, reject) { reject(this); } }",
    "globalThis",
    "reply",
];

#[tokio::test]
async fn what_is_thrown_is_an_error_of_that_request() {
    let cases = THROWN.iter().enumerate();
    let cases: String =
        cases.map(|(at, thrown)| format!("case {at}: throw ({thrown});\n")).collect();
    let code = format!("switch (Number(request.query.n)) {{\n{cases}}}");
    let mut world = World::handler(&code).await;
    for (at, thrown) in THROWN.iter().enumerate() {
        let answer = world.get(&format!("/?n={at}")).await;
        // A status that the error itself names is the tenant's own to choose.
        assert!(answer.status >= 400 || thrown.contains("statusCode: "), "{thrown}: {answer:?}");
        assert!(answer.body.len() < 6_000_000, "{thrown}");
        assert!(!answer.headers.contains_key("x-injected"), "{thrown}: {answer:?}");
        let fine = world.get("/?n=fine").await;
        assert_eq!(fine.status, 200, "after {thrown}: {fine:?}");
    }
    world.finish().await;
}

#[tokio::test]
async fn what_is_thrown_by_an_error_handler_is_an_error_of_that_request() {
    let mut world = World::of(&[(
        "routes/index.mjs",
        "export default async function (fastify) {
  fastify.setErrorHandler(async (error, request, reply) => {
    if (request.query.how === 'throw') throw new Proxy(error, { get() { throw error; } });
    if (request.query.how === 'loop') for (;;) {}
    if (request.query.how === 'hang') await new Promise(() => {});
    if (request.query.how === 'again') return request.server.errorHandler(error, request, reply);
    return reply.code(418).send({ got: [] });
  });
  fastify.get('/', async () => { throw new Error('first'); });
}",
    )])
    .await;
    for how in ["throw", "loop", "hang", "again"] {
        let answer = world.get(&format!("/?how={how}")).await;
        // What the handler throws is read as an error, and a trap may say what it likes.
        assert!(answer.status >= 400 || how == "throw", "{how}: {answer:?}");
    }
    assert_eq!(world.get("/?how=fine").await.status, 418);
    world.finish().await;
}

#[tokio::test]
async fn rejections_that_nobody_handles_end_nothing() {
    let mut world = World::handler(
        r#"Promise.reject(new Error("nobody handles this"));
    setTimeout(() => { throw new Error("nor this"); }, 0);
    queueMicrotask(() => { throw new Error("nor that"); });
    (async () => { throw { toString() { throw 1; } }; })();
    await new Promise((resolve) => setTimeout(resolve, 20));"#,
    )
    .await;
    for _ in 0..3 {
        let answer = world.get("/").await;
        assert!((200..600).contains(&answer.status), "{answer:?}");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_configuration_of_traps_is_read_as_data_or_refused() {
    for config in [
        "export default new Proxy({}, { get() { for (;;) {} } });",
        "export default { get customErrors() { throw new Error('no'); } };",
        "export default { customErrors: true, errorMessages: new Proxy({}, { get() { for (;;) {} } }) };",
        "export default { toJSON() { for (;;) {} } };",
        "export default (() => { const it = {}; it.it = it; return it; })();",
        "export default { name: { toString() { for (;;) {} } }, active: 'maybe' };",
        "export default { limits: { memory: 1e300, cpu: 'forever', wall: -1 } };",
        "export default 7;",
        "export default null;",
        "throw { toString() { for (;;) {} } };",
        "await new Promise(() => {}); export default {};",
        "for (;;) {} export default {};",
        "export default { id: 'good', secret: 1 };",
    ] {
        let mut world = World::of(&[
            ("config.mjs", config),
            (
                "routes/index.mjs",
                "export default async (fastify) => { fastify.get('/', async (request) => { \
                 if (request.tenantId !== 'evil') return { got: [request.tenantId] }; throw new Error('x'); }); };",
            ),
        ])
        .await;
        let answer = world.get("/").await;
        assert!(answer.status >= 500, "{config}: {answer:?}");
        world.finish().await;
    }
}
