//! Section `[limits]`: what one tenant, and one request, may take.

use std::time::Duration;

use crate::config::reader::Reader;

const KB: usize = 1 << 10;
const MB: usize = 1 << 20;

/// What one tenant, and one request to it, may take of the process.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LimitsConfig {
    /// `memory`: the memory of each isolate, in bytes. 64 MB by default.
    pub memory: usize,
    /// `stack`: the stack of each isolate, in bytes. 512 KB by default.
    pub stack: usize,
    /// `cpu`: how long one request may compute. 500 ms by default.
    pub cpu: Duration,
    /// `wall`: how long one request may take. 30 s by default.
    pub wall: Duration,
    /// `load`: how long a tenant may take to be loaded, and a loading strategy to give a plugin, or to tell its keys. 10 s
    /// by default.
    pub load: Duration,
    /// `load_cpu`: how long loading a tenant may compute. 2 s by default.
    pub load_cpu: Duration,
    /// `request_bytes`: the largest body of a request. 1 MB by default.
    pub request_bytes: usize,
    /// `response_bytes`: the largest body of an answer. 16 MB by default.
    pub response_bytes: usize,
    /// `header_bytes`: the largest head of a request: its line and its headers. 16 KB by default.
    pub header_bytes: usize,
    /// `open_requests`: how many requests of one tenant may be under way. 256 by default.
    pub open_requests: usize,
    /// `operations`: how many operations (queries, fetches, timers) one isolate may have open. 256
    /// by default.
    pub operations: usize,
    /// `query_time`: how long one statement of tenants' code may take. 5 s by default.
    pub query_time: Duration,
    /// `queries`: how many statements of one tenant may be under way. 32 by default.
    pub queries: usize,
}

impl LimitsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            memory: reader.bytes("limits.memory", 64 * MB, MB..=4096 * MB),
            stack: reader.bytes("limits.stack", 512 * KB, 64 * KB..=8 * MB),
            cpu: reader.duration("limits.cpu", Duration::from_millis(500)),
            wall: reader.duration("limits.wall", Duration::from_secs(30)),
            load: reader.duration("limits.load", Duration::from_secs(10)),
            load_cpu: reader.duration("limits.load_cpu", Duration::from_secs(2)),
            request_bytes: reader.bytes("limits.request_bytes", MB, 0..=1024 * MB),
            response_bytes: reader.bytes("limits.response_bytes", 16 * MB, KB..=1024 * MB),
            header_bytes: reader.bytes("limits.header_bytes", 16 * KB, 8 * KB..=MB),
            open_requests: reader.integer("limits.open_requests", 256, 1..=1_000_000) as usize,
            operations: reader.integer("limits.operations", 256, 1..=1_000_000) as usize,
            query_time: reader.duration("limits.query_time", Duration::from_secs(5)),
            queries: reader.integer("limits.queries", 32, 1..=100_000) as usize,
        }
    }
}
