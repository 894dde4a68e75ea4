//! How large a pattern becomes when it is compiled, told from its text: `(a{900}){900}` is short.

use std::iter::Peekable;
use std::str::Chars;

/// States of a class that is not of ASCII alone.
const WIDE: usize = 15;
/// States of a property of Unicode.
const PROPERTY: usize = 300;

/// About how many states an ECMAScript pattern has, with all its repetitions written out.
pub(crate) fn states(pattern: &str) -> usize {
    let mut chars = pattern.chars().peekable();
    let mut groups = vec![Group::default()];
    while let Some(c) = chars.next() {
        let item = match c {
            '(' => {
                groups.push(Group::default());
                continue;
            }
            ')' if groups.len() > 1 => groups.pop().map_or(0, |group| group.all.saturating_add(1)),
            '{' => {
                if let Some(group) = groups.last_mut() {
                    group.repeat(times(&mut chars));
                }
                continue;
            }
            '*' | '+' | '?' => continue,
            '[' => class(&mut chars),
            '\\' => escape(&mut chars),
            '.' => WIDE,
            c => c.len_utf8(),
        };
        if let Some(group) = groups.last_mut() {
            group.push(item);
        }
    }
    groups.iter().fold(0, |all, group| all.saturating_add(group.all))
}

/// The states of a group so far, and those of its last item, which is what a repetition repeats.
#[derive(Default)]
struct Group {
    all: usize,
    last: usize,
}

impl Group {
    fn push(&mut self, item: usize) {
        self.all = self.all.saturating_add(item);
        self.last = item;
    }

    fn repeat(&mut self, times: usize) {
        self.all = self.all.saturating_add(self.last.saturating_mul(times.saturating_sub(1)));
        self.last = self.last.saturating_mul(times);
    }
}

/// How often `{n}`, `{n,}` or `{n,m}` repeats, after its first brace.
fn times(chars: &mut Peekable<Chars<'_>>) -> usize {
    let text: String = chars.by_ref().take_while(|c| *c != '}').collect();
    text.split(',').filter_map(|count| count.parse().ok()).max().unwrap_or(1)
}

/// The states of what an escape stands for, after its backslash.
fn escape(chars: &mut Peekable<Chars<'_>>) -> usize {
    match chars.next() {
        Some('p' | 'P') => {
            skip_braces(chars);
            PROPERTY
        }
        Some('u') => {
            skip_braces(chars);
            4
        }
        Some('D' | 'W' | 'S' | 's' | 'b' | 'B') => WIDE,
        _ => 1,
    }
}

fn skip_braces(chars: &mut Peekable<Chars<'_>>) {
    if chars.next_if_eq(&'{').is_some() {
        chars.by_ref().take_while(|c| *c != '}').for_each(drop);
    }
}

/// The states of a class, after its first bracket.
fn class(chars: &mut Peekable<Chars<'_>>) -> usize {
    let mut most = if chars.next_if_eq(&'^').is_some() { WIDE } else { 1 };
    while let Some(c) = chars.next() {
        let item = match c {
            ']' => break,
            '\\' => escape(chars),
            c if c.is_ascii() => 1,
            _ => WIDE,
        };
        most = most.max(item);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_are_written_out() {
        for (pattern, expected) in [
            ("", 0),
            ("abc", 3),
            ("a{900}", 900),
            ("a{2,5}", 5),
            ("a{3,}b", 4),
            ("(a{9}){10}", 100),
            ("(?:a{9}){10}", 110),
            ("^[a-z]{8}$", 10),
            ("[]{}", 1),
            ("[^a]{2}", 30),
            ("\\u{1f600}{2}", 8),
            ("\\p{Lu}{2}", 600),
            ("a+b*c?", 3),
        ] {
            assert_eq!(states(pattern), expected, "{pattern}");
        }
        assert!(states("((a{900}){900}){900}") > 700_000_000);
        assert_eq!(states(&format!("{}a{}", "(".repeat(9), "){999999999}".repeat(9))), usize::MAX);
        assert_eq!(states(")))((("), 3);
    }
}
