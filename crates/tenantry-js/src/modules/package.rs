//! package.json: how a package says where its modules are.

use serde::Deserialize;

use super::{Asked, ModuleKind, PackageExports};

/// What of a package.json is read.
#[derive(Debug, Deserialize)]
pub(super) struct Package {
    main: Option<String>,
    module: Option<String>,
    exports: Option<PackageExports>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

pub(super) fn parse(text: &str) -> serde_json::Result<Package> {
    serde_json::from_str(text)
}

impl Package {
    /// Where they are, `main` and `module` do not count.
    pub(super) fn exports(&self) -> Option<&PackageExports> {
        self.exports.as_ref()
    }

    /// `main`, and for `import` `module` before it.
    pub(super) fn main(&self, asked: Asked) -> Option<&str> {
        let module = self.module.as_deref().filter(|_| asked == Asked::Import);
        [module, self.main.as_deref()].into_iter().flatten().find(|path| !path.is_empty())
    }

    /// What `"type"` says of `.js` files.
    pub(super) fn kind(&self) -> Option<ModuleKind> {
        match self.kind.as_deref() {
            Some("module") => Some(ModuleKind::Esm),
            Some("commonjs") => Some(ModuleKind::CommonJs),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_comes_before_main_for_import_and_is_not_for_require() {
        let package = parse(r#"{"main": "a.cjs", "module": "a.mjs", "type": "module"}"#).unwrap();
        assert_eq!(package.main(Asked::Import), Some("a.mjs"));
        assert_eq!(package.main(Asked::Require), Some("a.cjs"));
        assert_eq!(package.kind(), Some(ModuleKind::Esm));
        let package = parse(r#"{"main": "", "module": "a.mjs"}"#).unwrap();
        assert_eq!(package.main(Asked::Require), None);
    }

    #[test]
    fn exports_that_are_null_are_none() {
        assert!(parse(r#"{"exports": null}"#).unwrap().exports().is_none());
        for json in [r#"{"exports": {}}"#, r#"{"exports": false}"#, r#"{"exports": "./a.js"}"#] {
            assert!(parse(json).unwrap().exports().is_some(), "{json}");
        }
    }
}
