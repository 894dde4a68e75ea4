use std::collections::BTreeMap;

use serde_json::Value;
use tenantry::config::{HostConfig, SourceSettings};

use super::{LoadingError, NodeModules, Source, Strategies};

/// The strategy of packages that are tenants, where the configuration has a pattern for them.
const NPM_TENANTS: &str = "npm-tenants";
/// That of packages that are plugins.
const NPM_PLUGINS: &str = "npm-plugins";

/// What the configuration says of where tenants and plugins come from.
#[derive(Debug, Default)]
pub(crate) struct Configured {
    /// The strategies whose keys are tenants.
    pub(crate) from: Vec<String>,
    /// Tenants of their own sources, by their ids.
    pub(crate) tenants: BTreeMap<String, Source>,
    /// Plugins of their own sources, by their names.
    pub(crate) plugins: BTreeMap<String, Source>,
    /// The strategies whose keys are plugins.
    pub(crate) plugins_from: Vec<String>,
}

/// Adds the strategies that the configuration says.
///
/// # Errors
///
/// A store that cannot be, a cache that cannot be used, a name that is there already.
pub(crate) fn configured(
    config: &HostConfig,
    strategies: &Strategies,
) -> Result<Configured, LoadingError> {
    add_stores(config, strategies)?;
    let mut configured = Configured { from: config.tenants.from.clone(), ..Configured::default() };
    let packages = |pattern: &str| {
        Ok::<_, LoadingError>(NodeModules::new(&config.plugins.node_modules, pattern.parse()?))
    };
    if let Some(pattern) = &config.tenants.npm_pattern {
        strategies.add(NPM_TENANTS, packages(pattern)?)?;
        configured.from.push(NPM_TENANTS.to_owned());
    }
    if let Some(pattern) = &config.plugins.npm_pattern {
        strategies.add(NPM_PLUGINS, packages(pattern)?)?;
        configured.plugins_from.push(NPM_PLUGINS.to_owned());
    }
    configured.tenants = sources(&config.tenants.sources);
    configured.plugins = sources(&config.plugins.sources);
    Ok(configured)
}

fn sources(settings: &BTreeMap<String, SourceSettings>) -> BTreeMap<String, Source> {
    let source = |settings: &SourceSettings| Source {
        strategy: settings.strategy.clone(),
        key: settings.key.clone(),
        options: settings
            .options
            .iter()
            .map(|(option, value)| (option.clone(), Value::from(value.clone())))
            .collect(),
    };
    settings.iter().map(|(name, settings)| (name.clone(), source(settings))).collect()
}

#[cfg(feature = "object-store")]
fn add_stores(config: &HostConfig, strategies: &Strategies) -> Result<(), LoadingError> {
    use secrecy::ExposeSecret;

    let loading = &config.loading;
    if loading.stores.is_empty() {
        return Ok(());
    }
    let cache = super::Cache::open(&loading.cache, loading.cache_size as u64)?;
    for (name, store) in &loading.stores {
        let options = store.options.iter();
        let options = options.map(|(option, value)| (option, value.expose_secret()));
        strategies.add(name, super::Remote::open(&store.url, options, &cache)?)?;
    }
    Ok(())
}

#[cfg(not(feature = "object-store"))]
fn add_stores(config: &HostConfig, _strategies: &Strategies) -> Result<(), LoadingError> {
    match config.loading.stores.keys().next() {
        None => Ok(()),
        Some(name) => {
            let reason = "this server was built without the feature object-store";
            Err(LoadingError::invalid_key(&format!("loading.{name}"), reason))
        }
    }
}
