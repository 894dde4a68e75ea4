//! `format`, as ajv-formats has it in its full mode.

use std::sync::LazyLock;

use super::pattern::Pattern;

/// A format that a schema names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Date,
    Time {
        zone: bool,
    },
    DateTime {
        zone: bool,
    },
    Uri,
    Ipv6,
    Byte,
    Regex,
    Int32,
    Integer64,
    /// Checked by a pattern of [`PATTERNS`].
    Pattern(usize),
    /// Known, and nothing to check: `password`, `binary`, `float`, `double`.
    Anything,
}

impl Format {
    pub(crate) fn by_name(name: &str) -> Option<Format> {
        Some(match name {
            "date" => Format::Date,
            "time" => Format::Time { zone: true },
            "date-time" => Format::DateTime { zone: true },
            "iso-time" => Format::Time { zone: false },
            "iso-date-time" => Format::DateTime { zone: false },
            "uri" => Format::Uri,
            "ipv6" => Format::Ipv6,
            "byte" => Format::Byte,
            "regex" => Format::Regex,
            "int32" => Format::Int32,
            "int64" => Format::Integer64,
            "float" | "double" | "password" | "binary" => Format::Anything,
            _ => Format::Pattern(PATTERNS.iter().position(|(known, _)| *known == name)?),
        })
    }

    /// Whether it speaks of numbers; all others are of strings.
    pub(crate) fn of_numbers(self) -> bool {
        matches!(self, Format::Int32 | Format::Integer64)
    }

    pub(crate) fn fits_number(self, number: f64) -> bool {
        match self {
            Format::Int32 => {
                number.fract() == 0.0
                    && number >= f64::from(i32::MIN)
                    && number <= f64::from(i32::MAX)
            }
            Format::Integer64 => number.fract() == 0.0,
            _ => true,
        }
    }

    pub(crate) fn fits(self, text: &str) -> bool {
        match self {
            Format::Date => is_date(text),
            Format::Time { zone } => is_time(text, zone),
            Format::DateTime { zone } => is_date_time(text, zone),
            Format::Uri => text.contains(['/', ':']) && found("uri", text),
            Format::Ipv6 => text.parse::<std::net::Ipv6Addr>().is_ok(),
            Format::Byte => is_base64(text),
            Format::Regex => !text.contains("\\Z") && Pattern::new(text).is_ok(),
            Format::Pattern(index) => is_match(index, text),
            Format::Int32 | Format::Integer64 | Format::Anything => true,
        }
    }
}

fn found(name: &str, text: &str) -> bool {
    PATTERNS.iter().position(|(known, _)| *known == name).is_some_and(|index| is_match(index, text))
}

fn is_match(index: usize, text: &str) -> bool {
    COMPILED.get(index).is_some_and(|pattern| pattern.is_match(text))
}

static COMPILED: LazyLock<Vec<Lazy>> =
    LazyLock::new(|| PATTERNS.iter().map(|(_, pattern)| Lazy::new(pattern)).collect());

/// A pattern compiled when it is first needed.
struct Lazy {
    source: String,
    compiled: std::sync::OnceLock<Option<fancy_regex::Regex>>,
}

impl Lazy {
    fn new(source: &str) -> Lazy {
        let source = source
            .replace("{HOST}", "\\[(?:[0-9a-f:]+(?:\\d{1,3}(?:\\.\\d{1,3}){3})?|v[0-9a-f]+\\.[a-z0-9\\-._~!$&'()*+,;=:]+)\\]|(?:[a-z0-9\\-._~!$&'\"()*+,;=]|%[0-9a-f]{2})*")
            .replace("{CHAR}", "(?:[a-z0-9\\-._~!$&'\"()*+,;=:@]|%[0-9a-f]{2})");
        Lazy { source, compiled: std::sync::OnceLock::new() }
    }

    fn is_match(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| fancy_regex::Regex::new(&self.source).ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(text).unwrap_or(false))
    }
}

