//! Where a tenant's JavaScript comes from.

use std::{path::PathBuf, sync::Arc};

use futures_util::future::BoxFuture;
use tenantry::TenantId;

use super::{Scripts, blueprint::ScriptBlueprint};
use crate::{
    application::{Blueprint, Origin},
    error::Broken,
    folder,
    loading::{Loaded, Source},
    log::TenantLog,
};

/// Where a tenant's JavaScript comes from: a folder, or what a loading strategy gives.
pub(crate) struct ScriptOrigin {
    scripts: Arc<Scripts>,
    id: TenantId,
    source: Option<Source>,
    folder: PathBuf,
    log: Arc<TenantLog>,
}

impl ScriptOrigin {
    pub(crate) fn origin(
        scripts: &Arc<Scripts>,
        id: &TenantId,
        source: Option<Source>,
        folder: PathBuf,
        log: Arc<TenantLog>,
    ) -> Arc<dyn Origin> {
        Arc::new(Self { scripts: Arc::clone(scripts), id: id.clone(), source, folder, log })
    }

    /// The folder, and what keeps it there.
    async fn root(&self) -> Result<(PathBuf, Option<Loaded>), Broken> {
        let Some(source) = &self.source else {
            return Ok((self.folder.clone(), None));
        };
        let Scripts { strategies, config, .. } = &*self.scripts;
        let loaded = strategies.load_within(source, config.limits.load).await;
        let loaded = loaded.map_err(Broken::whole)?;
        Ok((loaded.root().to_owned(), Some(loaded)))
    }
}

impl Origin for ScriptOrigin {
    fn open(&self) -> BoxFuture<'_, Result<Arc<dyn Blueprint>, Broken>> {
        Box::pin(async move {
            let (root, kept) = self.root().await?;
            let folder = root.clone();
            let scanned = tokio::task::spawn_blocking(move || folder::scan(&folder)).await;
            let scanned = scanned.map_err(Broken::lost)?;
            let (scripts, id, log) = (&self.scripts, &self.id, &self.log);
            let blueprint = ScriptBlueprint::new(scripts, id, root, kept, scanned, log).await?;
            let blueprint: Arc<dyn Blueprint> = Arc::new(blueprint);
            Ok(blueprint)
        })
    }

    fn kind(&self) -> &str {
        self.source.as_ref().map_or("folder", |source| source.strategy.as_str())
    }
}
