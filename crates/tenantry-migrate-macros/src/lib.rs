//! A folder of migrations, embedded in a program when it is compiled.
//!
//! Use it by its name in `tenantry-migrate`, `embedded_files!`. It needs no other crate: a token
//! stream can be made from text.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use proc_macro::{TokenStream, TokenTree};

/// The files of a folder, as `&[(&str, &str)]`: each one's path in the folder, and its text. The
/// folder is relative to the package's own.
///
/// The compiler sees when a file changes. To see a new one it needs a `build.rs` with
/// `println!("cargo:rerun-if-changed=migrations")`.
#[proc_macro]
pub fn embedded_files(input: TokenStream) -> TokenStream {
    let found = folder(input).and_then(|folder| {
        let mut files = Vec::new();
        list(&folder, &folder, &mut files)?;
        files.sort();
        Ok(files)
    });
    let code = match found {
        Ok(files) => {
            let mut code = "{ const FILES: &[(&str, &str)] = &[".to_owned();
            for (name, path) in files {
                code.push_str(&format!("({name:?}, ::core::include_str!({path:?})),"));
            }
            code.push_str("]; FILES }");
            code
        }
        Err(reason) => format!("::core::compile_error!({reason:?})"),
    };
    code.parse().expect("it is an expression, whatever the names")
}

/// The folder that is named by the only argument, a plain string.
fn folder(input: TokenStream) -> Result<PathBuf, String> {
    let mut tokens = input.into_iter();
    let (Some(TokenTree::Literal(literal)), None) = (tokens.next(), tokens.next()) else {
        return Err("write the folder as one string, such as \"migrations/tenant\"".to_owned());
    };
    let text = literal.to_string();
    let name = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let name = name.filter(|name| !name.contains('\\'));
    let name = name.ok_or_else(|| format!("{text} is no plain string, such as \"migrations\""))?;
    let package = env::var("CARGO_MANIFEST_DIR").map_err(|error| error.to_string())?;
    Ok(Path::new(&package).join(name))
}

/// Everything below a folder that may be a part of migrations.
fn list(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("cannot read {}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            list(root, &path, files)?;
            continue;
        }
        let is_part = path.extension().is_some_and(|end| end == "sql" || end == "json");
        let name = path.strip_prefix(root).ok().and_then(Path::to_str);
        if let (true, Some(name), Some(path)) = (is_part, name, path.to_str()) {
            files.push((name.to_owned(), path.to_owned()));
        }
    }
    Ok(())
}