/// Formats that are one pattern each. `{HOST}` and `{CHAR}` stand for the parts of URIs.
const PATTERNS: [(&str, &str); 12] = [
    (
        "uri",
        r"(?i)^[a-z][a-z0-9+\-.]*:(?:/?/(?:(?:[a-z0-9\-._~!$&'()*+,;=:]|%[0-9a-f]{2})*@)?(?:{HOST})(?::[0-9]*)?(?:/{CHAR}*)*|/(?:{CHAR}+(?:/{CHAR}*)*)?|{CHAR}+(?:/{CHAR}*)*)(?:\?(?:{CHAR}|[/?])*)?(?:#(?:{CHAR}|[/?])*)?\z",
    ),
    (
        "uri-reference",
        r"(?i)^(?:[a-z][a-z0-9+\-.]*:)?(?:/?/(?:(?:[a-z0-9\-._~!$&'()*+,;=:]|%[0-9a-f]{2})*@)?(?:{HOST})(?::[0-9]*)?(?:/{CHAR}*)*|/(?:{CHAR}+(?:/{CHAR}*)*)?|{CHAR}+(?:/{CHAR}*)*)?(?:\?(?:{CHAR}|[/?])*)?(?:#(?:{CHAR}|[/?])*)?\z",
    ),
    (
        "uri-template",
        r##"(?i)^(?:[^\x00-\x20"'<>%\\^`{|}]|%[0-9a-f]{2}|\{[+#./;?&=,!@|]?(?:[a-z0-9_]|%[0-9a-f]{2})+(?::[1-9][0-9]{0,3}|\*)?(?:,(?:[a-z0-9_]|%[0-9a-f]{2})+(?::[1-9][0-9]{0,3}|\*)?)*\})*\z"##,
    ),
    (
        "url",
        r"(?i)^(?:https?|ftp)://(?:\S+(?::\S*)?@)?(?:(?!(?:10|127)(?:\.[0-9]{1,3}){3})(?!(?:169\.254|192\.168)(?:\.[0-9]{1,3}){2})(?!172\.(?:1[6-9]|2[0-9]|3[01])(?:\.[0-9]{1,3}){2})(?:[1-9][0-9]?|1[0-9][0-9]|2[01][0-9]|22[0-3])(?:\.(?:1?[0-9]{1,2}|2[0-4][0-9]|25[0-5])){2}(?:\.(?:[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-4]))|(?:(?:[a-z0-9\x{a1}-\x{ffff}]+-)*[a-z0-9\x{a1}-\x{ffff}]+)(?:\.(?:[a-z0-9\x{a1}-\x{ffff}]+-)*[a-z0-9\x{a1}-\x{ffff}]+)*\.[a-z\x{a1}-\x{ffff}]{2,})(?::[0-9]{2,5})?(?:/[^\s]*)?\z",
    ),
    (
        "email",
        r"(?i)^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\z",
    ),
    (
        "hostname",
        r"(?i)^(?=.{1,253}\.?\z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-0-9a-z]{0,61}[0-9a-z])?)*\.?\z",
    ),
    (
        "ipv4",
        r"^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\z",
    ),
    ("uuid", r"(?i)^(?:urn:uuid:)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\z"),
    ("json-pointer", r"^(?:/(?:[^~/]|~0|~1)*)*\z"),
    (
        "json-pointer-uri-fragment",
        r"(?i)^#(?:/(?:[a-z0-9_\-.!$&'()*+,;:=@]|%[0-9a-f]{2}|~0|~1)*)*\z",
    ),
    ("relative-json-pointer", r"^(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^~/]|~0|~1)*)*)\z"),
    (
        "duration",
        r"^P(?!\z)(?:(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?(?:T(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+S)?)?|(?:[0-9]+W)?)\z",
    ),
];

fn digits(text: &str, length: usize) -> Option<u32> {
    (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let (Some(year), Some(month), Some(day)) = (digits(year, 4), digits(month, 2), digits(day, 2))
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

fn is_time(text: &str, zone: bool) -> bool {
    time(text, zone).unwrap_or(false)
}

/// `hh:mm:ss[.fraction][Z|±hh[[:]mm]]`; 60 seconds only where that is 23:59:60 in UTC.
fn time(text: &str, zone_needed: bool) -> Option<bool> {
    let hours = digits(text.get(0..2)?, 2)?;
    let minutes = digits(text.get(3..5)?, 2)?;
    let seconds = digits(text.get(6..8)?, 2)?;
    if text.as_bytes().get(2) != Some(&b':') || text.as_bytes().get(5) != Some(&b':') {
        return None;
    }
    let mut rest = text.get(8..)?;
    if let Some(fraction) = rest.strip_prefix('.') {
        let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
        if end == 0 {
            return None;
        }
        rest = &fraction[end..];
    }
    let (sign, zone_hours, zone_minutes) = match rest.as_bytes() {
        [] if zone_needed => return Some(false),
        [] | [b'z' | b'Z'] => (1, 0, 0),
        [sign @ (b'+' | b'-'), ..] => {
            let offset = &rest[1..];
            let (hours, minutes) = match offset.len() {
                2 => (offset, "00"),
                4 => offset.split_at_checked(2)?,
                5 => offset.split_once(':').filter(|(hours, _)| hours.len() == 2)?,
                _ => return None,
            };
            (
                if *sign == b'-' { -1 } else { 1 },
                i64::from(digits(hours, 2)?),
                i64::from(digits(minutes, 2)?),
            )
        }
        _ => return None,
    };
    if zone_hours > 23 || zone_minutes > 59 {
        return Some(false);
    }
    if hours <= 23 && minutes <= 59 && seconds < 60 {
        return Some(true);
    }
    let utc_minutes = i64::from(minutes) - zone_minutes * sign;
    let utc_hours = i64::from(hours) - zone_hours * sign - i64::from(utc_minutes < 0);
    Some(
        (utc_hours == 23 || utc_hours == -1)
            && (utc_minutes == 59 || utc_minutes == -1)
            && seconds < 61,
    )
}

fn is_date_time(text: &str, zone: bool) -> bool {
    let parts: Vec<&str> =
        text.split(|c: char| c == 't' || c == 'T' || super::number::is_space(c)).collect();
    matches!(parts[..], [date, time] if is_date(date) && is_time(time, zone))
}

/// Base64 with padding, in any line of the text, as ajv-formats looks for it.
fn is_base64(text: &str) -> bool {
    text.split(['\n', '\r', '\u{2028}', '\u{2029}']).any(|line| {
        let body = line.strip_suffix("==").or_else(|| line.strip_suffix('=')).unwrap_or(line);
        line.len().is_multiple_of(4)
            && line.len() - body.len() <= 2
            && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
    })
}
