use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

struct Modules(TempDir);

impl Modules {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("node_modules")).unwrap();
        Self(folder)
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.0.path().join("node_modules").join(inside)
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn packages(&self, pattern: &str) -> NodeModules {
        NodeModules::new(self.path(""), pattern.parse().unwrap())
    }

    async fn load(&self, key: &str) -> Result<Loaded, LoadingError> {
        let pattern =
            key.rsplit_once('-').map_or(key.to_owned(), |(scope, _)| format!("{scope}-*"));
        self.packages(&pattern).load(key, &LoadOptions::default()).await
    }
}

#[tokio::test]
async fn packages_are_found_by_a_pattern_scoped_ones_among_them() {
    let modules = Modules::new();
    for name in ["my-plugin-b", "my-plugin-a", "my-plugin", "other", "@acme/my-plugin-c"] {
        modules.write(&format!("{name}/package.json"), "{}");
    }
    modules.write(".pnpm/my-plugin-x/package.json", "{}");
    let keys = async |pattern| modules.packages(pattern).keys().await.unwrap();
    assert_eq!(keys("my-plugin-*").await, ["my-plugin-a", "my-plugin-b"]);
    assert_eq!(keys("@acme/*").await, ["@acme/my-plugin-c"]);
    assert_eq!(keys("other").await, ["other"]);
    assert_eq!(keys("*").await, ["my-plugin", "my-plugin-a", "my-plugin-b", "other"]);
}

#[tokio::test]
async fn where_nothing_is_installed_there_are_none_and_what_cannot_be_read_is_told() {
    let modules = Modules::new();
    let keys = async |folder: &str, pattern: &str| {
        NodeModules::new(modules.path(folder), pattern.parse().unwrap()).keys().await
    };
    assert!(keys("nowhere", "*").await.unwrap().is_empty());
    modules.write("file", "");
    for folder in ["file", "file/inside"] {
        let error = keys(folder, "*").await.unwrap_err();
        assert_eq!(error.code(), "LOADING_DISK", "{folder}: {error}");
    }
    // Whether a link that leads round and round is one to a folder, nobody knows.
    symlink("plugin-round", modules.path("plugin-round")).unwrap();
    assert_eq!(keys("", "plugin-*").await.unwrap_err().code(), "LOADING_DISK");
    assert!(keys("", "other-*").await.unwrap().is_empty(), "nobody has asked for that");
    symlink("gone", modules.path("other-gone")).unwrap();
    assert!(keys("", "other-*").await.unwrap().is_empty());
}

#[test]
fn only_the_scopes_that_a_pattern_may_fit_in_are_looked_into() {
    let cases: [(&str, &[&str]); 5] = [
        ("@acme/*", &["@acme"]),
        ("@acme/x", &["@acme"]),
        ("@ac*/x", &["@acme", "@accord"]),
        ("acme-*", &[]),
        ("*", &[]),
    ];
    for (pattern, scopes) in cases {
        let pattern: PackagePattern = pattern.parse().unwrap();
        let all = ["@acme", "@accord", "@other", "acme-a"].into_iter();
        let found: Vec<&str> = all.filter(|scope| pattern.may_be_in(scope)).collect();
        assert_eq!(found, scopes, "{pattern}");
    }
}

#[test]
fn a_pattern_has_one_star_and_is_a_name_otherwise() {
    for pattern in ["*-*", "", "../*", "/*", ".*", "a b*", "@*/a/b", "node_modules"] {
        assert!(pattern.parse::<PackagePattern>().is_err(), "{pattern}");
    }
    let pattern: PackagePattern = "fastify-multitenant-*".parse().unwrap();
    assert!(!pattern.matches("fastify-multitenant-"));
    assert!(!pattern.matches("@x/fastify-multitenant-a"));
    assert_eq!(pattern.to_string(), "fastify-multitenant-*");
}

