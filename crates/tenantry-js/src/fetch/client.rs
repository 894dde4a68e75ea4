//! One request of a tenant's, with its redirects.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, LOCATION};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Response, StatusCode};
use url::Url;

use super::FetchPolicy;
use super::address::Public;
use crate::Data;
use crate::host::HostError;

/// How often a request is redirected.
const REDIRECTS: usize = 5;
/// How long a request may take, its redirects and its body included.
const TIME: Duration = Duration::from_secs(30);

/// What JavaScript asks for.
pub(crate) struct FetchRequest {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Bytes>,
    /// `follow`, `error` or `manual`.
    pub(crate) redirect: String,
    /// The most bytes of an answer's body.
    pub(crate) most: usize,
}

/// Sends it: status, its text, headers, body, the last URL, whether it was redirected.
pub(crate) async fn fetch(policy: FetchPolicy, request: FetchRequest) -> Result<Data, HostError> {
    match tokio::time::timeout(TIME, send(&policy, request)).await {
        Ok(done) => done,
        Err(_) => Err(failed(format!("it took longer than {TIME:?}"))),
    }
}

fn failed(why: impl std::fmt::Display) -> HostError {
    HostError::new("ERR_FETCH", format!("fetch failed: {why}"))
}

fn refused(why: impl std::fmt::Display) -> HostError {
    HostError::new("ERR_FETCH_REFUSED", format!("fetch refused: {why}")).as_refusal()
}

async fn send(policy: &FetchPolicy, request: FetchRequest) -> Result<Data, HostError> {
    let mut url = Url::parse(&request.url).map_err(|error| failed(format!("{error}")))?;
    let mut method =
        Method::from_bytes(request.method.as_bytes()).map_err(|_| failed("the method is none"))?;
    if method == Method::CONNECT || method == Method::TRACE {
        return Err(refused(format!("the method {method} is not allowed")));
    }
    let mut headers = headers(request.headers)?;
    let mut body = request.body;
    let client = client(policy.private)?;
    for hops in 0..=REDIRECTS {
        if !policy.allows(&url) {
            let origin = url.origin().ascii_serialization();
            return Err(refused(format!("the origin {origin} is not in the tenant's allow-list")));
        }
        let mut sent = client.request(method.clone(), url.clone()).headers(headers.clone());
        if let Some(body) = &body {
            sent = sent.body(body.clone());
        }
        let response = sent.send().await.map_err(|error| failed(causes(&error)))?;
        let target = location(&url, &response);
        let (Some(target), true) = (target, request.redirect != "manual") else {
            return read(response, url, hops > 0, request.most).await;
        };
        if request.redirect == "error" {
            return Err(failed("it was redirected"));
        }
        let status = response.status();
        let to_get = status == StatusCode::SEE_OTHER && method != Method::HEAD
            || (status == StatusCode::MOVED_PERMANENTLY || status == StatusCode::FOUND)
                && method == Method::POST;
        if to_get {
            method = Method::GET;
            body = None;
            headers.remove(CONTENT_TYPE);
        }
        if target.origin() != url.origin() {
            headers.remove(AUTHORIZATION);
            headers.remove(COOKIE);
        }
        url = target;
    }
    Err(failed(format!("it was redirected more than {REDIRECTS} times")))
}

/// Where a response redirects to.
fn location(url: &Url, response: &Response) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    url.join(response.headers().get(LOCATION)?.to_str().ok()?).ok()
}

async fn read(
    mut response: Response,
    url: Url,
    redirected: bool,
    most: usize,
) -> Result<Data, HostError> {
    let status = response.status();
    let headers = response.headers().iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        Data::List(vec![name.as_str().into(), value.into()])
    });
    let headers = Data::List(headers.collect());
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(causes(&error)))? {
        if body.len() + chunk.len() > most {
            return Err(failed(format!("the answer is larger than {most} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Data::List(vec![
        Data::from(u32::from(status.as_u16())),
        status.canonical_reason().unwrap_or_default().into(),
        headers,
        Data::Bytes(body.freeze()),
        String::from(url).into(),
        redirected.into(),
    ]))
}

fn headers(list: Vec<(String, String)>) -> Result<HeaderMap, HostError> {
    let mut headers = HeaderMap::new();
    for (name, value) in list {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| failed(format!("{name:?} is no header's name")))?;
        // These are the connection's.
        if name == HOST || name == CONTENT_LENGTH {
            continue;
        }
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| failed(format!("the header {name} has a value that none has")))?;
        headers.append(name, value);
    }
    Ok(headers)
}

/// An error with its causes: reqwest's own says next to nothing.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// One client for all tenants, and one for those whose names may lead to private addresses.
/// Neither keeps cookies or asks proxies.
fn client(private: bool) -> Result<&'static Client, HostError> {
    static PUBLIC: OnceLock<Option<Client>> = OnceLock::new();
    static PRIVATE: OnceLock<Option<Client>> = OnceLock::new();
    let cell = if private { &PRIVATE } else { &PUBLIC };
    cell.get_or_init(|| {
        // A provider that the program installed before stays.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(10))
            .user_agent("tenantry");
        if !private {
            builder = builder.dns_resolver(Arc::new(Public));
        }
        builder.build().inspect_err(|error| tracing::error!(%error, "no client for fetch")).ok()
    })
    .as_ref()
    .ok_or_else(|| failed("there is no client"))
}
