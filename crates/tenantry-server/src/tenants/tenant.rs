//! A tenant: not loaded, loaded in one version, or kept out.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use futures_util::FutureExt;
use http::Response;
use tenantry::TenantId;
use tenantry_fastify::Loaded;
use tokio::{
    sync::Mutex as AsyncMutex,
    task::JoinError,
    time::{Instant, timeout},
};

use super::{
    inside::{Inside, Open},
    isolates::NoIsolate,
    limit::Rate,
    registry::Tenants,
    room::Place,
    version::{Answered, Version},
};
use crate::{
    application::{Application, Blueprint, Call, Origin, Usage},
    error::{Broken, Result, ServerError, panicked},
    log::TenantLog,
};

/// How long a tenant that could not be loaded is not tried again, the first time; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How much later than what it waits for loading is given up, since that knows better who has not answered.
const GRACE: Duration = Duration::from_millis(50);

/// A tenant, loaded or not.
pub(crate) struct Tenant {
    id: TenantId,
    origin: Arc<dyn Origin>,
    current: ArcSwapOption<Version>,
    /// Held by whoever loads, reloads or unloads it.
    changing: AsyncMutex<()>,
    kept_out: Mutex<Option<KeptOut>>,
    /// What it was when it was loaded last.
    known: ArcSwapOption<Loaded>,
    open: Arc<AtomicUsize>,
    /// How often a request is let in although what it will wait for takes no more: it may not wait.
    despite: Rate,
    /// By the registry's clock of uses.
    used: AtomicU64,
    past_cpu: Mutex<Duration>,
    loads: AtomicU64,
    counted: Counted,
    log: Arc<TenantLog>,
}

/// What is counted of a tenant, here and for the program's metrics.
pub(crate) struct Counted {
    /// Requests that were answered, or refused.
    pub(crate) requests: AtomicU64,
    /// Those answered with a status of 500 or more.
    pub(crate) errors: AtomicU64,
    pub(crate) of_all: metrics::Counter,
    pub(crate) failed: metrics::Counter,
    pub(crate) took: metrics::Histogram,
}

impl Counted {
    fn of(id: &TenantId) -> Self {
        let tenant = || [("tenant", id.as_str().to_owned())];
        Self {
            requests: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            of_all: metrics::counter!("tenantry_requests_total", &tenant()),
            failed: metrics::counter!("tenantry_request_errors_total", &tenant()),
            took: metrics::histogram!("tenantry_request_seconds", &tenant()),
        }
    }
}

/// Why a tenant is not served, and until when that is not tried again.
#[derive(Clone)]
struct KeptOut {
    error: ServerError,
    until: Instant,
    pause: Duration,
}

/// How a tenant stands.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    Loaded {
        loaded: Arc<Loaded>,
        isolates: usize,
    },
    /// And what it was when it was.
    Unloaded(Option<Arc<Loaded>>),
    KeptOut(ServerError),
}

impl Tenant {
    pub(super) fn new(id: TenantId, log: Arc<TenantLog>, origin: Arc<dyn Origin>) -> Arc<Self> {
        let counted = Counted::of(&id);
        Arc::new(Self {
            id,
            origin,
            current: ArcSwapOption::empty(),
            changing: AsyncMutex::new(()),
            kept_out: Mutex::default(),
            known: ArcSwapOption::empty(),
            open: Arc::default(),
            despite: Rate::new(),
            used: AtomicU64::new(0),
            past_cpu: Mutex::default(),
            loads: AtomicU64::new(0),
            counted,
            log,
        })
    }

    pub(crate) fn id(&self) -> &TenantId {
        &self.id
    }

    pub(crate) fn kind(&self) -> &str {
        self.origin.kind()
    }

    /// Whether its code is a folder of the tenants' folder, and from nowhere else.
    pub(crate) fn is_of_folder(&self) -> bool {
        self.kind() == "folder"
    }

    pub(crate) fn counted(&self) -> &Counted {
        &self.counted
    }

    pub(crate) fn log(&self) -> &TenantLog {
        &self.log
    }

    pub(crate) fn loads(&self) -> u64 {
        self.loads.load(Relaxed)
    }

    pub(crate) fn open(&self) -> usize {
        self.open.load(Relaxed)
    }

    pub(crate) fn condition(&self) -> Condition {
        if let Some(version) = &*self.current.load() {
            let (loaded, isolates) = (Arc::clone(&version.loaded), version.isolates());
            return Condition::Loaded { loaded, isolates };
        }
        match &*self.lock_kept_out() {
            Some(kept_out) => Condition::KeptOut(kept_out.error.clone()),
            None => Condition::Unloaded(self.known.load_full()),
        }
    }

    pub(crate) fn is_loaded(&self) -> bool {
        self.current.load().is_some()
    }

