//! Section `[database]`: how tenants' code reaches its data. How long statements may take, and how many
//! there may be, is with the other limits.

use std::time::Duration;

use crate::config::reader::Reader;

const MB: usize = 1 << 20;

/// How tenants' code reaches its data.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CodeDatabaseConfig {
    /// `naming`: whether columns' names come to JavaScript in camelCase (`"camelCase"`), or as the tables have
    /// them (`"as-is"`, the default).
    pub camel_case: bool,
    /// `integers`: how `int8` comes to JavaScript. `"auto"` by default: a number where nothing is lost by that, else a
    /// bigint; `"bigint"` or `"string"`: always so.
    pub integers: &'static str,
    /// `max_rows`: how many rows a result may have. 10,000 by default.
    pub max_rows: usize,
    /// `max_bytes`: how many bytes a result may have. 8 MB by default.
    pub max_bytes: usize,
    /// `transaction_time`: how long a transaction may be open. 10 s by default.
    pub transaction_time: Duration,
    /// `queries_per_request`: how many statements of one request may be under way. 4 by default.
    pub queries_per_request: usize,
    /// `functions`: functions of extensions that `db.query` may call, beside those known to be harmless.
    pub functions: Vec<String>,
    /// `role`: the role that tenants' statements run as, such as `tenant_{id}`. None by default.
    pub role: Option<String>,
}

impl CodeDatabaseConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let role = reader.parsed("database.role", |role| match role.matches("{id}").count() {
            1 => Ok(role.to_owned()),
            _ => Err("allowed is text with exactly one {id}".to_owned()),
        });
        Self {
            camel_case: reader.word(
                "database.naming",
                false,
                &[("as-is", false), ("camelCase", true)],
            ),
            integers: reader.word(
                "database.integers",
                "auto",
                &[("auto", "auto"), ("bigint", "bigint"), ("string", "string")],
            ),
            max_rows: reader.integer("database.max_rows", 10_000, 1..=10_000_000) as usize,
            max_bytes: reader.bytes("database.max_bytes", 8 * MB, 1 << 10..=1024 * MB),
            transaction_time: reader.duration("database.transaction_time", Duration::from_secs(10)),
            queries_per_request: reader.integer("database.queries_per_request", 4, 1..=1_000)
                as usize,
            functions: reader.texts("database.functions").unwrap_or_default(),
            role,
        }
    }
}
