//! How a module is asked for.

/// By `import` or by `require`: a package may have a file for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Import,
    Require,
}

impl Asked {
    /// The conditions in `exports` of a package.json that hold, beside `default`.
    pub(super) fn conditions(self) -> &'static [&'static str] {
        match self {
            Self::Import => &["node", "import", "module-sync"],
            // It reads no ES modules here: "module-sync" would give it one.
            Self::Require => &["node", "require"],
        }
    }
}