    /// What its code is, as it was loaded last.
    pub(crate) fn known(&self) -> Option<Arc<Loaded>> {
        self.known.load_full()
    }

    /// Memory now, CPU time ever.
    pub(crate) fn usage(&self) -> Usage {
        let past = *self.past_cpu.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.current.load().as_ref().map_or_else(Usage::default, |now| now.usage());
        Usage { memory: now.memory, cpu: now.cpu + past }
    }

    /// Answers a request, by the version that is current when it begins.
    pub(crate) async fn handle(
        self: &Arc<Self>,
        tenants: &Arc<Tenants>,
        call: Call,
    ) -> Result<Response<Bytes>> {
        let inside = self.enter(tenants).await?;
        let version = &inside.version;
        if version.blueprint.is_overloaded() && !self.despite.take() {
            return Err(ServerError::TenantOverloaded(self.id.clone()));
        }
        match version.handle(call).await {
            Answered::Response(response) => Ok(response),
            Answered::Late(wall) => Err(ServerError::TenantLate { id: self.id.clone(), wall }),
            Answered::None(NoIsolate::Failing) => Err(ServerError::TenantFailing(self.id.clone())),
            Answered::None(NoIsolate::Broken(broken)) => Err(ServerError::broken(&self.id, broken)),
        }
    }

    /// Lets a request in, whatever is to answer it: into the version that is current, which is loaded if
    /// there is none, and not more requests than may be under way.
    pub(crate) async fn enter(self: &Arc<Self>, tenants: &Arc<Tenants>) -> Result<Inside> {
        let open = Open::count(&self.open);
        self.used.store(tenants.tick(), Relaxed);
        let (version, pass) = loop {
            let version = self.version(tenants).await?;
            if let Some(pass) = version.enter() {
                break (version, pass);
            }
        };
        let limit = version.blueprint.open_requests();
        if self.open() > limit {
            return Err(ServerError::TenantBusy { id: self.id.clone(), limit });
        }
        Ok(Inside::new(version, pass, open))
    }

    /// The current version; it is loaded if there is none.
    async fn version(self: &Arc<Self>, tenants: &Arc<Tenants>) -> Result<Arc<Version>> {
        if let Some(version) = self.current.load_full() {
            return Ok(version);
        }
        if tenants.is_closed() {
            return Err(ServerError::Closed);
        }
        if let Some(error) = self.kept_out() {
            return Err(error);
        }
        // It goes on to its end, whoever asked for it goes away.
        let (this, tenants) = (Arc::clone(self), Arc::clone(tenants));
        let loading = tokio::spawn(async move { this.load(&tenants).await });
        loading.await.unwrap_or_else(|error| Err(self.lost(error)))
    }

    /// Loads it, unless somebody else just has.
    async fn load(self: &Arc<Self>, tenants: &Arc<Tenants>) -> Result<Arc<Version>> {
        let _changing = self.changing.lock().await;
        if let Some(version) = self.current.load_full() {
            return Ok(version);
        }
        if let Some(error) = self.kept_out() {
            return Err(error);
        }
        let place = Arc::new(tenants.place().await?);
        let version = self.build(tenants, place).await.inspect_err(|error| self.keep_out(error))?;
        self.switch(tenants, Some(Arc::clone(&version)))?;
        Ok(version)
    }

    /// Loads it if it is not, also if it is kept out.
    pub(crate) async fn init(self: &Arc<Self>, tenants: &Arc<Tenants>) -> Result<Arc<Loaded>> {
        *self.lock_kept_out() = None;
        Ok(Arc::clone(&self.version(tenants).await?.loaded))
    }

    /// Builds what its code is now, and switches to it. Requests under way end in what they began in,
    /// which ends after them. If it cannot be built, nothing changes.
    pub(crate) async fn reload(self: &Arc<Self>, tenants: &Arc<Tenants>) -> Result<Arc<Loaded>> {
        let (this, tenants) = (Arc::clone(self), Arc::clone(tenants));
        let reloading = tokio::spawn(async move {
            let _changing = this.changing.lock().await;
            let place = match this.current.load_full() {
                Some(current) => Arc::clone(&current.place),
                None => Arc::new(tenants.place().await?),
            };
            let built = this.build(&tenants, place).await;
            match built {
                Ok(version) => {
                    let loaded = Arc::clone(&version.loaded);
                    this.switch(&tenants, Some(version))?;
                    Ok(loaded)
                }
                // It is to be out, and no mistake.
                Err(error @ ServerError::TenantInactive(_)) => {
                    this.keep_out(&error);
                    this.switch(&tenants, None)?;
                    Err(error)
                }
                Err(error) => {
                    if this.current.load().is_none() {
                        this.keep_out(&error);
                    }
                    Err(error)
                }
            }
        });
        reloading.await.unwrap_or_else(|error| Err(self.lost(error)))
    }

