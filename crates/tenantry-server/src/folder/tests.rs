use std::fs;

use tempfile::TempDir;

use super::*;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn names(parts: &[tenantry_fastify::ModuleRef]) -> Vec<(&str, &str)> {
    parts.iter().map(|part| (part.name.as_str(), part.module.as_str())).collect()
}

fn told(scanned: &Scanned) -> Vec<String> {
    scanned.errors.iter().map(ToString::to_string).collect()
}

#[test]
fn a_folder_is_read_by_kind_and_name() {
    let folder = folder(&[
        ("config.js", ""),
        ("index.mjs", ""),
        ("README.md", ""),
        ("plugins/mail/index.mjs", ""),
        ("plugins/audit.mjs", ""),
        ("routes/users.mjs", ""),
        ("routes/index.mjs", ""),
        ("routes/.hidden.mjs", ""),
        ("routes/notes.txt", ""),
        ("routes/lib/shared.mjs", ""),
        ("schemas/user.json", ""),
        ("schemas/address.mjs", ""),
        ("services/UserService.mjs", ""),
        ("services/types.d.ts", ""),
        (".env", "# mine\nKEY=a b # c\nexport TOKEN=\"x # \\\"y\\\"\"\nQUOTED='z'\n"),
    ]);
    let scanned = scan(folder.path());
    assert_eq!(told(&scanned), [""; 0]);
    let manifest = &scanned.manifest;
    assert_eq!(manifest.config, ConfigSource::Module("config.js".to_owned()));
    assert_eq!(manifest.index.as_deref(), Some("index.mjs"));
    assert_eq!(
        names(&manifest.plugins),
        [("audit", "plugins/audit.mjs"), ("mail", "plugins/mail/index.mjs")]
    );
    assert_eq!(
        names(&manifest.routes),
        [("index", "routes/index.mjs"), ("users", "routes/users.mjs")]
    );
    assert_eq!(
        names(&manifest.schemas),
        [("address", "schemas/address.mjs"), ("user", "schemas/user.json")]
    );
    assert_eq!(names(&manifest.services), [("UserService", "services/UserService.mjs")]);
    let variables: Vec<_> =
        scanned.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(variables, [("KEY", "a b"), ("QUOTED", "z"), ("TOKEN", "x # \"y\"")]);
}

#[test]
fn documents_are_read_with_the_place_of_what_is_wrong() {
    let value = |name: &str, text: &str| scan(folder(&[(name, text)]).path());
    let read = ConfigSource::Value(serde_json::json!({"active": false, "limits": {"cpu": "1s"}}));
    let json = value("config.json", r#"{"active": false, "limits": {"cpu": "1s"}}"#);
    assert_eq!(json.manifest.config, read);
    let toml = value("config.toml", "active = false\n[limits]\ncpu = '1s'\n");
    assert_eq!(toml.manifest.config, read);
    assert_eq!(
        told(&value("config.json", "{\n  \"active\": no\n}")),
        ["config (config.json:2:14): not valid JSON: expected ident"]
    );
    assert_eq!(
        told(&value("config.json", "[]")),
        ["config (config.json:1:1): a configuration is an object, in braces"]
    );
    let toml = told(&value("config.toml", "active = true\nactive = false"));
    assert_eq!(toml, ["config (config.toml:2:1): not valid TOML: duplicate key"]);
}

#[test]
fn what_is_wrong_is_told_by_part_and_the_rest_is_there() {
    let folder = folder(&[
        ("config.js", ""),
        ("config.toml", ""),
        ("plugins/empty/notes.txt", ""),
        ("services/User.mjs", ""),
        ("services/User.js", ""),
        (".env", "SECRET\n"),
    ]);
    let outside = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(outside.path(), folder.path().join("routes")).expect("a link");
    let scanned = scan(folder.path());
    assert_eq!(
        told(&scanned),
        [
            "environment (.env:1): write NAME=value, or NAME=\"value\" where it has blanks or a #",
            "folder (routes): this link leads out of the tenant's folder",
            "config (config.toml): there is config.js already; keep one of them",
            "plugin empty (plugins/empty): there is no index.mjs in it",
            "service User (services/User.mjs): there is services/User.js already; keep one of them",
        ]
    );
    assert_eq!(scanned.manifest.services.len(), 1);
}
