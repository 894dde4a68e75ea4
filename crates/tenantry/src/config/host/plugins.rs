//! Section `[plugins]`: what every tenant's application begins with.

use std::{collections::BTreeMap, path::PathBuf};

use super::loading::SourceSettings;
use crate::config::reader::Reader;

/// The core plugins that come built in, in the order they are loaded in.
const CORE: [&str; 7] = ["database", "auth", "exception", "logger", "request", "cookie", "static"];

/// The plugins that every tenant's application begins with.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PluginsConfig {
    /// `dir`: the folder with a folder for each plugin; one named as a built-in plugin takes its
    /// place. `plugins` by default; it need not be there.
    pub dir: PathBuf,
    /// `core_order`: which plugins are loaded, in this order. Every built-in one by default.
    pub core_order: Vec<String>,
    /// `npm_pattern`: which packages of `node_modules` are plugins, such as
    /// `"my-company-plugin-*"`. None by default.
    pub npm_pattern: Option<String>,
    /// `node_modules`: the folder of packages. `node_modules` by default.
    pub node_modules: PathBuf,
    /// `[plugins.sources.NAME]`: plugins that come from somewhere else, by their names.
    pub sources: BTreeMap<String, SourceSettings>,
}

impl PluginsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            dir: reader.path_or("plugins.dir", "plugins"),
            core_order: reader
                .texts("plugins.core_order")
                .unwrap_or_else(|| CORE.map(str::to_owned).to_vec()),
            npm_pattern: reader.parsed("plugins.npm_pattern", pattern),
            node_modules: reader.path_or("plugins.node_modules", "node_modules"),
            sources: SourceSettings::read(reader, "plugins.sources"),
        }
    }
}

/// A pattern for packages' names: text with one `*` at most.
pub(super) fn pattern(pattern: &str) -> Result<String, String> {
    if pattern.trim().is_empty() || pattern.matches('*').count() > 1 {
        return Err(r#"allowed is a name with one "*" at most, such as "my-company-*""#.to_owned());
    }
    Ok(pattern.to_owned())
}
