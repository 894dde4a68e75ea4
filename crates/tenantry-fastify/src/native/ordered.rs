//! The order in which native plugins are registered, and registering one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::panics::said;
use super::{NativePlugin, Scope, Tenant};
use crate::LoadError;

/// The plugins by `order`, each after those that it depends on.
pub(crate) fn ordered(
    plugins: &[Arc<dyn NativePlugin>],
) -> Result<Vec<Arc<dyn NativePlugin>>, LoadError> {
    let mut sorted = plugins.to_vec();
    sorted.sort_by_key(|plugin| plugin.order());
    for (at, plugin) in sorted.iter().enumerate() {
        let fail =
            |message: String| LoadError::Native { plugin: plugin.name().to_owned(), message };
        let is_there = |wanted: &str| sorted[..at].iter().any(|known| known.name() == wanted);
        if is_there(plugin.name()) {
            return Err(fail("it is registered twice".to_owned()));
        }
        if let Some(missing) = plugin.dependencies().iter().find(|it| !is_there(it)) {
            return Err(fail(format!(
                "its dependency {missing:?} is not there, or not before it by `order`"
            )));
        }
    }
    Ok(sorted)
}

/// The scope that a plugin fills for a tenant.
pub(crate) fn filled(plugin: &dyn NativePlugin, tenant: &Tenant) -> Result<Scope, LoadError> {
    let mut scope = Scope::new(tenant.clone());
    let fail = |message| LoadError::Native { plugin: plugin.name().to_owned(), message };
    let registered = catch_unwind(AssertUnwindSafe(|| plugin.register(&mut scope)));
    let registered =
        registered.unwrap_or_else(|panic| Err(format!("it panicked: {}", said(&*panic))));
    registered.map_err(fail)?;
    Ok(scope)
}
