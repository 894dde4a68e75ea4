//! Tables for people, on the terminal and in a file, and the same figures for machines.

mod report;

pub(crate) use report::{Grid, Report};

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::failure::{Doing as _, Result};
use crate::workspace;

/// Prints the report, saves it and the figures as `results/NAME.md` and `results/NAME.json`, and
/// says so.
pub(crate) fn publish(name: &str, report: &Report, figures: &impl Serialize) -> Result<()> {
    println!("{}", report.for_terminal());
    let folder = workspace::bench().join("results");
    fs::create_dir_all(&folder)?;
    let page = folder.join(name).with_extension("md");
    let data = folder.join(name).with_extension("json");
    replace(&page, &report.as_markdown()).doing(page.display())?;
    let mut json = serde_json::to_string_pretty(figures)?;
    json.push('\n');
    replace(&data, &json).doing(data.display())?;
    println!("saved in {} and {}", page.display(), data.display());
    Ok(())
}

/// Puts a file in another's place whole: whoever is interrupted leaves the old one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let new: PathBuf = path.with_extension("tmp");
    fs::write(&new, text)?;
    fs::rename(new, path)
}
