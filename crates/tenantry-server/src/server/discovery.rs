//! Which tenants there are, and where the code of each one is.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use tenantry::TenantId;

use super::Core;
use crate::{
    error::{Result, ServerError},
    loading::{Listing, LoadingError, Source, Strategies},
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
    pub(crate) listing: Listing,
    /// Tenants whose code is somewhere of their own.
    pub(crate) sources: BTreeMap<TenantId, Source>,
    /// Folders and keys that are no tenants, and why.
    pub(crate) refused: Mutex<BTreeMap<String, String>>,
}

impl Discovery {
    /// All tenants there are now, put on the list.
    pub(super) async fn all(&self, core: &Arc<Core>) -> Result<Vec<Arc<Tenant>>> {
        let mut found = BTreeMap::new();
        for id in self.natives.keys().chain(self.sources.keys()) {
            found.insert(id.clone(), ());
        }
        for name in self.names().await? {
            match TenantId::parse_with(core.alphabet, &name) {
                Ok(id) => {
                    found.insert(id, ());
                }
                Err(error) => {
                    let error = error.to_string();
                    tracing::warn!(folder = name, "left out: {error}");
                    let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
                    refused.insert(name, error);
                }
            }
        }
        let mut tenants = Vec::new();
        for id in found.keys() {
            if let Some(tenant) = core.find(id).await? {
                tenants.push(tenant);
            }
        }
        Ok(tenants)
    }

    /// Names of folders and keys of strategies.
    async fn names(&self) -> Result<Vec<String>> {
        let folder = self.folder.clone();
        let listing = tokio::task::spawn_blocking(move || list(&folder)).await;
        let mut names = match listing {
            Ok(listing) => listing?,
            Err(_) => return Err(ServerError::Closed),
        };
        let (ids, failed) = self.listing.ids().await;
        names.extend(ids);
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).extend(failed);
        Ok(names)
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
            None => match self.listing.source(id.as_str()).await.map_err(setup)? {
                Some(source) => Some(source),
                None => return Ok(None),
            },
        };
        let folder = self.folder.join(id.as_str());
        let origin = |log| ScriptOrigin::origin(scripts, id, source, folder, log);
        Ok(Some(core.tenants.add(id, core.log_for(id), origin)))
    }

    /// Whether the code of a tenant on the list is still there.
    pub(crate) async fn is_there(&self, id: &TenantId) -> bool {
        self.natives.contains_key(id)
            || self.sources.contains_key(id)
            || is_folder(self.folder.join(id.as_str())).await
            || matches!(self.listing.source(id.as_str()).await, Ok(Some(_)))
    }
}

fn setup(error: LoadingError) -> ServerError {
    ServerError::Setup(error.to_string())
}

async fn is_folder(path: PathBuf) -> bool {
    tokio::fs::metadata(path).await.is_ok_and(|metadata| metadata.is_dir())
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
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
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
