//! `fastify.printRoutes()`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Router;

impl Router {
    /// All routes as a tree of paths, each with its methods.
    pub(crate) fn print(&self) -> String {
        let mut paths: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for route in &self.added {
            paths.entry(&route.path).or_default().push(&route.method);
        }
        let mut root = Branch::default();
        for (path, methods) in paths {
            root.insert(path, methods.join(", "));
        }
        let mut text = String::new();
        root.print("", &mut text);
        text
    }
}

/// What follows a piece of path.
#[derive(Default)]
struct Branch<'a> {
    methods: Option<String>,
    children: BTreeMap<&'a str, Branch<'a>>,
}

impl<'a> Branch<'a> {
    fn insert(&mut self, path: &'a str, methods: String) {
        if path.is_empty() {
            self.methods = Some(methods);
            return;
        }
        let end = path.get(1..).and_then(|rest| rest.find('/')).map_or(path.len(), |at| at + 1);
        self.children.entry(&path[..end]).or_default().insert(&path[end..], methods);
    }

    fn print(&self, indent: &str, text: &mut String) {
        for (at, (piece, child)) in self.children.iter().enumerate() {
            let last = at + 1 == self.children.len();
            let _infallible = write!(text, "{indent}{}{piece}", if last { "└── " } else { "├── " });
            if let Some(methods) = &child.methods {
                let _infallible = write!(text, " ({methods})");
            }
            text.push('\n');
            child.print(&format!("{indent}{}", if last { "    " } else { "│   " }), text);
        }
    }
}
