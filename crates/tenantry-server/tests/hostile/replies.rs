//! What tenants answer: headers, statuses, bodies, twice.

use crate::world::World;

#[tokio::test]
async fn headers_cannot_be_split() {
    let mut world = World::handler(
        r#"for (const [name, value] of [
      ["x-a", "b\r\nset-cookie: stolen=1"], ["x-a", "b\nx-injected: 1"], ["x-a", "b\rx-injected: 1"], ["x-a", "b\u0000c"],
      ["x-a\r\nx-injected", "1"], ["x-a: 1\r\nx-injected", "1"], ["", "1"], ["x a", "1"], ["x-ü", "1"],
      ["location", "/\r\n\r\n<script>"], ["content-type", "text/html\r\nx-injected: 1"],
    ]) {
      await attempt(`header ${name}`, () => { reply.header(name, value); reply.removeHeader(name); });
    }
    await attempt("many", () => { reply.headers({ "x-b": ["1", "2\r\nx-injected: 1"] }); reply.removeHeader("x-b"); });
    const by = { one: ["x-a", "b\r\nx-injected: 1"], two: ["set-cookie", "a=b\r\nx-injected: 1"], three: ["x-\nb", "c"] }[request.query.by];
    if (by) reply.header(...by);
    if (request.query.by === "redirect") return reply.redirect("/\r\nx-injected: 1");
    if (request.query.by === "type") reply.type("text/plain\r\nx-injected: 1");"#,
    )
    .await;
    for by in ["none", "one", "two", "three", "redirect", "type"] {
        let head = format!(
            "GET /?by={by} HTTP/1.1\r\nhost: x\r\nx-tenant-id: evil\r\nconnection: close\r\n\r\n"
        );
        let answer = world.client.raw(head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 "), "{by}: {answer}");
        let (headers, _) = answer.split_once("\r\n\r\n").unwrap();
        let injected = headers.lines().any(|line| {
            let line = line.to_ascii_lowercase();
            line.starts_with("x-injected") || line.starts_with("set-cookie: stolen")
        });
        assert!(!injected, "{by}: {answer}");
        let status: u16 = answer[9..12].parse().unwrap();
        world.count_status(status);
    }
    world.finish().await;
}

#[tokio::test]
async fn lengths_and_codings_are_the_servers() {
    for (name, value) in [
        ("content-length", "3"),
        ("content-length", "300"),
        ("content-length", "-1"),
        ("content-length", "0"),
        ("transfer-encoding", "chunked"),
        ("transfer-encoding", "gzip, chunked"),
        ("connection", "upgrade"),
        ("upgrade", "h2c"),
        ("trailer", "x-injected"),
        ("date", "never"),
    ] {
        let code = format!(
            r#"reply.header("{name}", "{value}"); return reply.type("text/plain").send("nothing else");"#
        );
        let mut world = World::handler(&code).await;
        // Two on one connection: what the first one says of its length must not make a third.
        let one = "GET / HTTP/1.1\r\nhost: x\r\nx-tenant-id: evil\r\n";
        let both = format!("{one}\r\n{one}connection: close\r\n\r\n");
        let answers = world.client.raw(both.as_bytes()).await;
        let heads = answers.matches("\r\ndate: ").count();
        let statuses: Vec<u16> = answers
            .match_indices("HTTP/1.1 ")
            .filter(|(at, _)| answers[*at..].lines().nth(1).is_some_and(|line| line.contains(": ")))
            .map(|(at, _)| answers[at + 9..at + 12].parse().unwrap())
            .collect();
        assert_eq!(heads, statuses.len(), "{name}: {value}: {answers}");
        assert!(statuses.len() <= 2 && !statuses.is_empty(), "{name}: {value}: {answers}");
        // The second one need not have been sent where the first one's answer ended the connection.
        let counted = world.stats().requests;
        assert!(counted >= statuses.len() as u64, "{name}: {value}");
        world.synchronise();
        world.finish().await;
    }
}

#[tokio::test]
async fn a_status_that_is_none_is_an_error_of_that_request() {
    for code in [
        "99",
        "1000",
        "-1",
        "0",
        "NaN",
        "Infinity",
        "'200 OK\\r\\nx-injected: 1'",
        "{}",
        "null",
        "101",
        "100",
    ] {
        let mut world = World::handler(&format!("reply.code({code}); return {{ got: [] }};")).await;
        let answer = world.get("/").await;
        assert!((200..600).contains(&answer.status), "{code}: {answer:?}");
        assert!(!answer.headers.contains_key("x-injected"), "{code}: {answer:?}");
        world.finish().await;
    }
}

