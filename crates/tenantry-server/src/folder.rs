//! A tenant's folder, or that of core plugins, read into what is to be loaded.

mod configuration;
mod entries;
mod environment;
mod parts;
mod plugins;

use std::{collections::BTreeMap, path::Path};

use tenantry_fastify::{ConfigSource, Manifest, PartError};

use self::{entries::Entries, parts::parts};

pub(crate) use self::plugins::{CorePlugins, core_plugins};

/// What a tenant's code may end in.
const CODE: [&str; 4] = ["mjs", "js", "cjs", "ts"];
/// What its schemas may, too.
const SCHEMAS: [&str; 5] = ["json", "mjs", "js", "cjs", "ts"];

/// A tenant's folder, read.
#[derive(Debug)]
pub(crate) struct Scanned {
    pub(crate) manifest: Manifest,
    /// What is wrong with parts that are in no module, or that no module can say.
    pub(crate) errors: Vec<PartError>,
    /// The tenant's `process.env`, of its file `.env`.
    pub(crate) environment: BTreeMap<String, String>,
}

/// Reads which parts there are, in the order they are loaded in: by kind, then by name.
///
/// What is wrong is told by part, so that the rest can be loaded.
pub(crate) fn scan(root: &Path) -> Scanned {
    let mut errors = Vec::new();
    let environment = environment::read(root, &mut errors);
    let Some(top) = Entries::read(root, "", &mut errors) else {
        return Scanned { manifest: Manifest::default(), errors, environment };
    };
    let config = configuration::find(root, &top, &mut errors);
    let index = parts::only(&top, "index", &CODE, &mut errors);
    let plugins = match top.has_folder("plugins") {
        true => plugins::scan(root, "plugins", &mut errors),
        false => Vec::new(),
    };
    let mut of =
        |kind: &'static str, folder: &str, extensions: &[&str]| match top.has_folder(folder) {
            true => parts(root, kind, folder, extensions, &mut errors),
            false => Vec::new(),
        };
    let schemas = of("schema", "schemas", &SCHEMAS);
    let services = of("service", "services", &CODE);
    let routes = of("routes", "routes", &CODE);
    let manifest = Manifest {
        config: config.unwrap_or(ConfigSource::None),
        index,
        core_plugins: Vec::new(),
        plugins,
        schemas,
        services,
        routes,
    };
    Scanned { manifest, errors, environment }
}

/// Something that is wrong with a file or folder as a whole.
fn wrong(
    part: impl Into<String>,
    file: impl Into<String>,
    message: impl Into<String>,
) -> PartError {
    PartError {
        part: part.into(),
        file: file.into(),
        line: None,
        column: None,
        message: message.into(),
    }
}

#[cfg(test)]
mod tests;
