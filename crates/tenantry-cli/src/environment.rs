//! The file `.env`, the configuration and ids from the command line.

use std::path::Path;

use tenantry::{Config, TenantId, config::ConfigLoader};

use crate::{
    arguments::Global,
    failure::{Exit, Failure, Result},
};

/// Adds the variables of `.env` in the current folder, where the environment doesn't have them.
pub(crate) fn load() -> Result<()> {
    match dotenvy::from_path(Path::new(".env")) {
        Ok(()) => Ok(()),
        Err(error) if error.not_found() => Ok(()),
        // The parser's own message repeats the line, which may hold a secret.
        Err(dotenvy::Error::LineParse(line, column)) => {
            let number =
                line_number(&line).map_or_else(String::new, |line| format!(", line {line}"));
            Err(invalid(&format!(
                "{number}: it cannot be read from character {column} on; write NAME=value, in quotes if it has spaces"
            )))
        }
        Err(error) => Err(invalid(&format!(": {error}"))),
    }
}

fn invalid(what: &str) -> Failure {
    Failure::new(Exit::Usage, "CONFIG_INVALID", format!("invalid .env{what}"))
}

fn line_number(line: &str) -> Option<usize> {
    let text = std::fs::read_to_string(".env").ok()?;
    Some(1 + text.lines().position(|found| found.trim() == line.trim())?)
}

/// The configuration, before it is checked.
pub(crate) fn loader(global: &Global) -> ConfigLoader {
    match &global.config {
        Some(file) => Config::loader().file(file),
        None => Config::loader(),
    }
}

/// The configuration.
pub(crate) fn config(global: &Global) -> Result<Config> {
    Ok(loader(global).load()?)
}

/// Ids as they were typed, checked before anything is connected to.
pub(crate) fn tenant_ids(config: &Config, ids: &[String]) -> Result<Vec<TenantId>> {
    ids.iter().map(|id| Ok(config.parse_tenant_id(id)?)).collect()
}
