//! Where modules come from: a tenant's own files and packages, nothing else.

mod asked;
mod exports;
mod folder;
mod memory;
mod overlay;
mod package;
mod specifier;
mod target;

pub(crate) use asked::Asked;
pub use exports::PackageExports;
pub use folder::Folder;
pub use memory::Memory;
pub use overlay::Overlay;

/// Where an isolate's modules come from, for `import` and for `require`.
///
/// Methods are called on JavaScript threads and may read files.
pub trait ModuleSource: Send + Sync + 'static {
    /// The canonical name of what `specifier`, met in the module `from`, means: a relative path
    /// with `/`, such as `routes/index.mjs`. An entry point is resolved from `""`. Refuses what
    /// is outside.
    fn resolve(&self, specifier: &str, from: &str) -> Result<String, ModuleError>;

    /// The same for a `require`, where [`resolve`](Self::resolve) is for an `import`: a package may have
    /// a file for each. A source over another one hands both on. By default there is no difference.
    fn resolve_required(&self, specifier: &str, from: &str) -> Result<String, ModuleError> {
        self.resolve(specifier, from)
    }

    /// The text of a module by its canonical name.
    fn load(&self, name: &str) -> Result<ModuleText, ModuleError>;
}

/// A module's text and how to read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleText {
    /// The source.
    pub text: String,
    /// How to read it.
    pub kind: ModuleKind,
}

/// How a module's text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ModuleKind {
    Esm,
    CommonJs,
    Json,
    /// TypeScript with ES modules; read with the feature `typescript`.
    TypeScript,
    /// ES modules of the program's own, which every isolate has: their text and lines are kept once in the
    /// process and not in each, so that neither `toString` nor an error's stack shows them.
    Own,
}

impl ModuleKind {
    /// By a file's ending alone: `.mjs` and `.js` are ES modules, `.cjs` CommonJS.
    pub fn of(name: &str) -> Self {
        match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
            "cjs" => Self::CommonJs,
            "json" => Self::Json,
            "ts" | "mts" | "cts" => Self::TypeScript,
            _ => Self::Esm,
        }
    }

    /// By a file's ending, and a `.js` by its looks: it is CommonJS when no line begins with
    /// `import` or `export` and there is talk of `module.exports`, `exports.` or `require(`.
    pub fn detect(name: &str, text: &str) -> Self {
        if !name.ends_with(".js") {
            return Self::of(name);
        }
        let statement = |line: &str| {
            let line = line.trim_start();
            ["import", "export"].iter().any(|word| {
                line.strip_prefix(word)
                    .is_some_and(|rest| rest.starts_with([' ', '{', '*', '"', '\'', '\t']))
            })
        };
        let common = ["module.exports", "exports.", "require("];
        if !text.lines().any(statement) && common.iter().any(|mark| text.contains(mark)) {
            return Self::CommonJs;
        }
        Self::Esm
    }
}

/// A module that is refused, not there, or not readable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModuleError {
    /// There is no such module.
    #[error("cannot find module {specifier:?} from {from:?}")]
    NotFound {
        /// What was asked for.
        specifier: String,
        /// By whom.
        from: String,
    },
    /// A way out of the tenant's own files.
    #[error("module {specifier:?} is refused: {why}")]
    Refused {
        /// What was asked for.
        specifier: String,
        /// Why not.
        why: &'static str,
    },
    /// It is there and cannot be read.
    #[error("cannot read module {name:?}: {why}")]
    Unreadable {
        /// The module's canonical name.
        name: String,
        /// What went wrong.
        why: String,
    },
}
