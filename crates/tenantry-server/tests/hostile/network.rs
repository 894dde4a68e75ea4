//! The network: what tenants may fetch, and what they may not.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use axum::{Router, extract::Request, response::Redirect, routing::any};
use tokio::net::TcpListener;

use crate::world::{World, handler};

/// A service on loopback, as there are many beside a server.
struct Inside {
    port: u16,
    asked: Arc<AtomicU32>,
}

impl Inside {
    async fn start(router: Router) -> Self {
        let asked = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&asked);
        let router = router.fallback(any(move |_: Request| {
            counter.fetch_add(1, Ordering::SeqCst);
            async { "the secret of the machine" }
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { port, asked }
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn nothing_is_fetched_that_is_not_allowed() {
    let inside = Inside::start(Router::new()).await;
    let port = inside.port;
    let mut world = World::handler(&format!(
        r#"for (const url of [
      "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::1]:{port}/", "http://[::ffff:127.0.0.1]:{port}/",
      "http://2130706433:{port}/", "http://0x7f000001:{port}/", "http://0177.0.0.1:{port}/", "http://127.1:{port}/",
      "http://0.0.0.0:{port}/", "http://localhost.:{port}/", "http://LOCALHOST:{port}/", "//127.0.0.1:{port}/",
      "http://user:pass@127.0.0.1:{port}/", "http://169.254.169.254/latest/meta-data/",
      "file:///etc/passwd", "data:text/plain,hello", "blob:x", "ftp://127.0.0.1/", "unix:/var/run/docker.sock",
      "javascript:1", "about:blank", "",
    ]) {{
      await attempt(url, () => fetch(url).then((answer) => answer.text()));
      await attempt(`post ${{url}}`, () => fetch(new URL(url), {{ method: "POST", body: "x" }}).then((it) => it.status));
    }}
    await attempt("fetch of fetch", () => fetch.call(null, {{ toString: () => "http://127.0.0.1:{port}/" }}).then(String));
    await attempt("sockets", () => globalThis.XMLHttpRequest ?? globalThis.WebSocket ?? globalThis.EventSource);"#
    ))
    .await;
    World::nothing(&world.get("/").await);
    assert_eq!(inside.asked(), 0);
    world.was_refused().await;
    world.finish().await;
}

#[tokio::test]
async fn the_server_itself_cannot_be_asked_through_fetch() {
    let mut world = World::handler(
        r#"for (const path of ["/admin/tenants", "/health", "/"]) {
      await attempt(path, () =>
        fetch(`http://127.0.0.1:${request.query.port}${path}`, {
          headers: { "x-tenant-id": "good", authorization: "Bearer token-of-the-operators" },
        }).then((answer) => answer.text()));
    }"#,
    )
    .await;
    let port = world.client.address.port();
    World::nothing(&world.get(&format!("/?port={port}")).await);
    world.was_refused().await;
    world.finish().await;
}

#[tokio::test]
async fn what_is_allowed_leads_nowhere_else() {
    let inside = Inside::start(Router::new()).await;
    let secret = format!("http://127.0.0.1:{}/", inside.port);
    let away = secret.clone();
    let allowed = Inside::start(
        Router::new().route("/away", any(move || async move { Redirect::temporary(&away) })),
    )
    .await;
    let (port, other) = (allowed.port, inside.port);
    let code = handler(&format!(
        r##"const fine = await fetch("http://127.0.0.1:{port}/fine").then((answer) => answer.text());
    if (!fine.includes("secret of the machine")) got.push(`not allowed: ${{fine}}`);
    for (const url of [
      "http://127.0.0.1:{port}/away", "http://127.0.0.1:{port}@127.0.0.1:{other}/", "http://127.0.0.1:{port}#@127.0.0.1:{other}/../..",
      "http://127.0.0.1:{port}\\@127.0.0.1:{other}/", "http://127.0.0.1:{other}/?http://127.0.0.1:{port}/",
      "https://127.0.0.1:{port}/", "http://localhost:{port}/", "http://127.0.0.1.evil.example:{port}/",
    ]) {{
      await attempt(url, async () => {{
        const answer = await fetch(url);
        const text = await answer.text();
        return URL.parse?.(answer.url)?.port === "{other}" ? text : undefined;
      }});
    }}
    for (const headers of [{{ host: "127.0.0.1:{other}" }}, {{ "x-a": "b\r\nx-injected: yes" }}, {{ "a\nb": "c" }}]) {{
      await attempt(JSON.stringify(headers), () => fetch("http://127.0.0.1:{port}/away", {{ headers }}).then((it) => it.url));
    }}"##
    ));
    let mut world = World::with(
        &[("routes/index.mjs", &code)],
        |_| (),
        |builder| builder.set("security.fetch", vec![format!("http://127.0.0.1:{port}")]),
    )
    .await;
    World::nothing(&world.get("/").await);
    assert_eq!(inside.asked(), 0, "{secret}");
    world.finish().await;
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let flood = || async {
        let chunk = bytes::Bytes::from(vec![b'x'; 1 << 16]);
        let stream =
            futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()));
        axum::body::Body::from_stream(stream)
    };
    let allowed = Inside::start(Router::new().route("/flood", any(flood))).await;
    let port = allowed.port;
    let code = handler(&format!(
        r#"await attempt("flood", () => fetch("http://127.0.0.1:{port}/flood").then((answer) => answer.text()).then((it) => it.length));"#
    ));
    let mut world = World::with(
        &[("routes/index.mjs", &code)],
        |_| (),
        |builder| builder.set("security.fetch", vec![format!("http://127.0.0.1:{port}")]),
    )
    .await;
    let answer = world.get("/").await;
    assert!(answer.status >= 500 || answer.json()["got"] == serde_json::json!([]), "{answer:?}");
    world.finish().await;
}

#[tokio::test]
async fn a_thousand_fetches_at_once_are_not_made() {
    let slow = Inside::start(
        Router::new().route("/slow", any(|| async { std::future::pending::<()>().await })),
    )
    .await;
    let port = slow.port;
    let code = handler(&format!(
        r#"const all = Array.from({{ length: 5000 }}, () => fetch("http://127.0.0.1:{port}/slow"));
    const settled = await Promise.race([Promise.allSettled(all), Promise.any(all.map((it) => it.catch(() => "refused")))]);
    if (settled !== "refused") got.push(String(settled));"#
    ));
    let mut world = World::with(
        &[("routes/index.mjs", &code)],
        |_| (),
        |builder| builder.set("security.fetch", vec![format!("http://127.0.0.1:{port}")]),
    )
    .await;
    let answer = world.get("/").await;
    assert!(answer.status >= 500 || answer.json()["got"] == serde_json::json!([]), "{answer:?}");
    world.finish().await;
}
