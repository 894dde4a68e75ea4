//! The plugins that every tenant's application begins with.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use tenantry::config::PluginsConfig;
use tenantry_fastify::{ModuleRef, PartError, plugins};
use tenantry_js::{Folder, ModuleError, ModuleSource, ModuleText, Overlay};

use super::modules::{BuiltIn, Mount};
use crate::{
    error::Broken,
    folder::{self, CorePlugins},
    loading::{Deadline, Loaded, Source, Strategies},
};

/// What the names of modules in the plugins' folder begin with.
const FOLDER: &str = "plugins:";
/// The one that is no JavaScript of the framework's: it gives `db`.
const DATABASE: &str = "database";

/// The plugins that every tenant's application begins with, in order.
pub(super) struct Plugins {
    pub(super) modules: Vec<ModuleRef>,
    pub(super) source: Arc<dyn ModuleSource>,
    pub(super) errors: Vec<PartError>,
    /// Whether `db` is the server's own.
    pub(super) has_database: bool,
}

/// Plugins that are somewhere of their own, and strategies whose keys are plugins.
#[derive(Clone, Debug, Default)]
pub(crate) struct PluginSources {
    pub(crate) named: BTreeMap<String, Source>,
    pub(crate) from: Vec<String>,
}

/// What there is to choose from.
struct Found {
    folder: CorePlugins,
    packages: Vec<(String, Loaded)>,
}

impl Found {
    /// Whether there is a plugin of that name, here or built in.
    fn has(&self, name: &str) -> bool {
        self.folder.plugins.iter().any(|plugin| plugin.name == name)
            || self.packages.iter().any(|(package, _)| package == name)
            || name == DATABASE
            || plugins::built_in(name).is_some()
    }
}

/// A plugin's modules, and what keeps their folder there: a cache may not take it away before the
/// last isolate that may read it has ended.
struct Kept {
    folder: Folder,
    _loaded: Loaded,
}

impl ModuleSource for Kept {
    fn resolve(&self, specifier: &str, from: &str) -> Result<String, ModuleError> {
        self.folder.resolve(specifier, from)
    }

    fn resolve_required(&self, specifier: &str, from: &str) -> Result<String, ModuleError> {
        self.folder.resolve_required(specifier, from)
    }

    fn load(&self, name: &str) -> Result<ModuleText, ModuleError> {
        self.folder.load(name)
    }
}

/// Whether all can be had, and every one of the configured order is somewhere.
pub(super) async fn check(
    config: &PluginsConfig,
    strategies: &Strategies,
    sources: &PluginSources,
    deadline: Deadline,
) -> Result<(), String> {
    find(config, strategies, sources, deadline).await.map(drop)
}

/// The plugins as they are now: those of the configured order, then packages, then what else is in the
/// folder.
pub(super) async fn load(
    config: &PluginsConfig,
    strategies: &Strategies,
    sources: &PluginSources,
    deadline: Deadline,
) -> Result<Plugins, String> {
    let Found { folder, packages } = find(config, strategies, sources, deadline).await?;
    let mut in_folder = folder.plugins;
    let mut source: Arc<dyn ModuleSource> = Arc::new(BuiltIn(plugins::modules()));
    if !in_folder.is_empty() {
        let mount = Mount::new(FOLDER, Arc::new(open(config.dir.clone())?));
        source = Arc::new(Overlay::new(source, Arc::new(mount)));
    }
    let mut from_packages = Vec::new();
    for (name, package) in packages {
        let prefix = format!("package:{name}:");
        let entry = package.entry().unwrap_or("index.mjs");
        from_packages.push(ModuleRef::new(name, format!("{prefix}{entry}")));
        let folder = open(package.root().to_owned())?;
        let mount = Mount::new(prefix, Arc::new(Kept { folder, _loaded: package }));
        source = Arc::new(Overlay::new(source, Arc::new(mount)));
    }
    let mut modules = Vec::new();
    let mut has_database = false;
    for name in &config.core_order {
        let position = |all: &[ModuleRef]| all.iter().position(|plugin| plugin.name == *name);
        if let Some(at) = position(&in_folder) {
            modules.push(mounted(in_folder.remove(at)));
        } else if let Some(at) = position(&from_packages) {
            modules.push(from_packages.remove(at));
        } else if name == DATABASE {
            has_database = true;
        } else {
            modules.extend(plugins::built_in(name));
        }
    }
    modules.extend(from_packages);
    modules.extend(in_folder.into_iter().map(mounted));
    Ok(Plugins { modules, source, errors: folder.errors, has_database })
}

/// All of them, or none: what comes without one of its plugins may come without what keeps strangers out.
async fn find(
    config: &PluginsConfig,
    strategies: &Strategies,
    sources: &PluginSources,
    deadline: Deadline,
) -> Result<Found, String> {
    let dir = config.dir.clone();
    let reading = tokio::task::spawn_blocking(move || folder::core_plugins(&dir));
    let late = |why| format!("plugins.dir, {}: {why}", config.dir.display());
    let folder = deadline.wait(reading).await.map_err(late)?;
    let folder = folder.map_err(|error| Broken::lost(error).message)?;
    let mut packages = Vec::new();
    for (name, source) in &sources.named {
        packages.push((name.clone(), one(strategies, name, source, deadline).await?));
    }
    for strategy in &sources.from {
        let keys = strategies.keys_by(strategy, deadline).await;
        let keys = keys.map_err(|why| {
            format!("the list of plugins of loading strategy {strategy:?} cannot be had: {why}")
        })?;
        for (_, key) in keys {
            let name = config.npm_pattern.as_ref().map(|pattern| named(pattern, &key));
            let name = name.unwrap_or_else(|| key.clone());
            let loaded = one(strategies, &name, &Source::new(strategy, key), deadline).await?;
            packages.push((name, loaded));
        }
    }
    let found = Found { folder, packages };
    match config.core_order.iter().find(|name| !found.has(name)) {
        None => Ok(found),
        Some(name) => Err(format!(
            "plugins.core_order: there is no plugin {name:?}: it is not built in ({DATABASE}, {}), \
             and {} has no folder of that name",
            plugins::NAMES.join(", "),
            config.dir.display()
        )),
    }
}

/// One plugin, from where it comes from.
async fn one(
    strategies: &Strategies,
    name: &str,
    source: &Source,
    deadline: Deadline,
) -> Result<Loaded, String> {
    let loaded = strategies.load_by(source, deadline).await;
    loaded.map_err(|why| format!("plugin {name:?}: {why}"))
}

/// What stands for the `*` of a pattern in a package's name: what it is called here.
fn named(pattern: &str, package: &str) -> String {
    let (before, after) = pattern.split_once('*').unwrap_or(("", ""));
    let name = package.strip_prefix(before).and_then(|name| name.strip_suffix(after));
    name.filter(|name| !name.is_empty()).unwrap_or(package).to_owned()
}

fn mounted(plugin: ModuleRef) -> ModuleRef {
    let module = format!("{FOLDER}{}", plugin.module);
    ModuleRef { module, ..plugin }
}

pub(super) fn open(folder: PathBuf) -> Result<Folder, String> {
    Folder::new(&folder).map_err(|error| format!("{}: {error}", folder.display()))
}
