//! `fetch`: where it goes, and where it does not.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::support::{config, eval};
use tenantry_js::{Data, Engine, FetchPolicy, Isolate};

/// Answers every connection with what `answer` gives for the request's text.
fn serve(answer: impl Fn(&str) -> String + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut text = Vec::new();
            let mut buffer = [0; 4096];
            while !text.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut buffer) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => text.extend_from_slice(&buffer[..read]),
                }
            }
            let _gone = stream.write_all(answer(&String::from_utf8_lossy(&text)).as_bytes());
        }
    });
    port
}

fn ok(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

fn redirect(to: &str) -> String {
    format!(
        "HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    )
}

async fn allowed(engine: &Engine, origins: Vec<String>) -> Isolate {
    let mut config = config();
    config.fetch = FetchPolicy { origins, private: false };
    config.limits.result = 1 << 16;
    engine.isolate(config).await.unwrap()
}

#[tokio::test]
async fn a_listed_origin_answers_text_json_headers_and_status() {
    let port =
        serve(|request| ok(&format!("{{\"path\":{:?}}}", request.split(' ').nth(1).unwrap())));
    let engine = crate::support::engine();
    let isolate = allowed(&engine, vec![format!("http://127.0.0.1:{port}")]).await;
    let code = format!(
        "(async () => {{ const r = await fetch('http://127.0.0.1:{port}/x?y=1', {{ method: 'POST', body: 'hi' }}); \
         return [r.status, r.ok, (await r.json()).path, r.headers.get('Content-Length')]; }})()"
    );
    let expected = Data::List(vec![Data::Number(200.0), true.into(), "/x?y=1".into(), "17".into()]);
    assert_eq!(eval(&isolate, &code).await, Ok(expected));
}

#[tokio::test]
async fn what_is_not_listed_is_refused_redirects_included() {
    let secret = serve(|_| ok("secret"));
    let open = serve(move |request| match request.split(' ').nth(1) {
        Some("/name") => redirect(&format!("http://localhost:{secret}/")),
        Some("/loop") => redirect("/loop"),
        _ => redirect(&format!("http://127.0.0.1:{secret}/")),
    });
    let engine = crate::support::engine();
    let isolate = allowed(&engine, vec![format!("http://127.0.0.1:{open}")]).await;
    for url in [
        format!("http://127.0.0.1:{secret}/"),
        format!("http://localhost:{open}/"),
        format!("http://[::1]:{open}/"),
        format!("http://127.1:{secret}/"),
        format!("http://2130706433:{secret}/"),
        format!("http://127.0.0.1:{open}/"),
        format!("http://127.0.0.1:{open}/name"),
        format!("http://127.0.0.1:{open}/loop"),
        format!("http://127.0.0.1:{open}@127.0.0.1:{secret}/"),
        "file:///etc/passwd".to_owned(),
        "data:text/plain,x".to_owned(),
        "https://example.com/".to_owned(),
    ] {
        let error = eval(&isolate, &format!("fetch({url:?}).then((r) => r.text())")).await;
        let error = error.expect_err(&url);
        assert_eq!(error.name, "TypeError", "{url}: {error:?}");
        assert!(
            error.code.as_deref().is_some_and(|code| code.starts_with("ERR_FETCH")),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_refused() {
    let port = serve(|_| ok("secret"));
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let engine = crate::support::engine();
    let isolate = allowed(&engine, vec![format!("http://{name}:{port}")]).await;
    let error = eval(&isolate, &format!("fetch('http://{name}:{port}/')")).await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("ERR_FETCH"), "{error:?}");
}

#[tokio::test]
async fn an_answer_past_the_limit_is_an_error() {
    let port = serve(|_| ok(&"x".repeat(1 << 20)));
    let engine = crate::support::engine();
    let isolate = allowed(&engine, vec![format!("http://127.0.0.1:{port}")]).await;
    let error = eval(&isolate, &format!("fetch('http://127.0.0.1:{port}/')")).await.unwrap_err();
    assert!(error.message.contains("larger than 65536"), "{error:?}");
}

#[tokio::test]
async fn nothing_is_fetched_without_an_allow_list() {
    let port = serve(|_| ok("x"));
    let engine = crate::support::engine();
    let isolate = allowed(&engine, vec![]).await;
    let error = eval(&isolate, &format!("fetch('http://127.0.0.1:{port}/')")).await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("ERR_FETCH_REFUSED"));
}

#[tokio::test]
async fn an_aborted_fetch_rejects_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let engine = crate::support::engine();
    let isolate = allowed(&engine, vec![format!("http://127.0.0.1:{port}")]).await;
    let code = format!("fetch('http://127.0.0.1:{port}/', {{ signal: AbortSignal.timeout(5) }})");
    let error = eval(&isolate, &code).await.unwrap_err();
    assert_eq!(error.name, "TimeoutError");
}
