//! A tenant's own log: the last lines in memory, and each in the server's log.

use std::{
    collections::VecDeque,
    fmt::{self, Write as _},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::Value;
use tenantry_js::{LogEntry, LogLevel};
use tracing::field::display;

/// The most that is kept of one line, in bytes.
const LONGEST: usize = 16 * 1024;

/// One line of a tenant's log.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogLine {
    /// When, in UTC by RFC 3339.
    pub time: String,
    /// pino's name of the level.
    pub level: &'static str,
    /// The request it belongs to, if it belongs to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What it says.
    pub message: String,
    /// Further fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Value>,
}

/// The last lines of a tenant's log.
#[derive(Debug)]
pub(crate) struct TenantLog {
    tenant: String,
    most: usize,
    least: Option<LogLevel>,
    lines: Mutex<VecDeque<LogLine>>,
    refusals: AtomicU64,
}

impl TenantLog {
    /// Keeps so many lines of this level and above; of none where there is no level.
    pub(crate) fn new(tenant: &str, most: usize, level: &str) -> Self {
        let (tenant, least) = (tenant.to_owned(), LogLevel::parse(level));
        Self { tenant, most, least, lines: Mutex::default(), refusals: AtomicU64::new(0) }
    }

    /// Adds a line.
    pub(crate) fn add(&self, request_id: Option<&str>, entry: LogEntry) {
        if self.least.is_none_or(|least| entry.level < least) {
            return;
        }
        let message = shortened(entry.message);
        let fields = entry.fields.filter(|fields| fields.len() <= LONGEST);
        // Quoted, since a line break would let a tenant write lines of others.
        let shown = fields.as_deref().map(|fields| display(Readable(fields)));
        let tenant = &self.tenant;
        match entry.level {
            LogLevel::Trace => {
                tracing::trace!(target: "tenantry_server::tenant", tenant, request_id, fields = shown, message = ?message);
            }
            LogLevel::Debug => {
                tracing::debug!(target: "tenantry_server::tenant", tenant, request_id, fields = shown, message = ?message);
            }
            LogLevel::Info => {
                tracing::info!(target: "tenantry_server::tenant", tenant, request_id, fields = shown, message = ?message);
            }
            LogLevel::Warn => {
                tracing::warn!(target: "tenantry_server::tenant", tenant, request_id, fields = shown, message = ?message);
            }
            LogLevel::Error | LogLevel::Fatal => {
                tracing::error!(target: "tenantry_server::tenant", tenant, request_id, fields = shown, message = ?message);
            }
        }
        if self.most == 0 {
            return;
        }
        let now: DateTime<Utc> = Utc::now();
        let line = LogLine {
            time: now.to_rfc3339_opts(SecondsFormat::Millis, true),
            level: entry.level.as_str(),
            request_id: request_id.map(ToOwned::to_owned),
            message,
            fields: fields.and_then(|fields| serde_json::from_str(&fields).ok()),
        };
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == self.most {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    /// Notes, and counts, that the tenant's code has asked for something that leads out of its sandbox.
    pub(crate) fn refused(&self, request_id: Option<&str>, what: &str) {
        self.refusals.fetch_add(1, Relaxed);
        metrics::counter!("tenantry_refusals_total", "tenant" => self.tenant.clone()).increment(1);
        let message = format!("refused: {what}");
        self.add(request_id, LogEntry { level: LogLevel::Warn, message, fields: None });
    }

    /// How often that was.
    pub(crate) fn refusals(&self) -> u64 {
        self.refusals.load(Relaxed)
    }

    /// The last lines, oldest first.
    pub(crate) fn lines(&self) -> Vec<LogLine> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// JSON as it is, but for what a terminal or a reader of lines would take for something else.
struct Readable<'a>(&'a str);

impl fmt::Display for Readable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.chars() {
            match char {
                // These alone are escaped in JSON by itself, or belong to it.
                '"' | '\\' | '\'' => f.write_char(char)?,
                _ => fmt::Display::fmt(&char.escape_debug(), f)?,
            }
        }
        Ok(())
    }
}

fn shortened(mut message: String) -> String {
    if message.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| message.is_char_boundary(*end)).unwrap_or(0);
        message.truncate(end);
        message.push('…');
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_json_and_one_line_whatever_is_in_them() {
        let fields = "{\"a\":\"it's \\\"é\\\" \u{2028}\u{9b}31m\u{202e}\u{0085}\"}";
        let shown = Readable(fields).to_string();
        assert_eq!(shown, "{\"a\":\"it's \\\"é\\\" \\u{2028}\\u{9b}31m\\u{202e}\\u{85}\"}");
    }
}
