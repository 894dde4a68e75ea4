//! One request, where a load would be too much.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::peer::TOKEN;
use crate::failure::Result;

/// Sends a request for a tenant. Its status, its body, and how long it took.
pub(super) async fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    tenant: &str,
) -> Result<(u16, String, Duration)> {
    let mut stream = TcpStream::connect(address).await?;
    let token = TOKEN.replace(' ', "-");
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nx-tenant-id: {tenant}\r\n\
         authorization: Bearer {token}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    let start = Instant::now();
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let elapsed = start.elapsed();
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status, body.to_owned(), elapsed))
}
