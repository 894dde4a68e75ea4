use std::ops::Range;

use super::{NAMES, What};

/// The placeholders in a text, `{{schema}}` for `{schema}` itself among them.
pub(super) fn find(text: &str) -> impl Iterator<Item = (Range<usize>, What)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(brace) = text[at..].find('{') {
            let start = at + brace;
            if let Some((what, length)) = first(&text[start..]) {
                at = start + length;
                return Some((start..at, what));
            }
            at = start + 1;
        }
        None
    })
}

/// The placeholder that a text begins with, and how long it is.
fn first(text: &str) -> Option<(What, usize)> {
    let braces = if text.starts_with("{{") { 2 } else { 1 };
    let rest = &text[braces..];
    let name = NAMES.into_iter().find(|name| rest.starts_with(name))?;
    let ends = rest[name.len()..].starts_with(if braces == 2 { "}}" } else { "}" });
    let what = if braces == 2 { What::Itself } else { What::named(name)? };
    ends.then_some((what, name.len() + 2 * braces))
}
