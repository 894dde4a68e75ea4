//! Section `[connection]`: the server, the budget, and how long things may take.

use std::time::Duration;

use secrecy::SecretString;

use super::{
    reader::Reader,
    server::{InvalidDatabaseUrl, ServerConfig},
};
use crate::{retry::RetryConfig, tls};

/// PostgreSQL's own upper limit for `max_connections`.
const POSTGRES_LIMIT: u64 = 262_143;

/// More callers than this would take gigabytes while they wait.
const MOST_WAITERS: u64 = 1_000_000;

/// The server, the budget, and how long things may take.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ConnectionConfig {
    /// `url`: where the server is and who connects, as it was given.
    pub url: SecretString,
    /// What `url` says, parsed.
    pub server: ServerConfig,
    /// `max_connections`: the budget, per cluster. At least 2. 20 by default.
    pub max_connections: usize,
    /// `max_per_tenant`: the most connections one tenant may use while others wait. Half of the
    /// budget by default.
    pub max_per_tenant: usize,
    /// `max_waiters`: how many callers may wait for a connection. 10,000 by default.
    pub max_waiters: usize,
    /// `max_waiters_per_tenant`: how many of one tenant's callers may wait. 1,000 by default.
    pub max_waiters_per_tenant: usize,
    /// `home_patience`: how long to wait for the connection that has a tenant's caches while
    /// others are unused. 10 ms by default.
    pub home_patience: Duration,
    /// `narrow_floods`: whether a tenant with more callers waiting than there are connections gets only as many
    /// connections as bring it something, while others are at work. True by default.
    pub narrow_floods: bool,
    /// `min_idle`: how many connections are kept open, used or not. None by default.
    pub min_idle: usize,
    /// `reset_after`: how long a connection is unused until what a tenant's code may have left in it
    /// (a lock, a temporary table) is reset. 1 s by default.
    pub reset_after: Duration,
    /// `idle_timeout`: how long an unused connection is kept open. 30 s by default.
    pub idle_timeout: Duration,
    /// `acquire_timeout`: how long a statement waits for a connection. 5 s by default.
    pub acquire_timeout: Duration,
    /// `connect_timeout`: how long opening a connection may take. 5 s by default, or what the URL
    /// says.
    pub connect_timeout: Duration,
    /// `max_lifetime`: how old a connection may become. 30 min by default.
    pub max_lifetime: Duration,
    /// `max_tenants_per_connection`: after how many different tenants a connection is replaced.
    /// 2,000 by default; with 0 it never is.
    pub max_tenants_per_connection: usize,
    /// `statement_cache_size`: how many prepared statements each connection keeps. 256 by default;
    /// with 0 it keeps none.
    pub statement_cache_size: usize,
    /// `max_prepared_statements`: how many all connections keep together. 5,000 by default; with 0
    /// they keep none.
    pub max_prepared_statements: usize,
    /// `[connection.retry]`: how often to try what may succeed the next time.
    pub retry: RetryConfig,
}

impl ConnectionConfig {
    /// Nothing if the URL is missing or invalid, which the reader has noted, unless none is needed.
    pub(super) fn read(reader: &mut Reader, is_needed: bool) -> Option<Self> {
        if is_needed && reader.peek("connection.url").is_none() {
            reader.note_missing(
                "connection.url",
                "it is not set; set the environment variable DATABASE_URL, or url under \
                 [connection] in tenantry.toml",
            );
        }
        let server = reader.parsed("connection.url", parse_url);
        let max_connections = reader.integer("connection.max_connections", 20, 2..=POSTGRES_LIMIT);
        let max_per_tenant =
            reader.integer("connection.max_per_tenant", max_connections / 2, 1..=max_connections);
        let max_waiters = reader.integer("connection.max_waiters", 10_000, 1..=MOST_WAITERS);
        let max_waiters_per_tenant = reader.integer(
            "connection.max_waiters_per_tenant",
            max_waiters.min(1_000),
            1..=max_waiters,
        );
        let home_patience =
            reader.short_duration("connection.home_patience", Duration::from_millis(10));
        let narrow_floods = reader.boolean("connection.narrow_floods", true);
        let min_idle = reader.integer("connection.min_idle", 0, 0..=max_connections);
        let mut timeout = |key, default| reader.duration(key, Duration::from_secs(default));
        let reset_after = timeout("connection.reset_after", 1);
        let idle_timeout = timeout("connection.idle_timeout", 30);
        let acquire_timeout = timeout("connection.acquire_timeout", 5);
        let max_lifetime = timeout("connection.max_lifetime", 30 * 60);
        let max_tenants_per_connection =
            reader.integer("connection.max_tenants_per_connection", 2_000, 0..=1_000_000);
        let connect_timeout = reader.duration_if_set("connection.connect_timeout");
        let statement_cache_size =
            reader.integer("connection.statement_cache_size", 256, 0..=100_000);
        let max_prepared_statements =
            reader.integer("connection.max_prepared_statements", 5_000, 0..=10_000_000);
        let retry = read_retry(reader);

        let (url, mut server) = server?;
        let connect_timeout = connect_timeout
            .or_else(|| server.postgres.get_connect_timeout().copied())
            .unwrap_or(Duration::from_secs(5));
        server.postgres.connect_timeout(connect_timeout);
        Some(Self {
            url,
            server,
            max_connections: size(max_connections),
            max_per_tenant: size(max_per_tenant),
            max_waiters: size(max_waiters),
            max_waiters_per_tenant: size(max_waiters_per_tenant),
            home_patience,
            narrow_floods,
            min_idle: size(min_idle),
            reset_after,
            idle_timeout,
            acquire_timeout,
            connect_timeout,
            max_lifetime,
            max_tenants_per_connection: size(max_tenants_per_connection),
            statement_cache_size: size(statement_cache_size),
            max_prepared_statements: size(max_prepared_statements),
            retry,
        })
    }
}

/// The URL and what it says. The certificates it names are read once, to know that they can be.
fn parse_url(url: &str) -> Result<(SecretString, ServerConfig), String> {
    let server: ServerConfig =
        url.parse().map_err(|error: InvalidDatabaseUrl| error.to_string())?;
    tls::connector(&server.tls).map_err(|error| error.reason())?;
    Ok((SecretString::from(url), server))
}

fn read_retry(reader: &mut Reader) -> RetryConfig {
    let default = RetryConfig::default();
    let max_attempts =
        reader.integer("connection.retry.max_attempts", default.max_attempts.into(), 1..=1000);
    let delays = ["connection.retry.max_delay", "connection.retry.initial_delay"];
    let given = delays.iter().find_map(|key| Some((*key, reader.peek(key)?)));
    let max_delay = reader.duration("connection.retry.max_delay", default.max_delay);
    let initial_delay = reader.duration("connection.retry.initial_delay", default.initial_delay);
    if initial_delay > max_delay
        && let Some((key, entry)) = given
    {
        let (initial, max) =
            (humantime::format_duration(initial_delay), humantime::format_duration(max_delay));
        reader.note(
            key,
            &entry,
            format!("initial_delay ({initial}) is longer than max_delay ({max})"),
        );
    }
    RetryConfig {
        max_attempts: u32::try_from(max_attempts).unwrap_or(u32::MAX),
        initial_delay,
        max_delay,
        multiplier: reader.float("connection.retry.multiplier", default.multiplier, 1.0..=100.0),
        jitter: reader.boolean("connection.retry.jitter", default.jitter),
    }
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
