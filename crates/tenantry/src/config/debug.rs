//! Section `[debug]`: what is told about the work as it happens.

use std::time::Duration;

use super::reader::Reader;

/// What is told, through `tracing`, about the work as it happens. Nothing by default.
///
/// ```
/// use std::time::Duration;
/// use tenantry::DebugConfig;
///
/// let debug = DebugConfig {
///     enabled: true,
///     slow_query_threshold: Duration::from_millis(200),
///     ..DebugConfig::default()
/// };
/// assert!(debug.logs_queries());
/// assert_eq!(debug.slow_query(), Some(Duration::from_millis(200)));
/// assert_eq!(DebugConfig::default().slow_query(), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DebugConfig {
    /// `enabled`: whether anything is told at all. Off by default.
    pub enabled: bool,
    /// `log_queries`: whether every statement is told, with its tenant and how long it took, but
    /// without its parameters. On by default, once `enabled`.
    pub log_queries: bool,
    /// `log_pool_events`: whether it is told that tenants' pools begin and end and that
    /// connections open and close. On by default, once `enabled`.
    pub log_pool_events: bool,
    /// `slow_query_threshold`: a statement that takes this long is told as a warning. 1 s by
    /// default, once `enabled`.
    pub slow_query_threshold: Duration,
}

impl Default for DebugConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            log_queries: true,
            log_pool_events: true,
            slow_query_threshold: Duration::from_secs(1),
        }
    }
}

impl DebugConfig {
    /// Whether statements are told.
    pub fn logs_queries(&self) -> bool {
        self.enabled && self.log_queries
    }

    /// Whether events of pools are told.
    pub fn logs_pool_events(&self) -> bool {
        self.enabled && self.log_pool_events
    }

    /// From when on a statement is slow; none while debugging is off.
    pub fn slow_query(&self) -> Option<Duration> {
        self.enabled.then_some(self.slow_query_threshold)
    }

    pub(super) fn read(reader: &mut Reader) -> Self {
        let default = Self::default();
        Self {
            enabled: reader.boolean("debug.enabled", default.enabled),
            log_queries: reader.boolean("debug.log_queries", default.log_queries),
            log_pool_events: reader.boolean("debug.log_pool_events", default.log_pool_events),
            slow_query_threshold: reader
                .duration("debug.slow_query_threshold", default.slow_query_threshold),
        }
    }
}
