//! Section `[logger]`: what is told of tenants' work.

use crate::config::reader::Reader;

/// What is told of the server's and its tenants' work.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoggerConfig {
    /// `level`: `trace`, `debug`, `info`, `warn`, `error`, or `silent`. `info` by default.
    pub level: &'static str,
    /// `format`: lines for people, or one JSON document each. For people by default.
    pub format: LogFormat,
    /// `entries`: how many of a tenant's last lines are kept in memory, for the admin's endpoint. 200
    /// by default.
    pub entries: usize,
}

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// `"text"`: for people.
    Text,
    /// `"json"`: one JSON document a line.
    Json,
}

impl LoggerConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let levels =
            ["trace", "debug", "info", "warn", "error", "silent"].map(|level| (level, level));
        let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
        Self {
            level: reader.word("logger.level", "info", &levels),
            format: reader.word("logger.format", LogFormat::Text, &formats),
            entries: reader.integer("logger.entries", 200, 0..=100_000) as usize,
        }
    }
}
