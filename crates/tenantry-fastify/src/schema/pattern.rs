//! ECMAScript's regular expressions, bounded.
//!
//! A pattern without look-around and back-references runs in linear time. Others backtrack, and stop after
//! [`STEPS`] steps: an error, not an answer.

mod states;

use super::number::is_space;
pub(crate) use states::states;

/// How often a pattern may backtrack before it is given up.
const STEPS: usize = 200_000;
/// How large, in bytes, each part of a compiled pattern may be that needs no going back.
const SIZE: usize = 1 << 20;
/// How many bytes the automaton of such a part may keep while it runs. With less it begins anew more often.
const CACHE: usize = 64 << 10;
/// How many states a pattern may have, in all its parts.
const STATES: usize = 40_000;
/// The parts of a schema that a pattern counts for, beside its states.
const PARTS: usize = 500;
/// How long a pattern's text may be.
const LENGTH: usize = 8 << 10;

/// A compiled `pattern`.
#[derive(Debug)]
pub(crate) struct Pattern {
    regex: fancy_regex::Regex,
    states: usize,
}

/// A pattern needed too many steps for this text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooManySteps;

impl Pattern {
    /// Compiles an ECMAScript pattern, as with the flag `u`.
    pub(crate) fn new(pattern: &str) -> Result<Pattern, String> {
        let invalid = |reason: &str| format!("Invalid regular expression: /{pattern}/u: {reason}");
        if pattern.len() > LENGTH {
            return Err(format!("Invalid regular expression: longer than {LENGTH} bytes"));
        }
        let states = states(pattern);
        if states > STATES {
            return Err(invalid(&format!("it has more than {STATES} states")));
        }
        let translated = translate(pattern).map_err(|reason| invalid(&reason))?;
        fancy_regex::RegexBuilder::new(&translated)
            .backtrack_limit(STEPS)
            .delegate_size_limit(SIZE)
            .delegate_dfa_size_limit(CACHE)
            .build()
            .map(|regex| Pattern { regex, states })
            .map_err(|error| invalid(&error.to_string()))
    }

    /// How many parts of a schema it counts for.
    pub(crate) fn parts(&self) -> usize {
        PARTS + self.states
    }

    /// Whether the pattern is found in a text.
    pub(crate) fn is_match(&self, text: &str) -> Result<bool, TooManySteps> {
        self.regex.is_match(text).map_err(|_| TooManySteps)
    }
}

/// Writes an ECMAScript pattern in the words of the `regex` crate.
fn translate(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut chars = pattern.chars().peekable();
    let mut class = false;
    while let Some(c) = chars.next() {
        match (c, class) {
            ('\\', _) => escape(&mut chars, class, &mut out)?,
            ('[', false) => {
                let negated = chars.next_if_eq(&'^').is_some();
                if chars.next_if_eq(&']').is_some() {
                    // `[]` matches nothing, `[^]` anything.
                    out.push_str(if negated { "(?s:.)" } else { "[^\\x{0}-\\x{10ffff}]" });
                } else {
                    class = true;
                    out.push_str(if negated { "[^" } else { "[" });
                }
            }
            (']', true) => {
                class = false;
                out.push(']');
            }
            ('[' | '&' | '~', true) => {
                out.push('\\');
                out.push(c);
            }
            // The end of a class or a range stays as it is; a hyphen beside a hyphen would be an operator there.
            ('-', true) if chars.peek() == Some(&'-') => out.push_str("\\-"),
            ('.', false) => out.push_str("[^\\n\\r\\x{2028}\\x{2029}]"),
            ('$', false) => out.push_str("\\z"),
            // Braces that are no quantifier are errors with the flag `u`, and here.
            _ => out.push(c),
        }
    }
    if class {
        return Err("Unterminated character class".to_owned());
    }
    Ok(out)
}

fn escape(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    class: bool,
    out: &mut String,
) -> Result<(), String> {
    let Some(c) = chars.next() else { return Err("\\ at end of pattern".to_owned()) };
    match c {
        'd' => out.push_str(if class { "0-9" } else { "[0-9]" }),
        'D' => out.push_str("[^0-9]"),
        'w' => out.push_str(if class { "A-Za-z0-9_" } else { "[A-Za-z0-9_]" }),
        'W' => out.push_str("[^A-Za-z0-9_]"),
        's' => {
            let ranges = spaces();
            if class { out.push_str(&ranges) } else { out.push_str(&format!("[{ranges}]")) }
        }
        'S' => out.push_str(&format!("[^{}]", spaces())),
        'b' if class => out.push_str("\\x08"),
        'b' => {
            out.push_str("(?:(?<=[A-Za-z0-9_])(?![A-Za-z0-9_])|(?<![A-Za-z0-9_])(?=[A-Za-z0-9_]))")
        }
        'B' if !class => {
            out.push_str("(?:(?<=[A-Za-z0-9_])(?=[A-Za-z0-9_])|(?<![A-Za-z0-9_])(?![A-Za-z0-9_]))")
        }
        't' | 'n' | 'r' | 'f' | 'v' => {
            out.push('\\');
            out.push(c);
        }
        '0' if !chars.peek().is_some_and(char::is_ascii_digit) => out.push_str("\\x00"),
        'c' => match chars.next() {
            Some(letter) if letter.is_ascii_alphabetic() => push_code(u32::from(letter) % 32, out),
            _ => return Err("Invalid unicode escape".to_owned()),
        },
        'x' => push_code(digits(chars, 2)?, out),
        'u' => push_code(unicode(chars)?, out),
        'p' | 'P' | 'k' => {
            out.push('\\');
            out.push(c);
        }
        '1'..='9' if !class => {
            out.push('\\');
            out.push(c);
        }
        '^' | '$' | '\\' | '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' => {
            out.push('\\');
            out.push(c);
        }
        '/' => out.push('/'),
        '-' if class => out.push_str("\\-"),
        _ => return Err("Invalid escape".to_owned()),
    }
    Ok(())
}

