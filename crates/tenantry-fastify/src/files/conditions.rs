//! What a request asks of a file: `If-None-Match`, `If-Modified-Since`, `Range`, `If-Range`.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, NaiveDateTime};
use tenantry_js::Data;

/// What is to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Everything,
    /// From a byte to another, both included.
    Range(u64, u64),
    /// The client has it.
    Nothing,
    /// A range that the file has not.
    Unsatisfiable,
}

/// The conditions of a request, as JavaScript hands them over.
#[derive(Debug, Default)]
pub(super) struct Conditions<'a> {
    none_match: Option<&'a str>,
    modified_since: Option<&'a str>,
    range: Option<&'a str>,
    if_range: Option<&'a str>,
}

impl<'a> Conditions<'a> {
    pub(super) fn of(data: &'a Data) -> Self {
        let text = |key| data.get(key).and_then(Data::as_text);
        Self {
            none_match: text("ifNoneMatch"),
            modified_since: text("ifModifiedSince"),
            range: text("range"),
            if_range: text("ifRange"),
        }
    }

    pub(super) fn wanted(&self, tag: &str, modified: SystemTime, length: u64) -> Wanted {
        let modified = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let not_newer = |date: &str| seconds(date).is_some_and(|date| modified <= date);
        let has_it = match (self.none_match, self.modified_since) {
            (Some(tags), _) => matches(tags, tag),
            (None, Some(date)) => not_newer(date),
            (None, None) => false,
        };
        if has_it {
            return Wanted::Nothing;
        }
        let still_the_same = self.if_range.is_none_or(|state| {
            if state.contains('"') { matches(state, tag) } else { not_newer(state) }
        });
        match self.range.filter(|_| still_the_same) {
            Some(range) => self::range(range, length),
            None => Wanted::Everything,
        }
    }
}

/// Whether a list of tags has this one, weak or strong.
fn matches(tags: &str, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    tags.trim() == "*" || tags.split(',').any(|other| bare(other) == bare(tag))
}

fn seconds(date: &str) -> Option<u64> {
    let time = NaiveDateTime::parse_from_str(date.trim(), "%a, %d %b %Y %H:%M:%S GMT")
        .map(|time| time.and_utc())
        .or_else(|_| DateTime::parse_from_rfc2822(date.trim()).map(Into::into))
        .ok()?;
    u64::try_from(time.timestamp()).ok()
}

/// One range; several, or what is no range of bytes, are everything.
fn range(header: &str, length: u64) -> Wanted {
    let Some(range) = header.trim().strip_prefix("bytes=").filter(|range| !range.contains(','))
    else {
        return Wanted::Everything;
    };
    let Some((from, to)) = range.trim().split_once('-') else { return Wanted::Everything };
    let number = |text: &str| text.trim().parse::<u64>();
    let (from, to) = match (from.trim().is_empty(), to.trim().is_empty()) {
        (true, true) => return Wanted::Everything,
        // The last so many.
        (true, false) => match number(to) {
            Ok(0) => return Wanted::Unsatisfiable,
            Ok(last) => (length.saturating_sub(last), length.saturating_sub(1)),
            Err(_) => return Wanted::Everything,
        },
        (false, open) => match (number(from), number(to)) {
            (Ok(from), _) if open => (from, length.saturating_sub(1)),
            (Ok(from), Ok(to)) if from <= to => (from, to.min(length.saturating_sub(1))),
            _ => return Wanted::Everything,
        },
    };
    if from >= length { Wanted::Unsatisfiable } else { Wanted::Range(from, to) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_a_hundred_bytes() {
        for (header, expected) in [
            ("bytes=0-9", Wanted::Range(0, 9)),
            ("bytes=90-", Wanted::Range(90, 99)),
            ("bytes=-10", Wanted::Range(90, 99)),
            ("bytes=-1000", Wanted::Range(0, 99)),
            ("bytes=50-1000", Wanted::Range(50, 99)),
            ("bytes=100-", Wanted::Unsatisfiable),
            ("bytes=-0", Wanted::Unsatisfiable),
            ("bytes=9-0", Wanted::Everything),
            ("bytes=0-1,3-4", Wanted::Everything),
            ("lines=0-1", Wanted::Everything),
            ("bytes=-", Wanted::Everything),
            ("bytes=a-b", Wanted::Everything),
            ("bytes=99999999999999999999-", Wanted::Everything),
        ] {
            assert_eq!(range(header, 100), expected, "{header}");
        }
        assert_eq!(range("bytes=0-", 0), Wanted::Unsatisfiable);
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        let modified = UNIX_EPOCH + std::time::Duration::from_millis(784_111_777_500);
        let wanted = |conditions: Conditions<'_>| conditions.wanted("W/\"a-1\"", modified, 10);
        let none_match = |tags| Conditions { none_match: Some(tags), ..Conditions::default() };
        assert_eq!(wanted(none_match("\"x\", W/\"a-1\"")), Wanted::Nothing);
        assert_eq!(wanted(none_match("*")), Wanted::Nothing);
        assert_eq!(wanted(none_match("\"x\"")), Wanted::Everything);
        let since = |date| Conditions { modified_since: Some(date), ..Conditions::default() };
        assert_eq!(wanted(since("Sun, 06 Nov 1994 08:49:37 GMT")), Wanted::Nothing);
        assert_eq!(wanted(since("Sun, 06 Nov 1994 08:49:36 GMT")), Wanted::Everything);
        assert_eq!(wanted(since("yesterday")), Wanted::Everything);
        let resumed = |state| Conditions {
            range: Some("bytes=1-2"),
            if_range: Some(state),
            ..Conditions::default()
        };
        assert_eq!(wanted(resumed("W/\"a-1\"")), Wanted::Range(1, 2));
        assert_eq!(wanted(resumed("\"other\"")), Wanted::Everything);
    }
}
