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
use tokio::{
    sync::mpsc::{self, UnboundedReceiver},
    task::JoinHandle,
    time::timeout,
};

use crate::{
    error::{Result, ServerError},
    server::{Core, MultiTenantServer},
    tenants::{Condition, Tenant},
};

/// How long nothing has to change before what has changed is reloaded: an editor writes in steps.
const QUIET: Duration = Duration::from_millis(15);
/// How often that may begin again.
const PATIENCE: u32 = 20;

/// Watches the folders of tenants and of plugins, until it is dropped.
#[derive(Debug)]
pub struct Watch {
    task: JoinHandle<()>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The folders that are watched.
#[derive(PartialEq, Eq)]
struct Folders {
    tenants: Watched,
    plugins: Watched,
}

/// A folder that is watched, and need not be there.
#[derive(PartialEq, Eq)]
struct Watched {
    /// Where it really is, if it is there: events name real paths.
    real: Option<PathBuf>,
    /// By what name it comes and goes: its own, or that of a folder above it, in a folder that is there.
    way: Option<PathBuf>,
}

/// What has changed.
#[derive(Default)]
struct Changed {
    /// The folder of all tenants has come, gone, or is another one.
    all_tenants: bool,
    tenants: BTreeSet<String>,
    /// The same of that of plugins.
    all_plugins: bool,
    plugins: bool,
}

impl MultiTenantServer {
    /// Reloads a tenant when a file of its folder changes, and every tenant that is loaded, or could not be,
    /// when one of the plugins for all does; as long as what this gives is not dropped. A folder that appears
    /// is a new tenant, one that goes is unloaded; the folder of plugins need not be there yet. Where the new
    /// version cannot be loaded, the old one stays, and the log says why.
    ///
    /// # Errors
    ///
    /// [`ServerError::Setup`] where the system cannot watch the folders, or there is none for tenants.
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
        let mut folders = Folders::of(&core);
        if folders.tenants.real.is_none() {
            let folder = core.config.tenants.dir.display();
            return Err(ServerError::Setup(format!(
                "there is no folder {folder} to be watched: make it, with a folder for each tenant in it, or \
                 name another (tenants.dir, --tenants)"
            )));
        }
        folders.watch(&core, &mut watcher).map_err(cannot)?;
        let task = tokio::spawn(follow(core, changes, watcher, folders));
        Ok(Watch { task })
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
    mut changes: UnboundedReceiver<Vec<PathBuf>>,
    mut watcher: RecommendedWatcher,
    mut folders: Folders,
) {
    while let Some(paths) = next(&mut changes, &folders).await {
        let mut changed = Changed::default();
        changed.add(&paths, &folders);
        for _ in 0..PATIENCE {
            match timeout(QUIET, next(&mut changes, &folders)).await {
                Ok(Some(paths)) => changed.add(&paths, &folders),
                _ => break,
            }
        }
        if changed.all_tenants || changed.all_plugins {
            let were_plugins = folders.plugins.real.is_some();
            if let Err(error) = folders.watch(&core, &mut watcher) {
                tracing::warn!(%error, "not all of the folders can be watched");
            }
            let are_plugins = folders.plugins.real.is_some();
            changed.plugins |= changed.all_plugins && (were_plugins || are_plugins);
        }
        reload(&core, changed).await;
    }
}

/// The next change of one of the folders, whatever else is written beside them.
async fn next(
    changes: &mut UnboundedReceiver<Vec<PathBuf>>,
    folders: &Folders,
) -> Option<Vec<PathBuf>> {
    loop {
        let paths = changes.recv().await?;
        let concerns = |path: &PathBuf| {
            [&folders.tenants, &folders.plugins].into_iter().any(|folder| folder.concerns(path))
        };
        if paths.iter().any(concerns) {
            return Some(paths);
        }
    }
}

impl Folders {
    fn of(core: &Core) -> Self {
        let config = &core.config;
        Self {
            tenants: Watched::at(&config.tenants.dir),
            plugins: Watched::at(&config.plugins.dir),
        }
    }

    /// Watches them where they are now, and what is above them for their coming and going.
    fn watch(&mut self, core: &Core, watcher: &mut RecommendedWatcher) -> notify::Result<()> {
        loop {
            *self = Self::of(core);
            let both = [&self.tenants, &self.plugins];
            // What is above comes first: one of them may be above the other, and is watched with all
            // that is in it.
            for above in both.iter().filter_map(|folder| folder.way.as_deref()?.parent()) {
                if let Err(error) = watcher.watch(above, RecursiveMode::NonRecursive) {
                    let above = above.display();
                    tracing::warn!(%above, %error, "what comes and goes here is not seen");
                }
            }
            for real in both.iter().filter_map(|folder| folder.real.as_deref()) {
                watcher.watch(real, RecursiveMode::Recursive)?;
            }
            // What came or went before it was watched is told by nobody.
            if *self == Self::of(core) {
                return Ok(());
            }
        }
    }
}

impl Watched {
    fn at(folder: &Path) -> Self {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let way = folder.ancestors().find_map(|name| {
            let above = name.parent()?.canonicalize().ok()?;
            Some(above.join(name.file_name()?))
        });
        Self { real: folder.canonicalize().ok().filter(|real| real.is_dir()), way }
    }

    /// Whether something at this path tells that the folder may have come, gone, or be another one.
    fn comes_or_goes(&self, path: &Path) -> bool {
        let way = self.way.as_deref();
        self.real.as_deref() == Some(path)
            || way == Some(path)
            || way.and_then(Path::parent) == Some(path)
    }

    fn concerns(&self, path: &Path) -> bool {
        self.comes_or_goes(path) || self.real.as_ref().is_some_and(|real| path.starts_with(real))
    }
}

impl Changed {
    fn add(&mut self, paths: &[PathBuf], folders: &Folders) {
        let Folders { tenants, plugins } = folders;
        for path in paths {
            if tenants.comes_or_goes(path) {
                self.all_tenants = true;
            } else if let Some(real) = &tenants.real
                && let Ok(below) = path.strip_prefix(real)
                && let Some(first) = below.components().next()
                && let Some(name) = first.as_os_str().to_str()
            {
                self.tenants.insert(name.to_owned());
            }
            if plugins.comes_or_goes(path) {
                self.all_plugins = true;
            } else if plugins.concerns(path) {
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
    if changed.all_tenants {
        if let Err(error) = core.look_again().await {
            tracing::error!(code = error.code(), "{error}");
        }
        let of_folder = affected(core).filter(|tenant| tenant.is_of_folder());
        ids.extend(of_folder.map(|tenant| tenant.id().clone()));
    }
    if changed.plugins {
        ids.extend(affected(core).map(|tenant| tenant.id().clone()));
    }
    let reloading = ids.into_iter().map(|id| one(core, id));
    futures_util::future::join_all(reloading).await;
}

/// Those whom a change for everybody is to reach now: who is loaded, and who could not be, which may have been for what was
/// wrong there. The others read it when they are loaded.
fn affected(core: &Core) -> impl Iterator<Item = Arc<Tenant>> {
    core.tenants.all().into_iter().filter(|tenant| {
        let condition = tenant.condition();
        let is_loaded = matches!(condition, Condition::Loaded { .. });
        is_loaded || matches!(condition, Condition::KeptOut(ServerError::TenantBroken { .. }))
    })
}

async fn one(core: &Arc<Core>, id: TenantId) {
    if let Some(tenant) = core.tenants.get(&id)
        && !core.discovery.is_there(&id).await
    {
        core.tenants.forget(&tenant);
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
