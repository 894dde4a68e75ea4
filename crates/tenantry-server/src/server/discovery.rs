//! Which tenants there are, and where the code of each one is.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::ErrorKind,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use tenantry::TenantId;

use super::Core;
use crate::{
    error::{Result, ServerError},
    loading::{Listed, Listing, LoadingError, Source, Strategies},
    native::{NativeOrigin, TenantModule},
    script::ScriptOrigin,
    tenants::Tenant,
};

/// Which tenants there are.
pub(crate) struct Discovery {
    /// The folder with a folder for each tenant.
    pub(crate) folder: PathBuf,
    /// Those written in Rust.
    pub(crate) natives: BTreeMap<TenantId, Arc<dyn TenantModule>>,
    pub(crate) strategies: Strategies,
    /// Tenants that are keys of strategies.
    pub(crate) listing: Arc<Listing>,
    /// Tenants whose code is somewhere of their own.
    pub(crate) sources: BTreeMap<TenantId, Source>,
    /// Folders and keys that are no tenants, and why.
    pub(crate) refused: Mutex<BTreeMap<String, String>>,
}

impl Discovery {
    /// All tenants there are now, put on the list.
    pub(super) async fn all(&self, core: &Arc<Core>) -> Result<Vec<Arc<Tenant>>> {
        let mut found = self.ids(core, self.listing.ids().await).await?;
        found.extend(self.natives.keys().chain(self.sources.keys()).cloned());
        let mut tenants = Vec::new();
        for id in &found {
            tenants.extend(core.find(id).await?);
        }
        Ok(tenants)
    }

    /// Looks at the tenants' folder again, and at what stores have lately said: whoever has come is put on the list, and
    /// whoever's folder is gone is taken off it, unless it is loaded.
    pub(super) async fn again(&self, core: &Arc<Core>) -> Result<()> {
        let there = self.ids(core, self.listing.ids_lately()).await?;
        let is_new = |id: &&TenantId| core.tenants.get(id).is_none();
        let mut changed: Vec<TenantId> = there.iter().filter(is_new).cloned().collect();
        for tenant in core.tenants.all() {
            if tenant.is_of_folder() && !there.contains(tenant.id()) {
                changed.push(tenant.id().clone());
            }
        }
        for id in &changed {
            core.find(id).await?;
        }
        Ok(())
    }

    /// The names of folders and what strategies have listed, as far as these are ids. The others, and strategies that could
    /// not be asked, are noted, and names told when they are new.
    async fn ids(&self, core: &Core, (listed, failed): Listed) -> Result<BTreeSet<TenantId>> {
        let mut names = self.folders().await?;
        names.extend(listed);
        let (mut ids, mut refused) = (BTreeSet::new(), failed);
        for name in names {
            match TenantId::parse_with(core.alphabet, &name) {
                Ok(id) => {
                    ids.insert(id);
                }
                Err(error) => {
                    refused.insert(name, error.to_string());
                }
            }
        }
        let mut before = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, why) in &refused {
            if before.get(name) != Some(why) {
                tracing::warn!(name, "left out: {why}");
            }
        }
        *before = refused;
        Ok(ids)
    }

    /// Names of the folders in the tenants' folder.
    async fn folders(&self) -> Result<Vec<String>> {
        let folder = self.folder.clone();
        match tokio::task::spawn_blocking(move || list(&folder)).await {
            Ok(listing) => listing,
            Err(_) => Err(ServerError::Closed),
        }
    }

    /// A tenant that is not on the list yet: where its code is. It is put on the list.
    pub(super) async fn find(
        &self,
        core: &Arc<Core>,
        id: &TenantId,
    ) -> Result<Option<Arc<Tenant>>> {
        if let Some(module) = self.natives.get(id) {
            let origin = |_| NativeOrigin::origin(core, id, module);
            return Ok(Some(core.tenants.add(id, core.log_for(id), origin)));
        }
        let Some(scripts) = core.scripts.get() else {
            return Err(ServerError::Closed);
        };
        let source = match self.sources.get(id) {
            Some(source) => Some(source.clone()),
            None if is_folder(self.folder.join(id.as_str())).await => None,
            None => match self.listing.source(id.as_str()).await.map_err(unavailable)? {
                Some(source) => Some(source),
                None => return Ok(None),
            },
        };
        let folder = self.folder.join(id.as_str());
        let origin = |log| ScriptOrigin::origin(scripts, id, source, folder, log);
        Ok(Some(core.tenants.add(id, core.log_for(id), origin)))
    }

    /// Whether the code of a tenant on the list is still there, as far as that can be known: where a disk
    /// or a store does not answer, nobody is taken for gone.
    pub(crate) async fn is_there(&self, id: &TenantId) -> bool {
        self.natives.contains_key(id)
            || self.sources.contains_key(id)
            || !is_no_folder(self.folder.join(id.as_str())).await
            || !matches!(self.listing.source(id.as_str()).await, Ok(None))
    }
}

fn unavailable(error: LoadingError) -> ServerError {
    ServerError::TenantsUnavailable(error.to_string())
}

async fn is_folder(path: PathBuf) -> bool {
    tokio::fs::metadata(path).await.is_ok_and(|metadata| metadata.is_dir())
}

/// Whether there is certainly no folder.
async fn is_no_folder(path: PathBuf) -> bool {
    match tokio::fs::metadata(path).await {
        Ok(metadata) => !metadata.is_dir(),
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

/// Names of the folders in a folder, in order. One that is not there has none.
fn list(folder: &std::path::Path) -> Result<Vec<String>> {
    let cannot = |error| {
        ServerError::Setup(format!(
            "the tenants' folder {} cannot be read: {error}",
            folder.display()
        ))
    };
    let listing = match std::fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(cannot(error)),
    };
    let mut names = Vec::new();
    for entry in listing {
        let entry = entry.map_err(cannot)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && entry.path().is_dir() {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}
