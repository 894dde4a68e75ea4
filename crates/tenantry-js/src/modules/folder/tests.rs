use tempfile::TempDir;

use super::*;

/// The files of the package `d`, beside its package.json.
const FILES: [&str; 8] = [
    "m.mjs",
    "c.cjs",
    "index.js",
    "index.mjs",
    "lib/main.js",
    "lib/main.mjs",
    "lib/own/secret.js",
    "lib/data.json",
];

/// A tenant that has the package `d` with this package.json.
struct Tenant {
    folder: Folder,
    _root: TempDir,
}

impl Tenant {
    fn with(manifest: &str) -> Self {
        let root = TempDir::new().unwrap();
        let package = root.path().join("node_modules/d");
        fs::create_dir_all(package.join("lib/own")).unwrap();
        fs::write(package.join("package.json"), manifest).unwrap();
        for file in FILES {
            fs::write(package.join(file), "").unwrap();
        }
        Self { folder: Folder::new(root.path()).unwrap(), _root: root }
    }

    fn import(&self, specifier: &str) -> String {
        told(self.folder.resolve(specifier, "routes/index.mjs"))
    }

    fn require(&self, specifier: &str) -> String {
        told(self.folder.resolve_required(specifier, "routes/index.cjs"))
    }
}

/// The file of the package, or how it is not to be had.
fn told(answer: Result<String, ModuleError>) -> String {
    match answer {
        Ok(name) => name.strip_prefix("node_modules/d/").unwrap().to_owned(),
        Err(ModuleError::NotFound { .. }) => "not found".to_owned(),
        Err(ModuleError::Refused { .. }) => "refused".to_owned(),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn import_and_require_get_each_their_file() {
    for (manifest, imported, required) in [
        (r#"{"exports": {"import": "./m.mjs", "require": "./c.cjs"}}"#, "m.mjs", "c.cjs"),
        (r#"{"exports": {"require": "./c.cjs", "import": "./m.mjs"}}"#, "m.mjs", "c.cjs"),
        (r#"{"exports": {".": {"import": "./m.mjs", "default": "./c.cjs"}}}"#, "m.mjs", "c.cjs"),
        (r#"{"exports": {"default": "./c.cjs", "import": "./m.mjs"}}"#, "c.cjs", "c.cjs"),
        (r#"{"exports": {"import": "./m.mjs"}}"#, "m.mjs", "not found"),
        (r#"{"exports": {"require": "./c.cjs"}}"#, "not found", "c.cjs"),
        (
            r#"{"exports": {".": {"node": {"import": "./m.mjs"}, "default": "./c.cjs"}}}"#,
            "m.mjs",
            "c.cjs",
        ),
        (r#"{"exports": ["lib/main.js", {"import": "./m.mjs"}, "./c.cjs"]}"#, "m.mjs", "c.cjs"),
        (r#"{"exports": "./m.mjs", "main": "./c.cjs"}"#, "m.mjs", "m.mjs"),
        (r#"{"main": "./c.cjs", "module": "./m.mjs"}"#, "m.mjs", "c.cjs"),
        (r#"{"exports": null, "main": "./c.cjs"}"#, "c.cjs", "c.cjs"),
        (r#"{"module": "./m.mjs"}"#, "m.mjs", "index.js"),
    ] {
        let tenant = Tenant::with(manifest);
        assert_eq!(tenant.import("d"), imported, "import with {manifest}");
        assert_eq!(tenant.require("d"), required, "require with {manifest}");
    }
}

#[test]
fn a_path_without_an_ending_is_commonjs_for_require() {
    let tenant = Tenant::with(r#"{"main": "lib/main"}"#);
    assert_eq!(tenant.import("d"), "lib/main.mjs");
    assert_eq!(tenant.require("d"), "lib/main.js");
    assert_eq!(tenant.require("d/lib/data"), "lib/data.json");
    assert_eq!(tenant.require("d/m"), "m.mjs");
    let tenant = Tenant::with("{}");
    assert_eq!(tenant.import("d"), "index.mjs");
    assert_eq!(tenant.require("d"), "index.js");
}

#[test]
fn paths_into_a_package_are_those_that_it_exports() {
    let tenant = Tenant::with(
        r#"{"exports": {
            ".": "./m.mjs",
            "./*": {"import": "./lib/*.mjs", "require": "./lib/*.js"},
            "./lib/*": "./lib/*",
            "./lib/own/*": null
        }}"#,
    );
    for (specifier, imported, required) in [
        ("d", "m.mjs", "m.mjs"),
        ("d/main", "lib/main.mjs", "lib/main.js"),
        ("d/lib/main.js", "lib/main.js", "lib/main.js"),
        ("d/lib/own/secret.js", "not found", "not found"),
        ("d/c.cjs", "not found", "not found"),
    ] {
        assert_eq!(tenant.import(specifier), imported, "import of {specifier}");
        assert_eq!(tenant.require(specifier), required, "require of {specifier}");
    }
}

#[test]
fn exports_lead_to_nothing_outside_of_the_package() {
    for target in ["../../other.js", "./../e/index.js", "/etc/passwd", "m.mjs", "./node_modules/e"]
    {
        let tenant = Tenant::with(&format!(r#"{{"exports": {target:?}}}"#));
        assert_eq!(tenant.import("d"), "refused", "{target}");
        assert_eq!(tenant.require("d"), "refused", "{target}");
    }
}
