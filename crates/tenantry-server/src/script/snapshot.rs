//! A folder's modules as they were at one moment.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tenantry_js::{Memory, ModuleKind};

/// What modules end in.
const MODULES: [&str; 6] = ["mjs", "js", "cjs", "json", "ts", "mts"];
/// The most that is kept of one folder, in bytes, and files.
const LARGEST: u64 = 32 << 20;
const MOST: usize = 20_000;

/// Reads all modules of a folder, packages in it included: every isolate of one version runs the same
/// text, whatever happens to the files meanwhile. Links are followed within the folder only.
pub(super) fn read(root: &Path) -> Result<Memory, String> {
    let root = root.canonicalize().map_err(|error| format!("{}: {error}", root.display()))?;
    let mut reading = Reading { memory: Memory::new(), bytes: 0, files: 0, root: root.clone() };
    reading.folder(&root, "", false, 0)?;
    Ok(reading.memory)
}

struct Reading {
    memory: Memory,
    bytes: u64,
    files: usize,
    root: PathBuf,
}

impl Reading {
    fn folder(
        &mut self,
        folder: &Path,
        name: &str,
        is_commonjs: bool,
        depth: usize,
    ) -> Result<(), String> {
        if depth > 32 {
            return Err(format!("{name}: folders are nested too deep, or a link leads to itself"));
        }
        let unreadable = |error: std::io::Error| format!("{name}: it cannot be read: {error}");
        // The nearest package.json says what a .js is.
        let is_commonjs = package_is_commonjs(&folder.join("package.json")).unwrap_or(is_commonjs);
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let Some(file) = entry.file_name().to_str().map(ToOwned::to_owned) else { continue };
            if file.starts_with('.') {
                continue;
            }
            // What cannot be followed, or leads out, is not there: who imports it hears so.
            let Ok(path) = entry.path().canonicalize() else { continue };
            if !path.starts_with(&self.root) {
                continue;
            }
            let name = if name.is_empty() { file.clone() } else { format!("{name}/{file}") };
            if path.is_dir() {
                self.folder(&path, &name, is_commonjs, depth + 1)?;
            } else if is_module(&file) && path.is_file() {
                self.file(&path, name, is_commonjs)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, name: String, is_commonjs: bool) -> Result<(), String> {
        let unreadable = |error: std::io::Error| format!("{name}: it cannot be read: {error}");
        self.files += 1;
        self.bytes += fs::metadata(path).map_err(unreadable)?.len();
        if self.bytes > LARGEST || self.files > MOST {
            return Err(format!("the modules are more than {LARGEST} bytes, or {MOST} files"));
        }
        let text = fs::read(path).map_err(unreadable)?;
        let Ok(text) = String::from_utf8(text) else {
            return Err(format!("{name}: it is not UTF-8"));
        };
        let kind = match ModuleKind::of(&name) {
            ModuleKind::Esm if name.ends_with(".js") && (is_commonjs || looks_commonjs(&text)) => {
                ModuleKind::CommonJs
            }
            kind => kind,
        };
        let memory = std::mem::take(&mut self.memory);
        self.memory = memory.with_kind(name, text, kind);
        Ok(())
    }
}

fn is_module(file: &str) -> bool {
    file.rsplit_once('.').is_some_and(|(_, ending)| MODULES.contains(&ending))
}

/// As Node has it: `"type": "module"`, or CommonJS where a package says nothing.
fn package_is_commonjs(path: &Path) -> Option<bool> {
    let text = fs::read_to_string(path).ok()?;
    let package: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(package.get("type").and_then(serde_json::Value::as_str) != Some("module"))
}

/// A `.js` that exports as CommonJS does, and nothing as a module does.
fn looks_commonjs(text: &str) -> bool {
    let exports = ["module.exports", "exports."].iter().any(|sign| text.contains(sign));
    let is_module = text.lines().any(|line| {
        let line = line.trim_start();
        line.starts_with("export ") || line.starts_with("export{") || line.starts_with("import ")
    });
    exports && !is_module
}
