//! What clients send to harm a tenant, or one tenant's to harm another.

use crate::world::World;

#[tokio::test]
async fn json_that_would_change_a_prototype_is_refused() {
    let mut world = World::handler(
        r#"if (request.body?.constructor !== Object) got.push("constructor");
    if ({}.polluted || request.body?.polluted) got.push("polluted");"#,
    )
    .await;
    for body in [
        r#"{"__proto__":{"polluted":1}}"#,
        r#"{"constructor":{"prototype":{"polluted":1}}}"#,
        r#"{"a":{"__proto__":{"polluted":1}}}"#,
        r#"[{"__proto__":null}]"#,
        "{\"\\u005f\\u005fproto\\u005f\\u005f\":{\"polluted\":1}}",
    ] {
        let answer = world.send("POST", "/", &[("content-type", "application/json")], body).await;
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
    }
    world.finish().await;
}

#[tokio::test]
async fn queries_and_parameters_change_no_prototype() {
    let mut world = World::handler(
        r#"if ({}.polluted || [].polluted || request.query.polluted || request.params.polluted) got.push("polluted");"#,
    )
    .await;
    for query in [
        "__proto__[polluted]=1",
        "__proto__.polluted=1",
        "constructor[prototype][polluted]=1",
        "__proto__=1",
        "a[__proto__][polluted]=1",
        "%5f%5fproto%5f%5f[polluted]=1",
        "hasOwnProperty=1&toString=1&then=1",
    ] {
        World::nothing(&world.get(&format!("/?{query}")).await);
    }
    world.finish().await;
}

#[tokio::test]
async fn paths_lead_to_routes_and_nowhere_else() {
    let mut world = World::handler("").await;
    for path in [
        "/../good/",
        "/..%2fgood",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/.env",
        "/config.json",
        "/routes/index.mjs",
        "//good/",
        "/%00",
        "/%",
        "/%ff%fe",
        "/%c0%ae%c0%ae/",
        "/;/admin/tenants",
        "/admin/../health",
        "/tenants",
        "/__proto__",
        "/constructor",
    ] {
        let answer = world.get(path).await;
        assert!((400..500).contains(&answer.status), "{path}: {answer:?}");
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!body.contains("the-good-ones") && !body.contains("root:"), "{path}: {body}");
    }
    // Those below the operators' path are no tenant's.
    world.synchronise();
    world.finish().await;
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let world = World::handler("").await;
    for bytes in [
        &b"GET / HTTP/1.1\r\nhost: x\r\nx-tenant-id: evil\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n"[..],
        b"GET / HTTP/1.1\r\nhost: x\r\nx-tenant-id: evil\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nx-tenant-id : evil\r\n\r\n",
        b"GET / HTTP/9.9\r\nhost: x\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
        b"GET /\x00 HTTP/1.1\r\nhost: x\r\nx-tenant-id: evil\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let answer = world.client.raw(bytes).await;
        let is_refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 5");
        // A length and a coding together: the coding counts, and the connection ends.
        let is_ended = answer.matches("HTTP/1.1 ").count() == 1;
        assert!(is_refused || is_ended, "{}: {answer}", String::from_utf8_lossy(bytes));
    }
    let mut world = world;
    world.synchronise();
    world.finish().await;
}

#[tokio::test]
async fn more_than_allowed_is_refused_before_it_is_kept() {
    let mut world = World::with(
        &[("routes/index.mjs", &crate::world::handler(""))],
        |_| (),
        |builder| builder.set("limits.request_bytes", "64KB"),
    )
    .await;
    let large = format!("\"{}\"", "x".repeat(65 << 10));
    let answer = world.send("POST", "/", &[("content-type", "application/json")], &large).await;
    assert_eq!(answer.status, 413, "{answer:?}");
    let head = "POST / HTTP/1.1\r\nhost: x\r\nx-tenant-id: evil\r\ncontent-type: application/json\r\nconnection: close\r\n";
    let chunk = format!("ffff\r\n{}\r\n", "x".repeat(0xffff));
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n{}0\r\n\r\n", chunk.repeat(4));
    let answer = world.client.raw(chunked.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    world.count_status(413);
    let headers = format!("{head}x-large: {}\r\n\r\n", "x".repeat(1 << 20));
    let answer = world.client.raw(headers.as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    world.finish().await;
}

#[tokio::test]
async fn bodies_that_are_deep_or_wide_are_errors_of_their_requests() {
    let mut world = World::handler("").await;
    let json = [("content-type", "application/json")];
    for body in [
        "[".repeat(200_000),
        format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("{{{}\"z\":1}}", (0..30_000).map(|n| format!("\"k{n}\":{n},")).collect::<String>()),
        format!("[{}1]", "1,".repeat(300_000)),
        format!("\"{}\"", "\\u0000".repeat(100_000)),
        format!("1{}", "0".repeat(500_000)),
    ] {
        let answer = world.send("POST", "/", &json, &body).await;
        assert!((200..600).contains(&answer.status), "{answer:?}");
    }
    let pairs = "a=1&".repeat(100_000);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let answer = world.send("POST", "/", &form, &pairs).await;
    assert!((200..600).contains(&answer.status), "{answer:?}");
    world.finish().await;
}