#[tokio::test]
async fn the_entry_is_what_package_json_says() {
    let modules = Modules::new();
    for (at, (json, entry)) in [
        ("{}", "index.mjs"),
        (r#"{"main":"lib/main.js"}"#, "lib/main.js"),
        (r#"{"main":"./lib/main"}"#, "lib/main.js"),
        (r#"{"main":"lib"}"#, "lib/index.js"),
        (r#"{"module":"esm.mjs"}"#, "esm.mjs"),
        (r#"{"main":""}"#, "index.mjs"),
        (r#"{"main":"","module":"esm.mjs"}"#, "esm.mjs"),
        (r#"{"main":"","module":""}"#, "index.mjs"),
        (r#"{"main":"lib/main.js","module":"esm.mjs"}"#, "lib/main.js"),
        (r#"{"main":"lib/main.js","exports":"./esm.mjs"}"#, "esm.mjs"),
        (r#"{"exports":{".":"./esm.mjs","./more":"./no.js"}}"#, "esm.mjs"),
        (r#"{"exports":{"require":"./lib/main.js","import":"./esm.mjs"}}"#, "esm.mjs"),
        (r#"{"exports":{"default":"./lib/main.js","import":"./esm.mjs"}}"#, "lib/main.js"),
        (r#"{"exports":{".":{"types":"./x.d.ts","node":{"import":"./esm.mjs"}}}}"#, "esm.mjs"),
        (r#"{"exports":{".":{"browser":"./x.js","require":"./lib/main.js"}}}"#, "lib/main.js"),
        (r#"{"exports":[{"deno":"./x.js"},"./esm.mjs"]}"#, "esm.mjs"),
        (r#"{"exports":["index.mjs",3,null,"./esm.mjs"]}"#, "esm.mjs"),
        (r#"{"exports":{"import":null,"require":"./lib/main.js"}}"#, "lib/main.js"),
        (r#"{"exports":{"require":{"module-sync":"./esm.mjs"}}}"#, "esm.mjs"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("plugin-{at}");
        for file in ["index.mjs", "esm.mjs", "lib/main.js", "lib/index.js"] {
            modules.write(&format!("{name}/{file}"), "");
        }
        modules.write(&format!("{name}/package.json"), json);
        let package = modules.load(&name).await.unwrap();
        assert_eq!((package.entry(), package.name()), (Some(entry), Some(&*name)), "{json}");
    }
}

#[tokio::test]
async fn an_entry_that_leads_out_or_nowhere_is_refused() {
    let modules = Modules::new();
    modules.write("secret.js", "");
    for (at, json) in [
        r#"{"main":"../secret.js"}"#,
        r#"{"main":"/etc/passwd"}"#,
        r#"{"main":"missing.js"}"#,
        r#"{"main":"link.js"}"#,
        r#"{"exports":"../secret.js"}"#,
        r#"{"exports":"index.mjs"}"#,
        r#"{"exports":{".":null}}"#,
        r#"{"exports":{"./more":"./index.mjs"}}"#,
        r#"{"exports":{"browser":"./index.mjs"}}"#,
        r#"{"exports":{"node":null,"default":"./index.mjs"}}"#,
        r#"{"exports":{".":"./index.mjs","import":"./index.mjs"}}"#,
        r#"{"exports":["../secret.js","index.mjs"]}"#,
        r#"{"exports":"././index.mjs"}"#,
        r#"{"exports":"./index.mjs/"}"#,
        r#"{"exports":"./missing.js"}"#,
        r#"{"main":3}"#,
        "{",
        "",
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("plugin-{at}");
        modules.write(&format!("{name}/index.mjs"), "");
        symlink(modules.path("secret.js"), modules.path(&format!("{name}/link.js"))).unwrap();
        modules.write(&format!("{name}/package.json"), json);
        let error = modules.load(&name).await.unwrap_err();
        assert_eq!(error.code(), "LOADING_PACKAGE_INVALID", "{json}: {error}");
    }
}

#[tokio::test]
async fn a_link_counts_inside_of_the_root_only() {
    let modules = Modules::new();
    modules
        .write(".pnpm/plugin-a@1.0.0/node_modules/plugin-a/package.json", r#"{"version":"1.0.0"}"#);
    modules.write(".pnpm/plugin-a@1.0.0/node_modules/plugin-a/index.mjs", "");
    symlink(".pnpm/plugin-a@1.0.0/node_modules/plugin-a", modules.path("plugin-a")).unwrap();
    assert!(modules.load("plugin-a").await.unwrap().revision().as_str().starts_with("1.0.0+"));

    modules.write("../packages/plugin-b/package.json", "{}");
    modules.write("../packages/plugin-b/index.mjs", "");
    symlink("../packages/plugin-b", modules.path("plugin-b")).unwrap();
    let error = modules.load("plugin-b").await.unwrap_err();
    assert_eq!(error.code(), "LOADING_PACKAGE_INVALID", "{error}");
    let workspace = modules.packages("plugin-*").within(modules.0.path());
    workspace.load("plugin-b", &LoadOptions::default()).await.unwrap();

    symlink("/etc", modules.path("plugin-etc")).unwrap();
    assert!(workspace.load("plugin-etc", &LoadOptions::default()).await.is_err());
}

#[tokio::test]
async fn a_revision_changes_with_the_files_and_the_version() {
    let modules = Modules::new();
    modules.write("plugin-a/package.json", "{}");
    modules.write("plugin-a/index.mjs", "1");
    let first = modules.load("plugin-a").await.unwrap();
    assert_eq!(modules.load("plugin-a").await.unwrap().revision(), first.revision());
    modules.write("plugin-a/index.mjs", "22");
    assert_ne!(modules.load("plugin-a").await.unwrap().revision(), first.revision());
}

#[tokio::test]
async fn what_is_no_package_of_the_pattern_is_refused() {
    let modules = Modules::new();
    modules.write("other/package.json", "{}");
    let packages = modules.packages("plugin-*");
    for (key, code) in [
        ("other", "LOADING_KEY_INVALID"),
        ("plugin-../other", "LOADING_KEY_INVALID"),
        ("plugin-x/../other", "LOADING_KEY_INVALID"),
        ("../plugin-a", "LOADING_KEY_INVALID"),
        ("plugin-missing", "LOADING_NOT_FOUND"),
    ] {
        let error = packages.load(key, &LoadOptions::default()).await.unwrap_err();
        assert_eq!(error.code(), code, "{key}");
    }
    let option = LoadOptions::from_iter([("sha256".to_owned(), "x".into())]);
    let error = packages.load("plugin-a", &option).await.unwrap_err();
    assert_eq!(error.code(), "LOADING_OPTION_INVALID");
}
