//! Section `[server]`: where the server listens, and how long it takes to end.

use std::time::Duration;

use crate::config::reader::Reader;

/// Where the server listens, and how long it takes to end.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ListenConfig {
    /// `host`: the address to listen on. `127.0.0.1` by default.
    pub host: String,
    /// `port`: 3000 by default; 0 is any that is free.
    pub port: u16,
    /// `shutdown_timeout`: how long requests under way may take once the server ends. 10 s by
    /// default.
    pub shutdown_timeout: Duration,
    /// `health_path`: where the server says how it is. `/health` by default.
    pub health_path: String,
    /// `trust_proxy`: whether `x-forwarded-for`, `-host` and `-proto` are believed. Off by default.
    pub trust_proxy: bool,
}

impl ListenConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let health_path = reader.parsed("server.health_path", |path| {
            if path.starts_with('/') && path.len() > 1 {
                Ok(path.to_owned())
            } else {
                Err(r#"allowed is a path such as "/health""#.to_owned())
            }
        });
        Self {
            host: reader.text("server.host").unwrap_or_else(|| "127.0.0.1".to_owned()),
            port: reader.integer("server.port", 3000, 0..=65_535) as u16,
            shutdown_timeout: reader.duration("server.shutdown_timeout", Duration::from_secs(10)),
            health_path: health_path.unwrap_or_else(|| "/health".to_owned()),
            trust_proxy: reader.boolean("server.trust_proxy", false),
        }
    }
}
