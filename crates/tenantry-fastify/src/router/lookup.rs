//! Finding the route of a request.

use std::borrow::Cow;

use super::node::{Expression, Kind, Tree};
use super::{Router, RouterOptions, url};

/// What a request leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// The route's number, and the values of its parameters.
    Found { target: u32, params: Vec<String> },
    /// No route.
    NotFound,
    /// The path has escapes that are none.
    BadUrl,
    /// A route would be found, were a parameter not longer than one may be.
    TooLong,
}

impl Router {
    /// Looks up a path as it was sent, without the query.
    pub(crate) fn find(&self, method: &str, path: &str) -> Lookup {
        let Some(tree) = self.trees.get(method) else { return Lookup::NotFound };
        let Some(url::Path { text, has_escapes }) = url::decode(path) else {
            return Lookup::BadUrl;
        };
        let mut text = text;
        if self.options.ignore_duplicate_slashes && text.contains("//") {
            text = Cow::Owned(url::without_duplicate_slashes(&text).into_owned());
        }
        let text = if self.options.ignore_trailing_slash {
            url::without_trailing_slash(&text)
        } else {
            &text
        };
        let folded =
            if self.options.case_sensitive { None } else { Some(text.to_ascii_lowercase()) };
        let search = Search {
            tree,
            options: &self.options,
            text,
            folded: folded.as_deref().unwrap_or(text).as_bytes(),
            has_escapes,
        };
        search.run()
    }
}

struct Search<'a> {
    tree: &'a Tree,
    options: &'a RouterOptions,
    text: &'a str,
    folded: &'a [u8],
    has_escapes: bool,
}

/// A way not taken yet.
struct Left {
    node: usize,
    at: usize,
    params: usize,
}

impl Search<'_> {
    fn run(&self) -> Lookup {
        let end = self.text.len();
        let mut left: Vec<Left> = Vec::new();
        let mut params: Vec<String> = Vec::new();
        let mut too_long = false;
        let mut node = 0;
        let mut at = 0;
        loop {
            if at == end
                && let Some(target) = self.tree.nodes[node].target
            {
                return Lookup::Found { target, params };
            }
            let mut next = self.next(node, at, params.len(), &mut left);
            loop {
                let Some(step) = next.or_else(|| left.pop()) else {
                    return if too_long { Lookup::TooLong } else { Lookup::NotFound };
                };
                params.truncate(step.params);
                if let Some(after) = self.enter(&step, &mut params, &mut too_long) {
                    node = step.node;
                    at = after;
                    break;
                }
                next = None;
            }
        }
    }

    /// The best way on from a node; the others are left for later.
    fn next(&self, node: usize, at: usize, params: usize, left: &mut Vec<Left>) -> Option<Left> {
        let node = &self.tree.nodes[node];
        let rest = &self.folded[at..];
        let text = rest.first().and_then(|first| {
            let child = node.texts.iter().find(|(byte, _)| byte == first)?.1;
            rest.starts_with(self.tree.text_of(child)).then_some(child)
        });
        let ways = text.into_iter().chain(node.params.iter().copied()).chain(node.wildcard);
        let mut ways = ways.map(|node| Left { node, at, params });
        let best = ways.next();
        let begin = left.len();
        left.extend(ways);
        left[begin..].reverse();
        best
    }

    /// Takes a way: where it leads to in the text, or nothing if it does not fit.
    fn enter(&self, step: &Left, params: &mut Vec<String>, too_long: &mut bool) -> Option<usize> {
        let node = &self.tree.nodes[step.node];
        let rest = &self.text[step.at..];
        match &node.kind {
            Kind::Text(text) => Some(step.at + text.len()),
            Kind::Wildcard => {
                params.push(url::decode_param(rest, self.has_escapes));
                Some(self.text.len())
            }
            Kind::Param => {
                let length = rest.find('/').unwrap_or(rest.len());
                let param = url::decode_param(&rest[..length], self.has_escapes);
                if self.exceeds(&param, self.options.max_param_length) {
                    *too_long = true;
                    return None;
                }
                params.push(param);
                Some(step.at + length)
            }
            Kind::Regex(expression) => {
                let length = rest.find('/').unwrap_or(rest.len());
                let part = url::decode_param(&rest[..length], self.has_escapes);
                self.take_apart(expression, &part, params, too_long)?;
                Some(step.at + length)
            }
        }
    }

    fn take_apart(
        &self,
        expression: &Expression,
        part: &str,
        params: &mut Vec<String>,
        too_long: &mut bool,
    ) -> Option<()> {
        let max = self.options.max_param_length;
        if self.exceeds(part, expression.params * max + expression.text_length) {
            *too_long = true;
            return None;
        }
        let found = expression.regex.captures(part).ok()??;
        let before = params.len();
        for group in 1..found.len() {
            let value = found.get(group).map_or("", |found| found.as_str());
            if self.exceeds(value, max) {
                params.truncate(before);
                *too_long = true;
                return None;
            }
            params.push(value.to_owned());
        }
        Some(())
    }

    fn exceeds(&self, text: &str, most: usize) -> bool {
        text.len() > most && text.encode_utf16().count() > most
    }
}