#[tokio::test]
async fn a_reply_sent_twice_is_sent_once() {
    let mut world = World::handler(
        r#"reply.send({ got: [] });
    await attempt("again", () => { reply.send({ got: ["second"] }); });
    await attempt("code", () => { reply.code(500); reply.header("x-late", "1"); });
    setTimeout(() => { try { reply.send("third"); } catch {} }, 1);
    return { got: ["fourth"] };"#,
    )
    .await;
    for _ in 0..3 {
        let answer = world.get("/").await;
        World::nothing(&answer);
        assert!(!answer.headers.contains_key("x-late"), "{answer:?}");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_reply_that_is_kept_answers_nobody_else() {
    let mut world = World::handler(
        r#"if (globalThis.kept) {
      try { globalThis.kept.header("x-foreign", "1").send({ got: ["foreign"] }); } catch {}
    }
    globalThis.kept = reply;
    if (request.query.hang) await new Promise((resolve) => setTimeout(resolve, 200));"#,
    )
    .await;
    let client = world.client;
    let asked = (0..8).map(|n| async move {
        let path = if n % 2 == 0 { "/?hang=1" } else { "/" };
        client.send("GET", path, &[("x-tenant-id", "evil")], "").await
    });
    let answers = futures_util::future::join_all(asked).await;
    for answer in &answers {
        world.count(answer);
        // At worst a tenant's own requests are mixed up by its own code.
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    world.finish().await;
}

#[tokio::test]
async fn bodies_that_are_no_data_are_errors_of_that_request() {
    for body in [
        "(() => { const it = {}; it.it = it; return it; })()",
        "({ n: 1n })",
        "({ toJSON() { throw new Error('no'); } })",
        "({ get got() { throw new Error('no'); } })",
        "new Proxy({}, { get() { throw new Error('no'); }, ownKeys() { throw new Error('no'); } })",
        "new Proxy({}, { ownKeys() { return ['a', 'a']; } })",
        "Symbol('x')",
        "(() => {})",
        "new (class { toJSON() { return this; } })()",
        "Object.create(null, { then: { get() { throw new Error('no'); } } })",
        "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()",
        "new WeakMap()",
        "Object.defineProperty([], 'length', { value: 2 ** 32 - 1 })",
        "'\\ud800'",
        "({ ['\\ud800']: '\\udfff' })",
        "new Date(NaN)",
        "[,,,]",
        "undefined",
    ] {
        let mut world = World::handler(&format!("return reply.send({body});")).await;
        let answer = world.get("/").await;
        assert!((200..600).contains(&answer.status), "{body}: {answer:?}");
        world.finish().await;
    }
}

#[tokio::test]
async fn a_payload_that_changes_while_it_is_read_is_read_once() {
    let mut world = World::handler(
        r#"let reads = 0;
    return { get got() { reads += 1; return reads > 1 ? ["read twice"] : []; } };"#,
    )
    .await;
    World::nothing(&world.get("/").await);
    world.finish().await;
}

#[tokio::test]
async fn thousands_of_headers_are_an_error() {
    let mut world = World::handler(
        r#"for (let n = 0; n < 50000; n += 1) reply.header(`x-${n}`, "x".repeat(100));
    return { got: [] };"#,
    )
    .await;
    let answer = world.send_lenient("GET", "/").await;
    assert!(answer.is_none_or(|status| status >= 200), "{answer:?}");
    world.finish().await;
}

#[tokio::test]
async fn hooks_that_never_end_or_throw_are_errors_of_their_requests() {
    for hook in
        ["onRequest", "preParsing", "preValidation", "preHandler", "preSerialization", "onSend"]
    {
        for body in ["throw new Error('no');", "for (;;) {}", "await new Promise(() => {});"] {
            let code = format!(
                "export default async function (fastify) {{
  fastify.addHook('{hook}', async (request) => {{ if (!request.query.fine) {{ {body} }} }});
  fastify.get('/', async () => ({{ got: [] }}));
}}"
            );
            let mut world = World::of(&[("routes/index.mjs", &code)]).await;
            let answer = world.get("/").await;
            assert!(answer.status >= 500, "{hook} {body}: {answer:?}");
            World::nothing(&world.get("/?fine=1").await);
            world.finish().await;
        }
    }
}
