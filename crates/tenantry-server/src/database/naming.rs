//! Names of tables and columns, as JavaScript and as SQL writes them.

/// How columns' names come to JavaScript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// As the table has them.
    #[default]
    AsIs,
    /// `created_at` as `createdAt`.
    CamelCase,
}

impl Naming {
    /// A column's name as JavaScript gets it.
    pub(crate) fn of_column(self, name: &str) -> String {
        match self {
            Self::AsIs => name.to_owned(),
            Self::CamelCase => camel_case(name),
        }
    }
}

/// The one of `names` that `name` means: itself, or written in camelCase.
pub(crate) fn find<'a, T>(
    names: impl Iterator<Item = (&'a str, T)> + Clone,
    name: &str,
) -> Option<T> {
    let exact = names.clone().find(|(candidate, _)| *candidate == name);
    let found = exact.or_else(|| {
        let snake = snake_case(name);
        names.clone().find(|(candidate, _)| **candidate == *snake)
    });
    found.map(|(_, item)| item)
}

/// The one of `names` that is nearest to a name that is none, if one is near.
pub(crate) fn nearest<'a>(names: impl Iterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    let snake = snake_case(name);
    let distance = |candidate: &str| strsim::damerau_levenshtein(candidate, &snake);
    let nearest = names.map(|candidate| (distance(candidate), candidate)).min()?;
    (nearest.0 <= 1 + snake.chars().count() / 3).then_some(nearest.1)
}

/// `createdAt` as `created_at`.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            if !snake.is_empty() {
                snake.push('_');
            }
            snake.push(character.to_ascii_lowercase());
        } else {
            snake.push(character);
        }
    }
    snake
}

fn camel_case(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    let mut characters = name.chars().peekable();
    while let Some(character) = characters.next() {
        match characters.peek() {
            Some(next) if character == '_' && !camel.is_empty() && next.is_ascii_lowercase() => {
                camel.push(next.to_ascii_uppercase());
                characters.next();
            }
            _ => camel.push(character),
        }
    }
    camel
}

/// A name in SQL, quoted.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_they_are_and_in_camel_case() {
        let names = ["id", "tenant_id", "createdAt", "created_at"];
        let find = |name| find(names.iter().map(|name| (*name, *name)), name);
        assert_eq!(find("tenantId"), Some("tenant_id"));
        assert_eq!(find("createdAt"), Some("createdAt"));
        assert_eq!(find("Id"), Some("id"));
        assert_eq!(find("nothing"), None);
        assert_eq!(Naming::CamelCase.of_column("created_at_utc"), "createdAtUtc");
        assert_eq!(
            Naming::CamelCase.of_column("_private__x_1"),
            "_private__x_1".replace("__x", "_X")
        );
    }

    #[test]
    fn the_nearest_is_named_if_one_is_near() {
        let names = ["users", "projects"];
        assert_eq!(nearest(names.into_iter(), "user"), Some("users"));
        assert_eq!(nearest(names.into_iter(), "invoices"), None);
    }
}
