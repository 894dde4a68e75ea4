//! Who the client is, as far as that can be known.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::request::Parts;

/// Who the client is.
pub(super) struct Peer {
    pub(super) ip: Option<IpAddr>,
    /// The client and the proxies on its way, nearest first; none where proxies are not trusted.
    pub(super) ips: Vec<IpAddr>,
    pub(super) https: bool,
}

impl Peer {
    pub(super) fn of(parts: &Parts, trusted: bool) -> Self {
        let socket = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        if !trusted {
            return Self { ip: socket, ips: Vec::new(), https: false };
        }
        let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let mut ips: Vec<IpAddr> = socket.into_iter().collect();
        let forwarded = header("x-forwarded-for").unwrap_or_default();
        ips.extend(forwarded.split(',').rev().map_while(|ip| ip.trim().parse::<IpAddr>().ok()));
        let protocol = header("x-forwarded-proto").and_then(|list| list.split(',').next());
        Self { ip: ips.last().copied(), https: protocol.map(str::trim) == Some("https"), ips }
    }
}
