/// What somebody meant who wrote something like it.
pub(crate) fn suggestion<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_ascii_lowercase().replace('_', "-");
    let distance = |known: &str| strsim::damerau_levenshtein(&word, &known.replace('_', "-"));
    let nearest = known.iter().copied().min_by_key(|known| distance(known))?;
    (distance(nearest) <= 1 + nearest.len() / 4).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_near() {
        let known = ["no-transaction", "lock_timeout", "allow"];
        assert_eq!(suggestion("no_transactions", &known), Some("no-transaction"));
        assert_eq!(suggestion("lock-timeout", &known), Some("lock_timeout"));
        assert_eq!(suggestion("alow", &known), Some("allow"));
        assert_eq!(suggestion("because", &known), None);
    }
}
