//! An S3-speaking server on a local port, which checks signatures.

use std::sync::{Arc, Mutex};

use hyper::{body::Incoming, server::conn::http1};
use hyper_util::rt::TokioIo;
use object_store::{ObjectStoreExt, aws::AmazonS3Builder};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use tempfile::TempDir;
use tenantry_server::loading::{Cache, LoadingError, Remote};
use tokio::{net::TcpListener, task::JoinHandle};

const ACCESS_KEY: &str = "tenantry";
const SECRET: &str = "a secret of the test";
const BUCKET: &str = "code";

pub(crate) struct S3 {
    endpoint: String,
    server: JoinHandle<()>,
    /// What was asked and answered, such as `GET /code/a.tgz 200`.
    log: Arc<Mutex<Vec<String>>>,
    _folder: TempDir,
}

impl S3 {
    pub(crate) async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET));
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let log = Arc::new(Mutex::new(Vec::new()));
        let logged = Arc::clone(&log);
        let server = tokio::spawn(async move {
            // Connections end with the server.
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let (service, log) = (service.clone(), Arc::clone(&logged));
                let answer = hyper::service::service_fn(move |request: http::Request<Incoming>| {
                    let asked = format!("{} {}", request.method(), request.uri().path());
                    let (service, log) = (service.clone(), Arc::clone(&log));
                    async move {
                        let known = request.headers().get("if-none-match").cloned();
                        let mut answer = service.call(request.map(s3s::Body::from)).await?;
                        // The file system behind it leaves this condition out.
                        if known.is_some() && answer.headers().get("etag") == known.as_ref() {
                            *answer.status_mut() = http::StatusCode::NOT_MODIFIED;
                            *answer.body_mut() = s3s::Body::empty();
                            answer.headers_mut().remove("content-length");
                        }
                        let status = answer.status().as_u16();
                        log.lock().unwrap().push(format!("{asked} {status}"));
                        Ok::<_, s3s::HttpError>(answer)
                    }
                });
                let serving = http1::Builder::new().serve_connection(TokioIo::new(socket), answer);
                connections.spawn(async move { drop(serving.await) });
            }
        });
        Self { endpoint, server, log, _folder: folder }
    }

    pub(crate) fn remote(&self, prefix: &str, cache: &Cache) -> Remote {
        self.remote_with(prefix, SECRET, cache).unwrap()
    }

    pub(crate) fn remote_with(
        &self,
        prefix: &str,
        secret: &str,
        cache: &Cache,
    ) -> Result<Remote, LoadingError> {
        Remote::open(&format!("s3://{BUCKET}/{prefix}"), self.options(secret), cache)
    }

    /// What the section of a configuration has to say of it, its `url` included.
    pub(crate) fn settings(&self, prefix: &str) -> Vec<(&'static str, String)> {
        let options = self.options(SECRET).map(|(key, value)| (key, value.to_owned()));
        let url = ("url", format!("s3://{BUCKET}/{prefix}"));
        options.into_iter().chain([url]).collect()
    }

    fn options<'a>(&'a self, secret: &'a str) -> [(&'static str, &'a str); 5] {
        [
            ("endpoint", &*self.endpoint),
            ("region", "eu-central-1"),
            ("access_key_id", ACCESS_KEY),
            ("secret_access_key", secret),
            ("allow_http", "true"),
        ]
    }

    pub(crate) async fn put(&self, key: &str, bytes: impl Into<Vec<u8>>) {
        // As the strategy does, which may come later; there is one already if it came before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let store = AmazonS3Builder::new()
            .with_bucket_name(BUCKET)
            .with_endpoint(&self.endpoint)
            .with_region("eu-central-1")
            .with_access_key_id(ACCESS_KEY)
            .with_secret_access_key(SECRET)
            .with_allow_http(true)
            .build()
            .unwrap();
        store.put(&key.into(), bytes.into().into()).await.unwrap();
        self.log.lock().unwrap().clear();
    }

    /// What was asked since the last time.
    pub(crate) fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock().unwrap())
    }

    /// Ends the server: its port refuses connections.
    pub(crate) async fn stop(&mut self) {
        self.server.abort();
        let _ = (&mut self.server).await;
    }
}
