//! The order in which native plugins are registered.

use std::sync::Arc;

use super::{NativePlugin, Scope};
use crate::LoadError;

/// Each plugin's name, and the scope that it has filled: by `order`, each after those that it depends on.
pub(crate) fn ordered(plugins: &[Arc<dyn NativePlugin>]) -> Result<Vec<(&str, Scope)>, LoadError> {
    let mut sorted: Vec<_> = plugins.iter().collect();
    sorted.sort_by_key(|plugin| plugin.order());
    let mut filled: Vec<(&str, Scope)> = Vec::new();
    for plugin in sorted {
        let name = plugin.name();
        let fail = |message: String| LoadError::Native { plugin: name.to_owned(), message };
        let is_there = |wanted: &str| filled.iter().any(|(known, _)| *known == wanted);
        if is_there(name) {
            return Err(fail("it is registered twice".to_owned()));
        }
        if let Some(missing) = plugin.dependencies().iter().find(|it| !is_there(it)) {
            return Err(fail(format!(
                "its dependency {missing:?} is not there, or not before it by `order`"
            )));
        }
        let mut scope = Scope::default();
        plugin.register(&mut scope).map_err(fail)?;
        filled.push((name, scope));
    }
    Ok(filled)
}
