//! temporary
use super::*;
use crate::application::*;
use crate::error::Broken;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
pub(super) struct ScriptBlueprint;
impl ScriptBlueprint {
    pub(super) async fn new(
        _: &Arc<Scripts>,
        _: &tenantry::TenantId,
        _: std::path::PathBuf,
        _: Option<crate::loading::Loaded>,
        _: crate::folder::Scanned,
        _: &Arc<crate::log::TenantLog>,
    ) -> Result<Self, Broken> {
        Ok(Self)
    }
}
impl Blueprint for ScriptBlueprint {
    fn build(&self) -> BoxFuture<'_, Result<Arc<dyn Application>, Broken>> {
        Box::pin(async { Err(Broken::whole("x")) })
    }
    fn most(&self) -> usize {
        1
    }
    fn open_requests(&self) -> usize {
        1
    }
    fn wall(&self) -> Duration {
        Duration::from_secs(1)
    }
}
