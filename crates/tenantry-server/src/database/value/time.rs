//! Dates and times: days and microseconds since the year 2000, as ISO 8601 writes them.

use std::fmt::Write as _;

use super::binary::{Bytes, Malformed};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// From 1970 to 2000.
const EPOCH_DAYS: i64 = 10_957;
/// A Date of JavaScript's reaches so many milliseconds from 1970.
const DATE_RANGE: i64 = 8_640_000_000_000_000;

/// A `timestamptz`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Instant {
    /// Milliseconds since 1970, and microseconds beside them.
    Date(i64, i64),
    /// Beyond what a Date reaches.
    Text(String),
}

pub(super) fn timestamptz(mut bytes: Bytes<'_>) -> Result<Instant, Malformed> {
    let micros = bytes.i64()?;
    if let Some(infinity) = infinity(micros == i64::MAX, micros == i64::MIN) {
        return Ok(Instant::Text(infinity));
    }
    let millis = micros.div_euclid(1000) + EPOCH_DAYS * DAY / 1000;
    if millis.abs() <= DATE_RANGE {
        return Ok(Instant::Date(millis, micros.rem_euclid(1000)));
    }
    Ok(Instant::Text(date_and_time(micros, "Z")))
}

pub(super) fn timestamp(mut bytes: Bytes<'_>) -> Result<String, Malformed> {
    let micros = bytes.i64()?;
    let infinity = infinity(micros == i64::MAX, micros == i64::MIN);
    Ok(infinity.unwrap_or_else(|| date_and_time(micros, "")))
}

pub(super) fn date(mut bytes: Bytes<'_>) -> Result<String, Malformed> {
    let days = bytes.i32()?;
    let infinity = infinity(days == i32::MAX, days == i32::MIN);
    Ok(infinity.unwrap_or_else(|| {
        let (date, era) = calendar(i64::from(days));
        date + era
    }))
}

pub(super) fn time(mut bytes: Bytes<'_>) -> Result<String, Malformed> {
    Ok(clock(bytes.i64()?))
}

pub(super) fn timetz(mut bytes: Bytes<'_>) -> Result<String, Malformed> {
    let time = clock(bytes.i64()?);
    // West of Greenwich.
    let offset = -bytes.i32()?;
    let (sign, offset) = (if offset < 0 { '-' } else { '+' }, offset.abs());
    let (hours, minutes, seconds) = (offset / 3600, offset / 60 % 60, offset % 60);
    let seconds = if seconds == 0 { String::new() } else { format!(":{seconds:02}") };
    Ok(format!("{time}{sign}{hours:02}:{minutes:02}{seconds}"))
}

/// `P1Y2M3DT4H5M6.7S`, which PostgreSQL reads as it is.
pub(super) fn interval(mut bytes: Bytes<'_>) -> Result<String, Malformed> {
    let (micros, days, months) = (bytes.i64()?, bytes.i32()?, bytes.i32()?);
    if let Some(infinity) = infinity(
        (micros, days, months) == (i64::MAX, i32::MAX, i32::MAX),
        (micros, days, months) == (i64::MIN, i32::MIN, i32::MIN),
    ) {
        return Ok(infinity);
    }
    let mut text = String::from("P");
    for (number, unit) in [(months / 12, 'Y'), (months % 12, 'M'), (days, 'D')] {
        if number != 0 {
            let _ = write!(text, "{number}{unit}");
        }
    }
    if micros != 0 {
        text.push('T');
        for (number, unit) in [(micros / (3600 * SECOND), 'H'), (micros / (60 * SECOND) % 60, 'M')]
        {
            if number != 0 {
                let _ = write!(text, "{number}{unit}");
            }
        }
        let rest = micros % (60 * SECOND);
        if rest != 0 {
            let sign = if rest < 0 { "-" } else { "" };
            let rest = rest.unsigned_abs();
            let _ = write!(text, "{sign}{}", rest / 1_000_000);
            fraction(&mut text, rest % 1_000_000);
            text.push('S');
        }
    }
    if text.len() == 1 {
        text.push_str("T0S");
    }
    Ok(text)
}

/// Milliseconds since 1970, as PostgreSQL reads them, with microseconds beside them.
pub(super) fn from_date(millis: f64, micros: u32) -> String {
    let since = (millis as i64).saturating_mul(1000).saturating_add(i64::from(micros));
    date_and_time(since.saturating_sub(EPOCH_DAYS * DAY), "Z")
}

fn date_and_time(micros: i64, zone: &str) -> String {
    let (date, era) = calendar(micros.div_euclid(DAY));
    format!("{date}T{}{zone}{era}", clock(micros.rem_euclid(DAY)))
}

fn clock(micros: i64) -> String {
    let seconds = micros / SECOND;
    let mut text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    fraction(&mut text, micros.rem_euclid(SECOND).unsigned_abs());
    text
}

fn fraction(text: &mut String, micros: u64) {
    if micros != 0 {
        let _ = write!(text, ".{micros:06}");
        text.truncate(text.trim_end_matches('0').len());
    }
}

/// Year, month and day so many days after the first of the year 2000, and the era: PostgreSQL writes
/// years before the first with BC behind them.
fn calendar(days: i64) -> (String, &'static str) {
    // Days since the first of March of the year 0, in eras of 400 years.
    let shifted = days + EPOCH_DAYS + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (year, era) = if year > 0 { (year, "") } else { (1 - year, " BC") };
    (format!("{year:04}-{month:02}-{day:02}"), era)
}

fn infinity(positive: bool, negative: bool) -> Option<String> {
    match (positive, negative) {
        (true, _) => Some("infinity".to_owned()),
        (_, true) => Some("-infinity".to_owned()),
        _ => None,
    }
}

/// Milliseconds since 1970 as `Date.prototype.toISOString` writes them.
pub(super) fn iso(millis: f64) -> String {
    let millis = millis as i64;
    let (date, _) = calendar(millis.div_euclid(DAY / 1000) - EPOCH_DAYS);
    let time = millis.rem_euclid(DAY / 1000);
    let seconds = time / 1000;
    format!(
        "{date}T{:02}:{:02}:{:02}.{:03}Z",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        time % 1000
    )
}
