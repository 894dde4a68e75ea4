//! What somebody who wrote an unknown key may have meant.

use super::error::Origin;

/// Says that there is no such key, and which one may have been meant.
pub(super) fn for_unknown(key: &str, origin: &Origin, known: &[&str]) -> String {
    let section = format!("{key}.");
    if known.iter().any(|other| other.starts_with(&section)) {
        return format!("it is a section and not a value; its keys are written as {section}…");
    }
    match nearest(key, known) {
        Some(meant) => {
            let meant = match origin {
                Origin::Environment(_) => variable(meant),
                _ => meant.to_owned(),
            };
            format!("there is no such key; did you mean {meant}?")
        }
        None => "there is no such key".to_owned(),
    }
}

/// Says which setting an environment variable was meant to be that isn't one only because it has
/// a single underscore where two belong.
pub(super) fn for_variable(name: &str, known: &[&str]) -> Option<String> {
    let meant =
        known.iter().map(|key| variable(key)).find(|meant| meant.replace("__", "_") == name)?;
    Some(format!("there is no such setting; did you mean {meant}, with two underscores?"))
}

/// The known key that is nearest to this one, if any is near.
fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    // The right name in the wrong section is the likeliest slip of all, however far the texts.
    let name = |key: &'a str| key.rsplit('.').next().unwrap_or(key);
    let own_name = key.rsplit('.').next().unwrap_or(key);
    let mut namesakes = known.iter().copied().filter(|other| name(other) == own_name);
    if let (Some(only), None) = (namesakes.next(), namesakes.next()) {
        return Some(only);
    }
    known
        .iter()
        .copied()
        .map(|other| (strsim::damerau_levenshtein(key, other), other))
        .filter(|(distance, other)| *distance <= 1 + other.len() / 5)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// The environment variable that sets a key.
pub(super) fn variable(key: &str) -> String {
    format!("TENANTRY_{}", key.to_uppercase().replace('.', "__"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 4] =
        ["connection.url", "connection.max_connections", "isolation.pool_ttl", "migrations.table"];

    fn reason(key: &str) -> String {
        for_unknown(key, &Origin::Environment("TENANTRY_X__Y".to_owned()), &KNOWN)
    }

    #[test]
    fn a_near_key_is_suggested_as_its_source_writes_it() {
        let near = "there is no such key; did you mean TENANTRY_CONNECTION__MAX_CONNECTIONS?";
        assert_eq!(reason("connection.max_conections"), near);
        assert_eq!(reason("conection.max_connections"), near);
        assert_eq!(
            reason("connection.pool_ttl"),
            "there is no such key; did you mean TENANTRY_ISOLATION__POOL_TTL?"
        );
        assert_eq!(reason("colour.scheme"), "there is no such key");
    }

    #[test]
    fn a_variable_with_one_underscore_for_two_is_noticed() {
        assert_eq!(
            for_variable("TENANTRY_CONNECTION_MAX_CONNECTIONS", &KNOWN).as_deref(),
            Some(
                "there is no such setting; did you mean TENANTRY_CONNECTION__MAX_CONNECTIONS, \
                 with two underscores?"
            )
        );
        assert_eq!(for_variable("TENANTRY_CONFIG", &KNOWN), None);
    }

    #[test]
    fn a_section_is_not_a_value() {
        assert_eq!(
            reason("connection"),
            "it is a section and not a value; its keys are written as connection.…"
        );
    }
}
