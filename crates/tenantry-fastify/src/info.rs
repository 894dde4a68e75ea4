//! What the edge knows of a request beside the request itself.

use std::net::IpAddr;

use serde_json::Value;

/// What the edge knows of a request beside the request itself.
#[derive(Debug, Clone, Default)]
pub struct RequestInfo {
    /// `request.id`.
    pub id: String,
    /// `request.ip`: the peer, or whom a trusted proxy named.
    pub ip: Option<IpAddr>,
    /// `request.ips`: all of them, where proxies are trusted; empty otherwise.
    pub ips: Vec<IpAddr>,
    /// `request.protocol` is `https`.
    pub https: bool,
    /// `request.user`: whom the edge has identified, such as the claims of a verified token.
    pub user: Option<Value>,
}
