//! The plugins that every tenant's application begins with.

use std::{path::PathBuf, sync::Arc};

use tenantry::config::PluginsConfig;
use tenantry_fastify::{ModuleRef, PartError};
use tenantry_js::ModuleSource;

use super::{modules::Mount, snapshot};
use crate::folder::{self, CorePlugins};

/// What the names of their modules begin with.
const NAME: &str = "core:";
/// Those that are no JavaScript: the server itself does what they do.
const NATIVE: [&str; 2] = ["database", "exception"];

/// The plugins that every tenant's application begins with, in order.
pub(super) struct Plugins {
    pub(super) modules: Vec<ModuleRef>,
    pub(super) source: Option<Arc<dyn ModuleSource>>,
    pub(super) errors: Vec<PartError>,
    /// Whether `db` is the server's own.
    pub(super) has_database: bool,
    /// Whether errors that nobody handles are answered in the server's shape.
    pub(super) has_exception: bool,
}

/// Whether every plugin of the configured order is somewhere.
pub(super) async fn check(config: &PluginsConfig) -> Result<(), String> {
    let found = read(config.dir.clone()).await?;
    for name in &config.core_order {
        let is_there = found.plugins.iter().any(|plugin| plugin.name == *name);
        if !is_there && !is_built_in(name) {
            return Err(format!(
                "plugins.core_order: there is no plugin {name:?}: it is not built in, and {} has no \
                 folder of that name",
                config.dir.display()
            ));
        }
    }
    Ok(())
}

/// The plugins as they are now: those of the configured order, then the others of the folder.
pub(super) async fn load(config: &PluginsConfig) -> Result<Plugins, String> {
    let CorePlugins { mut plugins, errors } = read(config.dir.clone()).await?;
    let mut modules = Vec::new();
    let (mut has_database, mut has_exception) = (false, false);
    for name in &config.core_order {
        if let Some(at) = plugins.iter().position(|plugin| plugin.name == *name) {
            modules.push(mounted(plugins.remove(at)));
            continue;
        }
        match name.as_str() {
            "database" => has_database = true,
            "exception" => has_exception = true,
            _ => modules.extend(built_in(name)),
        }
    }
    modules.extend(plugins.into_iter().map(mounted));
    let source = match modules.is_empty() {
        true => None,
        false => Some(source(config.dir.clone()).await?),
    };
    Ok(Plugins { modules, source, errors, has_database, has_exception })
}

fn mounted(plugin: ModuleRef) -> ModuleRef {
    let module = format!("{NAME}{}", plugin.module);
    ModuleRef { module, ..plugin }
}

fn is_built_in(name: &str) -> bool {
    NATIVE.contains(&name) || ["auth", "logger", "request", "cookie", "static"].contains(&name)
}

fn built_in(_name: &str) -> Option<ModuleRef> {
    None
}

async fn read(folder: PathBuf) -> Result<CorePlugins, String> {
    let reading = tokio::task::spawn_blocking(move || folder::core_plugins(&folder));
    reading.await.map_err(|_| "the runtime is ending".to_owned())
}

async fn source(folder: PathBuf) -> Result<Arc<dyn ModuleSource>, String> {
    let reading = tokio::task::spawn_blocking(move || snapshot::read(&folder));
    let memory = reading.await.map_err(|_| "the runtime is ending".to_owned())??;
    Ok(Arc::new(Mount::new(NAME, Arc::new(memory))))
}
