//! Reloads what changes on disk, while somebody works on it.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode},
};
use tenantry::TenantId;
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

use crate::{
    error::{Result, ServerError},
    server::{Core, MultiTenantServer},
};

/// How long nothing has to change before what has changed is reloaded: an editor writes in steps.
const QUIET: Duration = Duration::from_millis(15);
/// How often that may begin again.
const PATIENCE: u32 = 20;

/// Watches the folders of tenants and of plugins, until it is dropped.
#[derive(Debug)]
pub struct Watch {
    _watcher: RecommendedWatcher,
    task: JoinHandle<()>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What has changed.
#[derive(Default)]
struct Changed {
    tenants: BTreeSet<String>,
    plugins: bool,
}

impl MultiTenantServer {
    /// Reloads a tenant when a file of its folder changes, and every loaded tenant when one of the plugins
    /// for all does; as long as what this gives is not dropped. A folder that appears is a new tenant, one
    /// that goes is unloaded. Where the new version cannot be loaded, the old one stays, and the log says why.
    ///
    /// # Errors
    ///
    /// [`ServerError::Setup`] where the system cannot watch the folders.
    pub fn watch(&self) -> Result<Watch> {
        let core = Arc::clone(self.core());
        let (tell, changes) = mpsc::unbounded_channel();
        let cannot = |error: notify::Error| {
            ServerError::Setup(format!("the tenants' folder cannot be watched: {error}"))
        };
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if let Ok(event) = event
                && is_change(&event.kind)
            {
                // Nobody listens any more: then nothing is to be reloaded.
                let _ = tell.send(event.paths);
            }
        })
        .map_err(cannot)?;
        // Events name the real paths.
        let real = |folder: &Path| folder.canonicalize().ok();
        let tenants = real(&core.config.tenants.dir);
        let plugins = real(&core.config.plugins.dir);
        let Some(tenants) = tenants else {
            let folder = core.config.tenants.dir.display();
            return Err(ServerError::Setup(format!(
                "there is no folder {folder} to be watched: make it, with a folder for each tenant in it, or \
                 name another (tenants.dir, --tenants)"
            )));
        };
        watcher.watch(&tenants, RecursiveMode::Recursive).map_err(cannot)?;
        if let Some(plugins) = &plugins {
            watcher.watch(plugins, RecursiveMode::Recursive).map_err(cannot)?;
        }
        let task = tokio::spawn(follow(core, changes, tenants, plugins));
        Ok(Watch { _watcher: watcher, task })
    }
}

/// Reading is no change, and neither is a file that is still being written.
fn is_change(kind: &EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    }
}

async fn follow(
    core: Arc<Core>,
    mut changes: mpsc::UnboundedReceiver<Vec<PathBuf>>,
    tenants: PathBuf,
    plugins: Option<PathBuf>,
) {
    while let Some(paths) = changes.recv().await {
        let mut changed = Changed::default();
        changed.add(&paths, &tenants, plugins.as_deref());
        for _ in 0..PATIENCE {
            match timeout(QUIET, changes.recv()).await {
                Ok(Some(paths)) => changed.add(&paths, &tenants, plugins.as_deref()),
                _ => break,
            }
        }
        reload(&core, changed).await;
    }
}

impl Changed {
    fn add(&mut self, paths: &[PathBuf], tenants: &Path, plugins: Option<&Path>) {
        for path in paths {
            if let Ok(below) = path.strip_prefix(tenants)
                && let Some(first) = below.components().next()
                && let Some(name) = first.as_os_str().to_str()
            {
                self.tenants.insert(name.to_owned());
            } else if plugins.is_some_and(|plugins| path.starts_with(plugins)) {
                self.plugins = true;
            }
        }
    }
}

async fn reload(core: &Arc<Core>, changed: Changed) {
    let mut ids: BTreeSet<TenantId> = BTreeSet::new();
    for name in &changed.tenants {
        // Anything else in the folder is no tenant's.
        ids.extend(TenantId::parse_with(core.alphabet, name));
    }
    if changed.plugins {
        let loaded = core.tenants.all().into_iter().filter(|tenant| tenant.is_loaded());
        ids.extend(loaded.map(|tenant| tenant.id().clone()));
    }
    let reloading = ids.into_iter().map(|id| one(core, id));
    futures_util::future::join_all(reloading).await;
}

async fn one(core: &Arc<Core>, id: TenantId) {
    if let Some(tenant) = core.tenants.get(&id)
        && !core.discovery.is_there(&id).await
    {
        core.tenants.remove(&id);
        tenant.unload().await;
        tracing::info!(tenant = %id, "gone");
        return;
    }
    let tenant = match core.find(&id).await {
        Ok(Some(tenant)) => tenant,
        Ok(None) => return,
        Err(error) => return tracing::error!(tenant = %id, code = error.code(), "{error}"),
    };
    let start = std::time::Instant::now();
    match tenant.reload(&core.tenants).await {
        Ok(_) => tracing::info!(tenant = %id, took = ?start.elapsed(), "reloaded"),
        Err(error @ ServerError::TenantInactive(_)) => tracing::info!(tenant = %id, "{error}"),
        Err(error) => tracing::error!(tenant = %id, code = error.code(), "not reloaded: {error}"),
    }
}
