//! Where things are in the repository this was built from.

use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};

/// The folder `bench/`.
pub(crate) fn bench() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn root() -> &'static Path {
    bench().parent().unwrap_or(bench())
}

/// The folder of the example that is measured.
pub(crate) fn projects_api() -> PathBuf {
    root().join("examples/projects-api")
}

/// A program of the workspace, built for production.
pub(crate) fn production_binary(name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| root().join("target")).join("production").join(name)
}

/// Refuses to measure what can't be run, with the command that makes it.
pub(crate) fn require(title: &str, path: &Path, how: &str) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    Err(Failure::new(format!("{title} needs {}: {how}", path.display())))
}
