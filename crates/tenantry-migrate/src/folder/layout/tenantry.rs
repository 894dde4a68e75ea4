use super::{Found, Names, number};
use crate::folder::{listing::Listing, migration::Origin};

/// Whether a file is named as ours are.
pub(super) fn is_numbered(name: &str) -> bool {
    name.ends_with(".sql") && number(name).is_some_and(|(_, rest)| rest.starts_with('_'))
}

pub(super) fn names(listing: &Listing) -> Names {
    let mut names = Names::default();
    for folder in listing.top_folders() {
        if number(folder).is_some_and(|(_, rest)| rest.starts_with('_')) {
            let reason = "it is not a file; a migration is one file, such as 0001_users.sql";
            names.problem(folder, reason);
        }
    }
    let mut downs = Vec::new();
    for name in listing.top_files() {
        match read(name) {
            Read::Up(number) => names.found.push(Found {
                number,
                name: name.to_owned(),
                up: name.to_owned(),
                down: None,
                origin: Origin::Tenantry,
                no_transaction: false,
            }),
            Read::Down(up) => downs.push((up, name)),
            Read::Other => {}
            Read::Mistake(reason) => names.problem(name, reason),
        }
    }
    for (up, down) in downs {
        match names.found.iter_mut().find(|found| found.up == up) {
            Some(found) => found.down = Some(down.to_owned()),
            None => names.problem(down, format!("it takes back {up}, which is not there")),
        }
    }
    names
}

/// What the name of a file says.
#[derive(Debug, PartialEq, Eq)]
enum Read {
    /// A migration with this number.
    Up(i64),
    /// The way back from this file.
    Down(String),
    /// Something else, which may be here.
    Other,
    /// Somebody takes it for a migration, and it cannot be one.
    Mistake(&'static str),
}

fn read(name: &str) -> Read {
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    let begins_like_one = digits > 0 && name[digits..].starts_with('_');
    let Some(stem) = name.strip_suffix(".sql") else {
        let is_upper = name.to_ascii_lowercase().ends_with(".sql");
        return match begins_like_one || is_upper {
            true => Read::Mistake("it looks like a migration and doesn't end in .sql"),
            false => Read::Other,
        };
    };
    let (stem, is_down) = match stem.strip_suffix(".down") {
        Some(stem) => (stem, true),
        None => (stem, false),
    };
    let words = stem.get(digits + 1..).unwrap_or_default();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !begins_like_one || words.is_empty() || !words.bytes().all(is_word) {
        return Read::Mistake(
            "a migration is named by its number, an underscore, and a name of letters, digits, - and _, such as \
             0001_users.sql, and the way back from it 0001_users.down.sql",
        );
    }
    if is_down {
        return Read::Down(format!("{stem}.sql"));
    }
    match stem[..digits].parse() {
        Ok(number) => Read::Up(number),
        Err(_) => Read::Mistake("its number has too many digits"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_whatever_their_length() {
        assert_eq!(read("0001_users.sql"), Read::Up(1));
        assert_eq!(read("12_a-b_C3.sql"), Read::Up(12));
        assert_eq!(read("20261120160501_users.sql"), Read::Up(20_261_120_160_501));
        assert_eq!(read("0001_users.down.sql"), Read::Down("0001_users.sql".to_owned()));
    }

    #[test]
    fn what_is_no_migration_may_lie_beside_them() {
        for name in ["README.md", "notes.txt", "2026"] {
            assert_eq!(read(name), Read::Other, "{name}");
        }
    }

    #[test]
    fn what_looks_like_one_and_is_none_is_a_mistake() {
        for name in [
            "users.sql",
            "0001-users.sql",
            "0001_.sql",
            "0001_a b.sql",
            "0001_a.undo.sql",
            "0001_a.SQL",
            "0001_a.psql",
            "0001_a.sql.txt",
            "0001_a",
            "99999999999999999999_a.sql",
            "_a.sql",
        ] {
            assert!(matches!(read(name), Read::Mistake(_)), "{name}");
        }
    }
}
