use std::time::Duration;

use crate::{lint::Rule, script::suggestion::suggestion};

/// What a comment says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Directive {
    NoTransaction,
    LockTimeout(Duration),
    StatementTimeout(Duration),
    Allow(Vec<Rule>),
}

const KNOWN: [&str; 4] = ["no-transaction", "lock_timeout", "statement_timeout", "allow"];

const FORMS: &str = "There are: no-transaction; lock_timeout = 2s; statement_timeout = 5min; allow RULE because REASON";

/// Reads what follows `-- tenantry:`.
pub(super) fn parse(words: &str) -> Result<Directive, String> {
    let end = words.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(words.len());
    let (name, rest) = words.split_at(end);
    let rest = rest.trim();
    match name {
        "no-transaction" if rest.is_empty() => Ok(Directive::NoTransaction),
        "no-transaction" => Err(format!("no-transaction says it all; what is {rest:?}?")),
        "lock_timeout" => Ok(Directive::LockTimeout(value(name, rest)?)),
        "statement_timeout" => Ok(Directive::StatementTimeout(value(name, rest)?)),
        "allow" => allow(rest),
        "" => Err(format!("it says nothing. {FORMS}")),
        _ => Err(match suggestion(name, &KNOWN) {
            Some(meant) => format!("there is no directive {name:?}; did you mean {meant}?"),
            None => format!("there is no directive {name:?}. {FORMS}"),
        }),
    }
}

fn value(name: &str, rest: &str) -> Result<Duration, String> {
    let value = rest.strip_prefix('=').map(str::trim);
    value.and_then(duration).ok_or_else(|| {
        format!("write a time with its unit, ms, s, min or h, such as: {name} = 2s (0 is as long as it takes)")
    })
}

/// A time as PostgreSQL writes it, up to the longest it knows.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim() {
        "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        "" if number == 0 => 1,
        _ => return None,
    };
    let milliseconds = number.checked_mul(unit).filter(|number| *number <= 2_147_483_647)?;
    Some(Duration::from_millis(milliseconds))
}

fn allow(rest: &str) -> Result<Directive, String> {
    let Some((names, reason)) = rest.split_once("because") else {
        return Err("say why: -- tenantry: allow RULE because REASON".to_owned());
    };
    if !reason.chars().any(char::is_alphanumeric) {
        return Err("say why, after because".to_owned());
    }
    let rules: Vec<Rule> = names
        .split([',', ' '])
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| Rule::named(name).ok_or_else(|| unknown(name)))
        .collect::<Result<_, _>>()?;
    if rules.is_empty() {
        return Err("say which rule: -- tenantry: allow RULE because REASON".to_owned());
    }
    Ok(Directive::Allow(rules))
}

fn unknown(name: &str) -> String {
    let names: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    match suggestion(name, &names) {
        Some(meant) => format!("there is no rule {name:?}; did you mean {meant}?"),
        None => format!("there is no rule {name:?}; tenantry lint --rules lists them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(parse("lock_timeout = 2s"), Ok(Directive::LockTimeout(Duration::from_secs(2))));
        assert_eq!(
            parse("lock_timeout=500 ms"),
            Ok(Directive::LockTimeout(Duration::from_millis(500)))
        );
        let five = Directive::StatementTimeout(Duration::from_secs(300));
        assert_eq!(parse("statement_timeout = 5min"), Ok(five));
        assert_eq!(parse("lock_timeout = 0"), Ok(Directive::LockTimeout(Duration::ZERO)));
        for wrong in ["2", "s", "2d", "-1s", "99999h", "2s 3", ""] {
            assert!(parse(&format!("lock_timeout = {wrong}")).is_err(), "{wrong}");
        }
        assert!(parse("lock_timeout 2s").is_err());
    }

    #[test]
    fn what_is_allowed_has_a_reason() {
        let parsed = parse("allow drop-column, drop-table because nobody reads it");
        assert_eq!(parsed, Ok(Directive::Allow(vec![Rule::DropColumn, Rule::DropTable])));
        for wrong in [
            "allow",
            "allow drop-column",
            "allow drop-column because",
            "allow because so",
            "allow x because y",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
