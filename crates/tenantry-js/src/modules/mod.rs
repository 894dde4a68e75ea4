//! Where modules come from: a tenant's own files and packages, nothing else.

mod memory;
mod overlay;
mod specifier;

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
}

impl ModuleKind {
    /// By a file's ending: `.mjs` and `.js` are ES modules, `.cjs` CommonJS. A `.js` that is
    /// CommonJS, as a package.json may say, is for the source to know.
    pub fn of(name: &str) -> Self {
        match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
            "cjs" => Self::CommonJs,
            "json" => Self::Json,
            "ts" | "mts" => Self::TypeScript,
            _ => Self::Esm,
        }
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
