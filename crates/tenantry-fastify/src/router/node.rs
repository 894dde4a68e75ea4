//! The tree that paths of one method are looked up in.

use fancy_regex::Regex;

/// Nodes by number; the first is the root.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
}

/// A place in a path.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// Children by the first byte of their text.
    pub(super) texts: Vec<(u8, usize)>,
    /// In the order in which they are tried.
    pub(super) params: Vec<usize>,
    pub(super) wildcard: Option<usize>,
    pub(super) target: Option<u32>,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Text(Vec<u8>),
    Param,
    Regex(Box<Expression>),
    Wildcard,
}

/// An expression over what is between two slashes.
#[derive(Debug, Clone)]
pub(super) struct Expression {
    pub(super) source: String,
    pub(super) regex: Regex,
    pub(super) suffix: Option<String>,
    /// Longer than so many parameters and so much text nothing can be that matches.
    pub(super) params: usize,
    pub(super) text_length: usize,
}

impl Node {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, texts: Vec::new(), params: Vec::new(), wildcard: None, target: None }
    }
}

impl Default for Tree {
    fn default() -> Self {
        Self { nodes: vec![Node::new(Kind::Text(Vec::new()))] }
    }
}

impl Tree {
    pub(super) fn push(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    pub(super) fn text_of(&self, node: usize) -> &[u8] {
        match &self.nodes[node].kind {
            Kind::Text(text) => text,
            _ => &[],
        }
    }
}
