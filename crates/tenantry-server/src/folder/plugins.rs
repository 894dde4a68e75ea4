//! Folders of plugins: `plugins/<name>/index.mjs`, or `plugins/<name>.mjs`.

use std::path::Path;

use tenantry_fastify::{ModuleRef, PartError};

use super::{
    CODE,
    entries::{Entries, joined},
    parts, wrong,
};

/// The plugins in a folder below `root`, in the order of their names.
pub(super) fn scan(root: &Path, folder: &str, errors: &mut Vec<PartError>) -> Vec<ModuleRef> {
    let mut plugins = parts::parts(root, "plugin", folder, &CODE, errors);
    let Some(entries) = Entries::read(root, folder, errors) else {
        return plugins;
    };
    for name in &entries.folders {
        let within = joined(folder, name);
        let Some(inside) = Entries::read(root, &within, errors) else {
            continue;
        };
        let part = format!("plugin {name}");
        let Some(index) = parts::only(&inside, "index", &CODE, errors) else {
            errors.push(wrong(part, within, "there is no index.mjs in it"));
            continue;
        };
        let module = joined(&within, &index);
        match plugins.iter().find(|plugin| plugin.name == *name) {
            Some(other) => {
                let message = format!("there is {} already; keep one of them", other.module);
                errors.push(wrong(part, module, message));
            }
            None => plugins.push(ModuleRef::new(name, module)),
        }
    }
    plugins.sort_by(|one, other| one.name.cmp(&other.name));
    plugins
}

/// The plugins that all tenants get from a folder.
#[derive(Debug, Default)]
pub(crate) struct CorePlugins {
    pub(crate) plugins: Vec<ModuleRef>,
    pub(crate) errors: Vec<PartError>,
}

/// Reads the folder of plugins for all tenants. One that is not there has none; one that cannot be read is broken.
pub(crate) fn core_plugins(root: &Path) -> CorePlugins {
    if matches!(root.try_exists(), Ok(false)) {
        return CorePlugins::default();
    }
    let mut errors = Vec::new();
    let plugins = scan(root, "", &mut errors);
    CorePlugins { plugins, errors }
}
