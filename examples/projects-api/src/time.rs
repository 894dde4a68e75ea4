use chrono::{NaiveDateTime, SecondsFormat};
use serde::Serializer;

/// As JavaScript's `toISOString` writes it: `2024-01-15T10:30:00.000Z`.
pub(crate) fn iso<S: Serializer>(time: &Option<NaiveDateTime>, to: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => {
            to.serialize_str(&time.and_utc().to_rfc3339_opts(SecondsFormat::Millis, true))
        }
        None => to.serialize_none(),
    }
}
