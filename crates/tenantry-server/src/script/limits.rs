//! What a tenant may use: what the server allows, or less where its own configuration says so.

use std::{path::Path, time::Duration};

use serde_json::Value;
use tenantry::config::LimitsConfig;
use tenantry_fastify::{ConfigSource, PartError};

/// What a tenant may use. Its own configuration may lower what the server allows, and never raise it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TenantLimits {
    pub(super) memory: usize,
    pub(super) stack: usize,
    pub(super) cpu: Duration,
    pub(super) wall: Duration,
    pub(super) response_bytes: usize,
    pub(super) open_requests: usize,
    pub(super) operations: usize,
}

impl TenantLimits {
    pub(super) fn of(limits: &LimitsConfig) -> Self {
        Self {
            memory: limits.memory,
            stack: limits.stack,
            cpu: limits.cpu,
            wall: limits.wall,
            response_bytes: limits.response_bytes,
            open_requests: limits.open_requests,
            operations: limits.operations,
        }
    }

    /// With what `limits` in a tenant's configuration says: sizes in bytes or as `"16MB"`, times in
    /// milliseconds or as `"100ms"`.
    pub(super) fn lowered(&self, config: &Value, errors: &mut Vec<PartError>) -> Self {
        let mut lowered = self.clone();
        let Some(limits) = config.get("limits") else {
            return lowered;
        };
        let Some(limits) = limits.as_object() else {
            errors.push(wrong("limits", limits, "an object"));
            return lowered;
        };
        for (key, value) in limits {
            let is_known = match key.as_str() {
                "memory" => lower(&mut lowered.memory, bytes(value)),
                "stack" => lower(&mut lowered.stack, bytes(value)),
                "cpu" => lower(&mut lowered.cpu, time(value)),
                "wall" => lower(&mut lowered.wall, time(value)),
                "responseBytes" | "response_bytes" => {
                    lower(&mut lowered.response_bytes, bytes(value))
                }
                "openRequests" | "open_requests" => lower(&mut lowered.open_requests, count(value)),
                "operations" => lower(&mut lowered.operations, count(value)),
                _ => {
                    errors.push(unknown(key));
                    continue;
                }
            };
            if !is_known {
                let allowed = "a size such as 65536 or \"16MB\", a time such as 100 (milliseconds) or \
                               \"100ms\", or a number above 0";
                errors.push(wrong(&format!("limits.{key}"), value, allowed));
            }
        }
        lowered
    }
}

fn wrong(key: &str, value: &Value, allowed: &str) -> PartError {
    told(format!("{key} = {value}: allowed is {allowed}"))
}

fn unknown(key: &str) -> PartError {
    let known = "memory, stack, cpu, wall, responseBytes, openRequests, operations";
    told(format!("limits.{key}: there is no such limit; there are {known}"))
}

fn told(message: String) -> PartError {
    let (part, file) = ("config".to_owned(), "config".to_owned());
    PartError { part, file, line: None, column: None, message }
}

/// Says in which file of a tenant's an error of [`TenantLimits::lowered`] is, and where, if the key
/// stands there as it is called.
pub(super) fn placed(mut error: PartError, root: &Path, config: &ConfigSource) -> PartError {
    let is_there = |file: &&str| root.join(file).is_file();
    let file = match config {
        ConfigSource::Module(file) => file,
        _ => match ["config.json", "config.toml"].iter().copied().find(is_there) {
            Some(file) => file,
            None => return error,
        },
    };
    file.clone_into(&mut error.file);
    let text = std::fs::read_to_string(root.join(file)).unwrap_or_default();
    let key = error.message.split([' ', ':']).next().unwrap_or_default();
    let mut at = Some(0);
    for word in key.split('.') {
        at = at.and_then(|at| Some(at + text.get(at..)?.find(word)?));
    }
    if let Some((before, _)) = at.and_then(|at| text.split_at_checked(at)) {
        let (line, column) = (before.matches('\n').count(), before.rsplit('\n').next());
        let column = column.map_or(0, |line| line.chars().count());
        error.line = u32::try_from(line + 1).ok();
        error.column = u32::try_from(column + 1).ok();
    }
    error
}

/// Whether there was a value at all.
fn lower<T: Ord>(limit: &mut T, to: Option<T>) -> bool {
    match to {
        Some(to) => {
            if to < *limit {
                *limit = to;
            }
            true
        }
        None => false,
    }
}

fn count(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|count| usize::try_from(count).ok()).filter(|count| *count > 0)
}

fn bytes(value: &Value) -> Option<usize> {
    let Some(text) = value.as_str() else {
        return count(value);
    };
    let units = [("KB", 1 << 10), ("MB", 1 << 20), ("GB", 1 << 30), ("B", 1), ("", 1)];
    let (number, unit) =
        units.iter().find_map(|(unit, size)| Some((text.strip_suffix(unit)?, *size)))?;
    number.trim().parse::<usize>().ok()?.checked_mul(unit).filter(|bytes| *bytes > 0)
}

fn time(value: &Value) -> Option<Duration> {
    let time = match value.as_str() {
        Some(text) => {
            let text = text.trim();
            let (number, unit) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
                (Some(number), _) => (number, 1),
                (None, Some(number)) => (number, 1000),
                (None, None) => return None,
            };
            Duration::from_millis(number.trim().parse::<u64>().ok()?.checked_mul(unit)?)
        }
        None => Duration::from_millis(value.as_u64()?),
    };
    Some(time).filter(|time| !time.is_zero())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn base() -> TenantLimits {
        TenantLimits {
            memory: 64 << 20,
            stack: 1 << 19,
            cpu: Duration::from_millis(500),
            wall: Duration::from_secs(30),
            response_bytes: 1 << 24,
            open_requests: 256,
            operations: 256,
        }
    }

    #[test]
    fn a_tenant_may_lower_its_limits_and_not_raise_them() {
        let mut errors = Vec::new();
        let config = json!({"limits": {
            "memory": "16MB", "cpu": 100, "wall": "3s", "openRequests": 1000, "operations": 10,
        }});
        let lowered = base().lowered(&config, &mut errors);
        assert!(errors.is_empty());
        assert_eq!(lowered.memory, 16 << 20);
        assert_eq!(
            (lowered.cpu, lowered.wall),
            (Duration::from_millis(100), Duration::from_secs(3))
        );
        assert_eq!((lowered.open_requests, lowered.operations), (256, 10));
    }

    #[test]
    fn what_is_no_limit_is_told() {
        let mut errors = Vec::new();
        let config = json!({"limits": {"memory": -1, "cpu": "soon", "colour": 3}});
        assert_eq!(base().lowered(&config, &mut errors), base());
        let told: Vec<&str> =
            errors.iter().map(|error| error.message.split(':').next().unwrap()).collect();
        assert_eq!(told, ["limits.colour", "limits.cpu = \"soon\"", "limits.memory = -1"]);
        let folder = tempfile::tempdir().unwrap();
        let text = "module.exports = {\n  limits: { memory: -1,\n    cpu: 'soon', colour: 3 } }";
        std::fs::write(folder.path().join("config.js"), text).unwrap();
        let source = ConfigSource::Module("config.js".to_owned());
        let places: Vec<_> = errors
            .into_iter()
            .map(|error| placed(error, folder.path(), &source))
            .map(|error| (error.file, error.line, error.column))
            .collect();
        let place = |line, column| ("config.js".to_owned(), Some(line), Some(column));
        assert_eq!(places, [place(3, 18), place(3, 5), place(2, 13)]);
    }
}
