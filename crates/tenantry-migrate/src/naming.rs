//! Migrations by the names that people type.

use crate::{
    Failure, Result,
    step::{Series, Step},
};

/// The migration of this name, or the only one whose name begins with it: `0012_orders.sql`,
/// `0012_orders`, `0012`, `12`.
pub(crate) fn find<'a>(series: &'a Series, name: &str) -> Result<&'a Step> {
    let files = series.steps();
    let is_it = |file: &&Step| *file.name == *name || stem(&file.name) == name;
    if let Some(file) = files.iter().find(is_it) {
        return Ok(file);
    }
    let number = name.parse().ok();
    if let Some(file) = files.iter().find(|file| Some(file.number) == number) {
        return Ok(file);
    }
    let beginning: Vec<&Step> =
        files.iter().filter(|file| !name.is_empty() && file.name.starts_with(name)).collect();
    match beginning.as_slice() {
        [file] => Ok(file),
        [] => {
            let folder = series.folder.display();
            let message = format!("there is no migration {name:?} in {folder}");
            let newest = files.last().map(|file| format!("the newest is {}", file.name));
            let failure = Failure::new("MIGRATION_UNKNOWN", message);
            Err(match newest {
                Some(hint) => failure.hint(hint).into(),
                None => failure.into(),
            })
        }
        [first, second, ..] => {
            let message = format!(
                "{name:?} may be {} or {}; write more of its name",
                first.name, second.name
            );
            Err(Failure::new("MIGRATION_UNKNOWN", message).into())
        }
    }
}

/// A migration's name without its ending.
pub(crate) fn stem(name: &str) -> &str {
    name.strip_suffix(".sql").unwrap_or(name)
}
