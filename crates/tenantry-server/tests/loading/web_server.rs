//! A web server that answers as it is told.

use std::{
    future::pending,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Body, extract::Request, response::Response, routing::get};
use http::{StatusCode, header};
use tokio::{net::TcpListener, sync::watch};

/// How the next requests are answered.
#[derive(Clone)]
pub(crate) enum Answer {
    File(Vec<u8>),
    Status(StatusCode),
    /// As much of the body as is here, with the length of more.
    CutOff(Vec<u8>),
    /// The head, and then nothing.
    Hang,
    /// Nothing at all.
    Silence,
}

pub(crate) struct Web {
    url: String,
    answer: Arc<Mutex<Answer>>,
    /// How many requests have come.
    pub(crate) asked: watch::Receiver<u32>,
}

impl Web {
    pub(crate) async fn start(answer: Answer) -> Self {
        let answer = Arc::new(Mutex::new(answer));
        let (count, asked) = watch::channel(0);
        let now = Arc::clone(&answer);
        let respond = move |request: Request| {
            count.send_modify(|count| *count += 1);
            let answer = now.lock().unwrap().clone();
            respond(request, answer)
        };
        let router = Router::new().route("/files/{*path}", get(respond));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/files", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, answer, asked }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn set(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }
}

async fn respond(request: Request, answer: Answer) -> Response {
    let response = Response::builder();
    match answer {
        Answer::File(bytes) => {
            let etag = format!("\"{}\"", crate::archive::sha256(&bytes));
            let known = request.headers().get(header::IF_NONE_MATCH);
            if known.is_some_and(|known| known == etag.as_str()) {
                return response.status(304).header("etag", etag).body(Body::empty()).unwrap();
            }
            response.header("etag", etag).body(bytes.into()).unwrap()
        }
        Answer::Status(status) => response.status(status).body("no".into()).unwrap(),
        Answer::CutOff(bytes) => {
            let length = bytes.len() + 1000;
            let chunks: [Result<_, std::io::Error>; 2] =
                [Ok(bytes), Err(std::io::Error::other("cut off"))];
            let body = Body::from_stream(futures_util::stream::iter(chunks));
            response.header("content-length", length).body(body).unwrap()
        }
        Answer::Hang => {
            let body = futures_util::stream::once(pending::<Result<Vec<u8>, std::io::Error>>());
            response.header("content-length", 1000).body(Body::from_stream(body)).unwrap()
        }
        Answer::Silence => pending().await,
    }
}
