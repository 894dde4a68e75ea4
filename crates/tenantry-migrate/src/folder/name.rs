/// What the name of an entry in a folder of migrations says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FileName {
    /// A migration with this number.
    Migration(i64),
    /// Something else, which may be here.
    Other,
    /// Somebody takes it for a migration, and it cannot be one.
    Mistake(&'static str),
}

/// The longest name that the ledger holds.
const LONGEST: usize = 200;

/// Ends of names that editors and merges leave beside a file.
const LEFTOVERS: [&str; 7] = ["~", ".bak", ".orig", ".rej", ".swo", ".swp", ".tmp"];

pub(super) fn read(name: &str, is_file: bool) -> FileName {
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    let begins_like_one = digits > 0 && name[digits..].starts_with('_');
    if !is_file {
        return if begins_like_one {
            FileName::Mistake("it is not a file; a migration is one file, such as 0001_users.sql")
        } else {
            FileName::Other
        };
    }
    if name.starts_with('.') || LEFTOVERS.iter().any(|end| name.ends_with(end)) {
        return FileName::Other;
    }
    let Some(stem) = name.strip_suffix(".sql") else {
        let is_upper = name.to_ascii_lowercase().ends_with(".sql");
        return match begins_like_one || is_upper {
            true => FileName::Mistake("it looks like a migration and doesn't end in .sql"),
            false => FileName::Other,
        };
    };
    let words = stem.get(digits + 1..).unwrap_or_default();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !begins_like_one || words.is_empty() || !words.bytes().all(is_word) {
        return FileName::Mistake(
            "a migration is named by its number, an underscore, and a name of letters, digits, \
             - and _, such as 0001_users.sql",
        );
    }
    if name.len() > LONGEST {
        return FileName::Mistake("its name is longer than 200 characters");
    }
    match stem[..digits].parse() {
        Ok(number) => FileName::Migration(number),
        Err(_) => FileName::Mistake("its number has too many digits"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_whatever_their_length() {
        assert_eq!(read("0001_users.sql", true), FileName::Migration(1));
        assert_eq!(read("12_a-b_C3.sql", true), FileName::Migration(12));
        let timestamp = FileName::Migration(20_261_120_160_501);
        assert_eq!(read("20261120160501_users.sql", true), timestamp);
    }

    #[test]
    fn what_is_no_migration_may_lie_beside_them() {
        for name in ["README.md", ".gitkeep", "0001_a.sql~", "0001_a.sql.orig", "notes.txt", "2026"]
        {
            assert_eq!(read(name, true), FileName::Other, "{name}");
        }
        assert_eq!(read("old", false), FileName::Other);
    }

    #[test]
    fn what_looks_like_one_and_is_none_is_a_mistake() {
        for name in [
            "users.sql",
            "0001-users.sql",
            "0001_.sql",
            "0001_a b.sql",
            "0001_a.down.sql",
            "0001_a.SQL",
            "0001_a.psql",
            "0001_a.sql.txt",
            "0001_a",
            "99999999999999999999_a.sql",
            "_a.sql",
        ] {
            assert!(matches!(read(name, true), FileName::Mistake(_)), "{name}");
        }
        assert!(matches!(read(&format!("1_{}.sql", "a".repeat(200)), true), FileName::Mistake(_)));
        assert!(matches!(read("0001_a", false), FileName::Mistake(_)));
    }
}
