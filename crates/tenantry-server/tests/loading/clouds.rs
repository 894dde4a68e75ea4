//! Google Cloud Storage and Azure, as far as they are spoken here: a server of the test's own answers to
//! what their clients ask, objects with ETags and listings, by the paths and in the XML of each.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{Router, extract::Request, response::Response};
use http::StatusCode;
use tempfile::TempDir;
use tenantry_server::loading::{Cache, Remote, Source, Strategies};
use tokio::net::TcpListener;

use crate::archive::{plugin, read, sha256};

const DATE: &str = "Tue, 03 Mar 2026 10:00:00 GMT";

/// Which of the two is spoken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cloud {
    Google,
    Azure,
}

struct Store {
    endpoint: String,
    objects: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    /// What was asked and answered.
    log: Arc<Mutex<Vec<String>>>,
}

impl Store {
    async fn start(cloud: Cloud) -> Self {
        let objects: Arc<Mutex<BTreeMap<String, Vec<u8>>>> = Arc::default();
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let (stored, logged) = (Arc::clone(&objects), Arc::clone(&log));
        let router = Router::new().fallback(move |request: Request| {
            let answer = answer(cloud, &stored.lock().unwrap(), &request);
            let line = format!("{} {}", path_of(&request), answer.status().as_u16());
            logged.lock().unwrap().push(line);
            async move { answer }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { endpoint, objects, log }
    }

    fn put(&self, key: &str, bytes: impl Into<Vec<u8>>) {
        self.objects.lock().unwrap().insert(key.to_owned(), bytes.into());
    }

    fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock().unwrap())
    }

    fn remote(&self, cloud: Cloud, cache: &Cache) -> Remote {
        let common = [("skip_signature", "true"), ("allow_http", "true")];
        let (url, own): (_, &[(&str, &str)]) = match cloud {
            Cloud::Google => ("gs://code/tenants", &[("base_url", &self.endpoint)]),
            Cloud::Azure => (
                "az://code/tenants",
                &[("azure_storage_endpoint", &self.endpoint), ("account_name", "tenantry")],
            ),
        };
        Remote::open(url, common.iter().chain(own).copied(), cache).unwrap()
    }
}

/// Google's client writes a key as one part of the path.
fn path_of(request: &Request) -> String {
    percent_encoding::percent_decode_str(request.uri().path()).decode_utf8().unwrap().into_owned()
}

fn answer(cloud: Cloud, objects: &BTreeMap<String, Vec<u8>>, request: &Request) -> Response {
    let query: BTreeMap<String, String> =
        url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    let is_listing = match cloud {
        Cloud::Google => query.get("list-type").is_some_and(|kind| kind == "2"),
        Cloud::Azure => query.get("comp").is_some_and(|what| what == "list"),
    };
    let path = path_of(request);
    let path = path.trim_end_matches('/');
    if is_listing {
        assert_eq!(path, "/code");
        return Response::new(list(cloud, objects, &query).into());
    }
    let key = path.strip_prefix("/code/").unwrap_or_default();
    let Some(bytes) = objects.get(key) else {
        return status(StatusCode::NOT_FOUND);
    };
    let etag = etag(bytes);
    let known = request.headers().get("if-none-match");
    if known.is_some_and(|known| known == etag.as_str()) {
        return status(StatusCode::NOT_MODIFIED);
    }
    let response = Response::builder().header("etag", etag).header("last-modified", DATE);
    response.body(bytes.clone().into()).unwrap()
}

fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", &sha256(bytes)[..16])
}

fn status(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

/// Objects below a prefix, or what is before the next `/` of deeper ones, if a delimiter is given.
fn list(
    cloud: Cloud,
    objects: &BTreeMap<String, Vec<u8>>,
    query: &BTreeMap<String, String>,
) -> String {
    let prefix = query.get("prefix").map(String::as_str).unwrap_or_default();
    let (mut entries, mut folders) = (String::new(), Vec::new());
    for (key, bytes) in objects.iter().filter(|(key, _)| key.starts_with(prefix)) {
        if query.contains_key("delimiter")
            && let Some((folder, _)) = key[prefix.len()..].split_once('/')
        {
            folders.push(format!("{prefix}{folder}/"));
            continue;
        }
        let (size, etag) = (bytes.len(), etag(bytes));
        entries += &match cloud {
            Cloud::Google => format!(
                "<Contents><Key>{key}</Key><Size>{size}</Size><LastModified>2026-03-03T10:00:00.000Z</LastModified><ETag>{etag}</ETag></Contents>"
            ),
            Cloud::Azure => format!(
                "<Blob><Name>{key}</Name><Properties><Last-Modified>{DATE}</Last-Modified><Content-Length>{size}</Content-Length>\
                 <Content-Type>application/octet-stream</Content-Type><Etag>{etag}</Etag></Properties></Blob>"
            ),
        };
    }
    folders.dedup();
    for folder in folders {
        entries += &match cloud {
            Cloud::Google => {
                format!("<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>")
            }
            Cloud::Azure => format!("<BlobPrefix><Name>{folder}</Name></BlobPrefix>"),
        };
    }
    match cloud {
        Cloud::Google => format!("<ListBucketResult>{entries}</ListBucketResult>"),
        Cloud::Azure => format!(
            "<EnumerationResults><Blobs>{entries}</Blobs><NextMarker></NextMarker></EnumerationResults>"
        ),
    }
}

#[tokio::test]
async fn archives_and_prefixes_come_from_google_and_azure_as_from_s3() {
    for cloud in [Cloud::Google, Cloud::Azure] {
        let (store, folder) = (Store::start(cloud).await, TempDir::new().unwrap());
        let cache = Cache::open(folder.path(), 1 << 30).unwrap();
        let strategies = Strategies::new();
        strategies.add("cloud", store.remote(cloud, &cache)).unwrap();
        let load = async |key: &str| strategies.load(&Source::new("cloud", key)).await;

        let first = plugin("export default 1");
        store.put("tenants/billing.tgz", first.clone());
        let loaded = load("billing.tgz").await.unwrap();
        assert_eq!(read(loaded.root(), "index.mjs"), "export default 1");
        assert_eq!(loaded.revision().as_str(), format!("sha256:{}", sha256(&first)));
        assert_eq!(store.log(), ["/code/tenants/billing.tgz 200"]);
        load("billing.tgz").await.unwrap();
        assert_eq!(store.log(), ["/code/tenants/billing.tgz 304"]);
        store.put("tenants/billing.tgz", plugin("export default 2"));
        let changed = load("billing.tgz").await.unwrap();
        assert_eq!(read(changed.root(), "index.mjs"), "export default 2");

        store.put("tenants/acme/config.json", "{}");
        store.put("tenants/acme/routes/index.mjs", "export default 3");
        store.put("tenants/acme-2/config.json", "not acme's");
        let acme = load("acme/").await.unwrap();
        assert_eq!(read(acme.root(), "routes/index.mjs"), "export default 3");
        assert_eq!(read(acme.root(), "config.json"), "{}");
        let keys = strategies.get("cloud").unwrap().keys().await.unwrap();
        assert_eq!(keys, ["acme-2/", "acme/", "billing.tgz"]);

        assert_eq!(load("missing.tgz").await.unwrap_err().code(), "LOADING_NOT_FOUND");
        let pinned = Source::new("cloud", "billing.tgz").with("sha256", "0".repeat(64));
        let error = strategies.load(&pinned).await.unwrap_err();
        assert_eq!(error.code(), "LOADING_DIGEST_MISMATCH");
    }
}
