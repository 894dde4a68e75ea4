//! References between schemas: RFC 3986, for ids that are mostly bare names.

/// An id without an empty fragment at its end: `userSchema#` is `userSchema`.
pub(crate) fn normalize(id: &str) -> &str {
    id.strip_suffix("#/").or_else(|| id.strip_suffix('#')).unwrap_or(id)
}

/// The part before `#`, and the fragment after it.
pub(crate) fn split(reference: &str) -> (&str, &str) {
    reference.split_once('#').unwrap_or((reference, ""))
}

/// What a reference means where `base` is the id in force.
pub(crate) fn resolve(base: &str, reference: &str) -> String {
    let reference = normalize(reference);
    let (base, _) = split(base);
    if reference.is_empty() {
        return base.to_owned();
    }
    if reference.starts_with('#') {
        return format!("{base}{reference}");
    }
    if scheme(reference).is_some() || base.is_empty() {
        return reference.to_owned();
    }
    let (path, fragment) = split(reference);
    let path = against(base, path);
    if fragment.is_empty() { path } else { format!("{path}#{fragment}") }
}

fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let mut chars = scheme.chars();
    let first = chars.next()?.is_ascii_alphabetic();
    (first && chars.all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))).then_some(scheme)
}

/// A relative path, from where the base's last segment begins.
fn against(base: &str, path: &str) -> String {
    let scheme_len = scheme(base).map_or(0, |scheme| scheme.len() + 1);
    if path.starts_with("//") {
        return format!("{}{path}", &base[..scheme_len]);
    }
    let authority_len = match base[scheme_len..].strip_prefix("//") {
        Some(rest) => scheme_len + 2 + rest.find('/').unwrap_or(rest.len()),
        None => scheme_len,
    };
    let (root, base_path) = base.split_at(authority_len);
    let joined = if path.starts_with('/') {
        path.to_owned()
    } else if base_path.is_empty() && root.len() > scheme_len {
        format!("/{path}")
    } else {
        let folder = base_path.rfind('/').map_or("", |slash| &base_path[..=slash]);
        format!("{folder}{path}")
    };
    format!("{root}{}", without_dots(&joined))
}

fn without_dots(path: &str) -> String {
    if !path.split('/').any(|segment| segment == "." || segment == "..") {
        return path.to_owned();
    }
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "." => {}
            ".." => {
                if kept.len() > 1 || kept.first().is_some_and(|first| !first.is_empty()) {
                    kept.pop();
                }
            }
            segment => kept.push(segment),
        }
    }
    kept.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_against_the_id_in_force() {
        for (base, reference, expected) in [
            ("", "userSchema#", "userSchema"),
            ("", "userSchema#/properties/a", "userSchema#/properties/a"),
            ("userSchema", "#/definitions/x", "userSchema#/definitions/x"),
            ("userSchema", "other#", "other"),
            ("userSchema", "#", "userSchema"),
            ("http://example.com/schemas/user", "address", "http://example.com/schemas/address"),
            ("http://example.com/schemas/user", "../a/./b#c", "http://example.com/a/b#c"),
            ("http://example.com/schemas/user", "/x", "http://example.com/x"),
            ("http://example.com", "x", "http://example.com/x"),
            ("http://example.com/a", "urn:x:y", "urn:x:y"),
            ("models/user", "address#/a", "models/address#/a"),
        ] {
            assert_eq!(resolve(base, reference), expected, "{base} + {reference}");
        }
    }
}
