//! Adding routes.

use std::fmt;

use fancy_regex::RegexBuilder;

use super::node::{Expression, Kind, Node, Tree};
use super::pattern::{self, Params, Pattern, Piece};
use super::{Added, Router};

/// A route that cannot be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AddError {
    /// It cannot be told from one that is there.
    Duplicate(String),
    /// No path.
    Invalid(String),
}

impl AddError {
    pub(super) fn invalid(why: impl Into<String>) -> Self {
        Self::Invalid(why.into())
    }
}

impl fmt::Display for AddError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate(what) | Self::Invalid(what) => f.write_str(what),
        }
    }
}

/// How much of its work an expression may do again.
const BACKTRACKING: usize = 20_000;

impl Router {
    /// Adds a path for a method; the names of its parameters, in the order of their values.
    pub(crate) fn add(
        &mut self,
        method: &str,
        path: &str,
        target: u32,
    ) -> Result<Vec<String>, AddError> {
        if let Some((with, without)) = pattern::optional(path)? {
            let names = self.add_one(method, &with, path, target)?;
            self.add_one(method, &without, path, target)?;
            return Ok(names);
        }
        self.add_one(method, path, path, target)
    }

    fn add_one(
        &mut self,
        method: &str,
        path: &str,
        written: &str,
        target: u32,
    ) -> Result<Vec<String>, AddError> {
        let mut plain = path.to_owned();
        if self.options.ignore_duplicate_slashes {
            plain = super::url::without_duplicate_slashes(&plain).into_owned();
        }
        if self.options.ignore_trailing_slash {
            plain = super::url::without_trailing_slash(&plain).to_owned();
        }
        let Pattern { pieces, names, mut canonical } = pattern::parse(&plain)?;
        if !self.options.case_sensitive {
            canonical = canonical.to_lowercase();
        }
        let key = (method.to_owned(), canonical);
        if self.known.contains_key(&key) {
            return Err(AddError::Duplicate(format!(
                "Method '{method}' already declared for route '{}'",
                key.1
            )));
        }
        let tree = self.trees.entry(method.to_owned()).or_default();
        let mut node = 0;
        for piece in pieces {
            node = match piece {
                Piece::Static(text) => {
                    let text = if self.options.case_sensitive { text } else { text.to_lowercase() };
                    tree.insert_text(node, text.as_bytes())
                }
                Piece::Params(params) => tree.insert_params(node, params)?,
                Piece::Wildcard => tree.insert_wildcard(node),
            };
        }
        tree.nodes[node].target = Some(target);
        self.known.insert(key, target);
        if !self
            .added
            .iter()
            .any(|it| it.method == method && it.path == written && it.target == target)
        {
            self.added.push(Added { method: method.to_owned(), path: written.to_owned(), target });
        }
        Ok(names)
    }

    /// Whether a route was added by this path, whatever its parameters are called.
    pub(crate) fn has(&self, method: &str, path: &str) -> bool {
        let Ok(mut parsed) = pattern::parse(path) else { return false };
        if !self.options.case_sensitive {
            parsed.canonical = parsed.canonical.to_lowercase();
        }
        self.known.contains_key(&(method.to_owned(), parsed.canonical))
    }
}

impl Tree {
    fn insert_text(&mut self, parent: usize, text: &[u8]) -> usize {
        let Some(&first) = text.first() else { return parent };
        let Some(at) = self.nodes[parent].texts.iter().position(|(byte, _)| *byte == first) else {
            let node = self.push(Node::new(Kind::Text(text.to_vec())));
            self.nodes[parent].texts.push((first, node));
            return node;
        };
        let child = self.nodes[parent].texts[at].1;
        let shared = self.text_of(child).iter().zip(text).take_while(|(a, b)| a == b).count();
        let child = if shared < self.text_of(child).len() {
            let (before, after) = self.text_of(child).split_at(shared);
            let (before, after) = (before.to_vec(), after.to_vec());
            let next = after[0];
            self.nodes[child].kind = Kind::Text(after);
            let mut split = Node::new(Kind::Text(before));
            split.texts.push((next, child));
            let split = self.push(split);
            self.nodes[parent].texts[at].1 = split;
            split
        } else {
            child
        };
        self.insert_text(child, &text[shared..])
    }

    fn insert_wildcard(&mut self, parent: usize) -> usize {
        if let Some(node) = self.nodes[parent].wildcard {
            return node;
        }
        let node = self.push(Node::new(Kind::Wildcard));
        self.nodes[parent].wildcard = Some(node);
        node
    }

    fn insert_params(&mut self, parent: usize, params: Params) -> Result<usize, AddError> {
        let same = self.nodes[parent].params.iter().copied().find(|&node| {
            match (&self.nodes[node].kind, &params.regex) {
                (Kind::Param, None) => true,
                (Kind::Regex(expression), Some(source)) => expression.source == *source,
                _ => false,
            }
        });
        if let Some(node) = same {
            return Ok(node);
        }
        let kind = match params.regex {
            None => Kind::Param,
            Some(source) => Kind::Regex(Box::new(Expression {
                regex: RegexBuilder::new(&ascii_classes(&source))
                    .backtrack_limit(BACKTRACKING)
                    .build()
                    .map_err(|error| {
                        AddError::invalid(format!("Invalid regular expression {source}: {error}"))
                    })?,
                source,
                suffix: params.suffix,
                params: params.names.len(),
                text_length: params.text_length,
            })),
        };
        let node = self.push(Node::new(kind));
        let mut siblings = std::mem::take(&mut self.nodes[parent].params);
        let at = siblings
            .iter()
            .position(|&sibling| self.comes_before(node, sibling))
            .unwrap_or(siblings.len());
        siblings.insert(at, node);
        self.nodes[parent].params = siblings;
        Ok(node)
    }

    /// Whether the first is tried before the second: expressions first, and of those the longer text at the end.
    fn comes_before(&self, node: usize, other: usize) -> bool {
        let (Kind::Regex(this), other) = (&self.nodes[node].kind, &self.nodes[other].kind) else {
            return false;
        };
        let Kind::Regex(other) = other else { return true };
        match (&this.suffix, &other.suffix) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(this), Some(other)) => this != other && this.ends_with(other.as_str()),
        }
    }
}

/// JavaScript's `\d` and `\w` are ASCII's.
fn ascii_classes(source: &str) -> String {
    let mut ascii = String::with_capacity(source.len());
    let mut chars = source.chars();
    let mut in_class = false;
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some('d') => ascii.push_str(if in_class { "0-9" } else { "[0-9]" }),
                Some('w') => ascii.push_str(if in_class { "A-Za-z0-9_" } else { "[A-Za-z0-9_]" }),
                Some('D') if !in_class => ascii.push_str("[^0-9]"),
                Some('W') if !in_class => ascii.push_str("[^A-Za-z0-9_]"),
                Some('/') => ascii.push('/'),
                Some(other) => {
                    ascii.push('\\');
                    ascii.push(other);
                }
                None => ascii.push('\\'),
            },
            other => {
                in_class = match other {
                    '[' => true,
                    ']' => false,
                    _ => in_class,
                };
                ascii.push(other);
            }
        }
    }
    ascii
}
