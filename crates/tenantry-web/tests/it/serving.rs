use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, routing::get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot},
    task::JoinHandle,
};

/// A server whose `/slow` answers once it is told to.
struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
    began: Arc<Notify>,
    go_on: Arc<Notify>,
}

async fn start(drain: Duration) -> Running {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let (began, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (Arc::clone(&began), Arc::clone(&go_on));
    let slow = get(async move || {
        tell.notify_one();
        wait.notified().await;
        "late"
    });
    let router = Router::new().route("/", get(async || "at once")).route("/slow", slow);
    let shutdown = async {
        let _ = stopped.await;
    };
    let server = tokio::spawn(tenantry_web::serve(listener, router, shutdown, drain));
    Running { address, stop, server, began, go_on }
}

async fn ask(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: here\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Reads one answer.
async fn answer(stream: &mut TcpStream, last: &str) -> String {
    let mut text = String::new();
    let mut bytes = [0; 1024];
    while !text.ends_with(last) {
        let read = stream.read(&mut bytes).await.unwrap();
        assert!(read > 0, "the connection ended after {text:?}");
        text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    text
}

async fn is_closed(stream: &mut TcpStream) -> bool {
    matches!(stream.read(&mut [0; 16]).await, Ok(0) | Err(_))
}

#[tokio::test]
async fn what_is_under_way_is_answered_and_connections_at_rest_are_closed() {
    let Running { address, stop, server, began, go_on } = start(Duration::from_secs(30)).await;
    let mut at_rest = ask(address, "/").await;
    assert!(answer(&mut at_rest, "at once").await.starts_with("HTTP/1.1 200 OK"));
    let mut slow = ask(address, "/slow").await;
    began.notified().await;

    stop.send(()).unwrap();
    assert!(is_closed(&mut at_rest).await, "nobody waits for its next request");
    assert!(TcpStream::connect(address).await.is_err(), "nobody is let in any more");
    go_on.notify_one();
    let text = answer(&mut slow, "late").await;
    assert!(text.contains("connection: close"), "{text}");
    assert!(is_closed(&mut slow).await);
    server.await.unwrap();
}

#[tokio::test]
async fn what_takes_longer_than_the_drain_is_given_up() {
    let Running { address, stop, server, began, .. } = start(Duration::from_millis(50)).await;
    let slow = ask(address, "/slow").await;
    began.notified().await;
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(10), server).await;
    ended.expect("it does not wait for the slow one").unwrap();
    drop(slow);
}

#[tokio::test]
async fn a_connection_answers_one_request_after_the_other() {
    let running = start(Duration::from_secs(30)).await;
    let address = running.address;
    let mut stream = ask(address, "/").await;
    for _ in 0..3 {
        answer(&mut stream, "at once").await;
        stream.write_all(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n").await.unwrap();
    }
    answer(&mut stream, "at once").await;
    // Two at once: their answers come in order.
    stream
        .write_all(b"GET /no HTTP/1.1\r\nhost: here\r\n\r\nGET / HTTP/1.1\r\nhost: here\r\n\r\n")
        .await
        .unwrap();
    let both = answer(&mut stream, "at once").await;
    assert!(both.starts_with("HTTP/1.1 404"), "{both}");
}

#[tokio::test]
async fn what_is_no_http_is_refused_and_harms_nobody() {
    let running = start(Duration::from_secs(30)).await;
    let address = running.address;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"\x16\x03\x01 not http\r\n\r\n").await.unwrap();
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text).await;
    assert!(text.is_empty() || text.starts_with(b"HTTP/1.1 400"));
    answer(&mut ask(address, "/").await, "at once").await;
}