    /// The task that was to change it has given nothing: the runtime is ending, or that is a mistake of the server's.
    fn lost(&self, error: JoinError) -> ServerError {
        match error.is_panic() {
            true => ServerError::broken(&self.id, Broken::lost(error)),
            false => ServerError::Closed,
        }
    }

    /// Unloads it, when its requests under way have ended. Whether it was loaded. Who comes meanwhile
    /// loads it again.
    pub(crate) async fn unload(&self) -> bool {
        let changing = self.changing.lock().await;
        *self.lock_kept_out() = None;
        let version = self.current.swap(None);
        drop(changing);
        self.end(version).await
    }

    /// Unloads it if it is idle and nobody is changing it.
    pub(super) async fn unload_idle(&self) -> bool {
        let Ok(changing) = self.changing.try_lock() else {
            return false;
        };
        if !self.is_idle() {
            return false;
        }
        let version = self.current.swap(None);
        drop(changing);
        self.end(version).await
    }

    async fn end(&self, version: Option<Arc<Version>>) -> bool {
        match version {
            Some(version) => {
                self.retire(version).await;
                true
            }
            None => false,
        }
    }

    async fn retire(&self, version: Arc<Version>) {
        version.retire().await;
        *self.past_cpu.lock().unwrap_or_else(PoisonError::into_inner) += version.usage().cpu;
    }

    /// Whether it is loaded, and nobody has a request for it.
    pub(super) fn is_idle(&self) -> bool {
        self.open() == 0 && self.current.load().as_ref().is_some_and(|version| version.is_idle())
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(Relaxed)
    }

    pub(super) async fn shrink(&self) {
        if let Some(version) = self.current.load_full() {
            version.shrink().await;
        }
    }

    async fn build(&self, tenants: &Tenants, place: Arc<Place>) -> Result<Arc<Version>> {
        let broken = |broken| ServerError::broken(&self.id, broken);
        let building = AssertUnwindSafe(async {
            let blueprint = self.origin.open().await?;
            let app = blueprint.build().await?;
            Ok::<_, Broken>((blueprint, app))
        });
        // What panics has changed nothing here, and is kept out as whatever else cannot be loaded.
        let built = timeout(tenants.load_within() + GRACE, building.catch_unwind()).await;
        let (blueprint, app): (Arc<dyn Blueprint>, Arc<dyn Application>) = match built {
            Ok(Ok(built)) => built.map_err(broken)?,
            Ok(Err(panic)) => return Err(broken(Broken::whole(panicked(&*panic)))),
            Err(_) => {
                let message = format!("its code was not loaded within {:?}", tenants.load_within());
                return Err(broken(Broken::whole(message)));
            }
        };
        let loaded = app.loaded();
        self.known.store(Some(Arc::clone(&loaded)));
        if !loaded.active {
            app.close().await;
            return Err(ServerError::TenantInactive(self.id.clone()));
        }
        self.loads.fetch_add(1, Relaxed);
        Ok(Version::new(blueprint, app, place))
    }

    /// Makes a version the current one; the one before ends in the background.
    fn switch(self: &Arc<Self>, tenants: &Tenants, version: Option<Arc<Version>>) -> Result<()> {
        if let Some(version) = &version {
            if tenants.is_closed() {
                let version = Arc::clone(version);
                tokio::spawn(async move { version.retire().await });
                return Err(ServerError::Closed);
            }
            *self.lock_kept_out() = None;
        }
        if let Some(before) = self.current.swap(version) {
            let this = Arc::clone(self);
            tenants.in_background(async move { this.retire(before).await });
        }
        Ok(())
    }

    fn keep_out(&self, error: &ServerError) {
        // Something of the server's is no fault of the tenant's.
        if matches!(error, ServerError::Full(_) | ServerError::Closed) {
            return;
        }
        tracing::warn!(tenant = %self.id, code = error.code(), "{error}");
        let mut kept_out = self.lock_kept_out();
        let pause = match &*kept_out {
            Some(before) => (before.pause * 2).min(LONGEST_PAUSE),
            None => FIRST_PAUSE,
        };
        let error = error.clone();
        *kept_out = Some(KeptOut { error, until: Instant::now() + pause, pause });
    }

    /// Why it is not tried, if it is not.
    fn kept_out(&self) -> Option<ServerError> {
        let kept_out = self.lock_kept_out();
        kept_out.as_ref().filter(|out| Instant::now() < out.until).map(|out| out.error.clone())
    }

    fn lock_kept_out(&self) -> std::sync::MutexGuard<'_, Option<KeptOut>> {
        self.kept_out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
