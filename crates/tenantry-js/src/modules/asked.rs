//! How a module is asked for.

/// By `import` or by `require`: a package may have a file for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Import,
    Require,
}