fn push_code(code: u32, out: &mut String) {
    out.push_str(&format!("\\x{{{code:x}}}"));
}

fn digits(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    count: usize,
) -> Result<u32, String> {
    let text: String = chars.by_ref().take(count).collect();
    match u32::from_str_radix(&text, 16) {
        Ok(code) if text.len() == count => Ok(code),
        _ => Err("Invalid escape".to_owned()),
    }
}

/// What follows `\u`: four digits, two such halves of a pair, or a code in braces.
fn unicode(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<u32, String> {
    let invalid = || "Invalid Unicode escape".to_owned();
    let code = if chars.next_if_eq(&'{').is_some() {
        let text: String = chars.by_ref().take_while(|c| *c != '}').collect();
        u32::from_str_radix(&text, 16).map_err(|_| invalid())?
    } else {
        let first = digits(chars, 4)?;
        if (0xd800..0xdc00).contains(&first) {
            if chars.next() != Some('\\') || chars.next() != Some('u') {
                return Err(invalid());
            }
            let second = digits(chars, 4)?;
            if !(0xdc00..0xe000).contains(&second) {
                return Err(invalid());
            }
            0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
        } else {
            first
        }
    };
    char::from_u32(code).map(u32::from).ok_or_else(invalid)
}

/// ECMAScript's white space as ranges of a class.
fn spaces() -> String {
    let mut out = String::from("\\t-\\r");
    for c in " \u{a0}\u{1680}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{feff}".chars() {
        debug_assert!(is_space(c));
        push_code(u32::from(c), &mut out);
    }
    out.push_str("\\x{2000}-\\x{200a}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).expect(pattern).is_match(text).expect(text)
    }

    #[test]
    fn patterns_mean_what_they_mean_in_javascript() {
        for (pattern, text, expected) in [
            ("^\\d+$", "12", true),
            ("^\\d+$", "١٢", false),
            ("^\\w$", "é", false),
            ("^.$", "\u{2028}", false),
            ("^a$", "a\n", false),
            ("\\bfoo\\b", "a foo b", true),
            ("\\bfoo\\b", "éfoo", true),
            ("^[\\w.-]+$", "a-b.c", true),
            ("^[^]$", "\n", true),
            ("[]", "a", false),
            ("^[[&&]$", "&", true),
            ("^[a\\-z]$", "-", true),
            ("^\\/a$", "/a", true),
            ("^\\u{1f600}$", "😀", true),
            ("^\\ud83d\\ude00$", "😀", true),
            ("^(a)\\1$", "aa", true),
            ("^(?<x>a)\\k<x>$", "aa", true),
            (
                "^(?=.*[a-z])(?=.*[A-Z])(?=.*\\d)(?=.*[@$!%*?&])[A-Za-z\\d@$!%*?&]",
                "Password123!",
                true,
            ),
            (
                "^(?=.*[a-z])(?=.*[A-Z])(?=.*\\d)(?=.*[@$!%*?&])[A-Za-z\\d@$!%*?&]",
                "password",
                false,
            ),
            ("^[\\s\\S]$", "\u{feff}", true),
            ("^\\p{Lu}$", "É", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "/{pattern}/ on {text:?}");
        }
    }

    #[test]
    fn what_javascript_refuses_is_refused() {
        for pattern in ["[", "(", "a**", "\\", "\\e", "\\u12", "\\ud800", "[b-a]"] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_explodes_is_given_up() {
        let pattern = Pattern::new("^(?=(a+)+$)(a+)+\\1$").expect("a pattern");
        assert_eq!(pattern.is_match(&format!("{}!", "a".repeat(64))), Ok(false));
        let pattern = Pattern::new("^(?:(a|a|b)*)*\\1c$").expect("a pattern");
        assert_eq!(pattern.is_match(&format!("{}!", "a".repeat(64))), Err(TooManySteps));
        assert!(Pattern::new("((a{500}){500}){500}").is_err());
    }
}
