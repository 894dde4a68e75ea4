//! Where a tenant's JavaScript comes from.

use std::{path::PathBuf, sync::Arc};

use futures_util::future::BoxFuture;
use tenantry::TenantId;

use super::{Scripts, blueprint::ScriptBlueprint};
use crate::{
    application::{Blueprint, Origin},
    error::Broken,
    folder,
    loading::{Deadline, Loaded, Source},
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
    async fn root(&self, deadline: Deadline) -> Result<(PathBuf, Option<Loaded>), Broken> {
        let Some(source) = &self.source else {
            return Ok((self.folder.clone(), None));
        };
        let loaded = self.scripts.strategies.load_by(source, deadline).await;
        let loaded = loaded.map_err(Broken::whole)?;
        Ok((loaded.root().to_owned(), Some(loaded)))
    }
}

impl Origin for ScriptOrigin {
    fn open(&self) -> BoxFuture<'_, Result<Arc<dyn Blueprint>, Broken>> {
        Box::pin(async move {
            let (scripts, id, log) = (&self.scripts, &self.id, &self.log);
            // It begins with this, so that it is the same moment for all that is to be loaded.
            let deadline = Deadline::after(scripts.config.limits.load);
            let (root, kept) = self.root(deadline).await?;
            let folder = root.clone();
            let scanning = tokio::task::spawn_blocking(move || folder::scan(&folder));
            let late = |why| Broken::whole(format!("the folder {}: {why}", root.display()));
            let scanned = deadline.wait(scanning).await.map_err(late)?.map_err(Broken::lost)?;
            let core = scripts.plugins(deadline).await.map_err(Broken::whole)?;
            let blueprint = ScriptBlueprint::new(scripts, id, root, kept, scanned, core, log)?;
            let blueprint: Arc<dyn Blueprint> = Arc::new(blueprint);
            Ok(blueprint)
        })
    }

    fn kind(&self) -> &str {
        self.source.as_ref().map_or("folder", |source| source.strategy.as_str())
    }
}
