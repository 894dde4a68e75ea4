//! The isolates of one version of a tenant: a thread's own or the least busy one is given, more are made for a busy
//! tenant, condemned ones are replaced.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use tokio::{
    sync::Mutex as AsyncMutex,
    time::{Instant, timeout},
};

use super::{
    crowd::{Crowd, this_thread},
    gate::{Gate, Pass},
    limit::Rate,
};
use crate::{
    application::{Application, Blueprint, Usage},
    error::Broken,
};

/// How many requests the least busy isolate has when another one is made.
const BUSY: usize = 8;
/// How long an isolate but the first is kept without requests.
const UNUSED: Duration = Duration::from_secs(30);

/// One instance of the application, and how many requests it has.
pub(super) struct Isolate {
    pub(super) app: Arc<dyn Application>,
    gate: Arc<Gate>,
    used: Mutex<Instant>,
}

/// An isolate for one request.
pub(super) struct Lease {
    pub(super) isolate: Arc<Isolate>,
    _pass: Pass,
}

pub(super) struct Isolates {
    blueprint: Arc<dyn Blueprint>,
    all: ArcSwap<Vec<Arc<Isolate>>>,
    /// Whoever makes one, or takes one away.
    changing: AsyncMutex<()>,
    is_growing: AtomicBool,
    crowd: Crowd,
    replacing: Rate,
    /// CPU time of those that have gone.
    past: Mutex<Duration>,
}

/// One that is being made for a busy tenant, until it is there or cannot be, by a panic also.
struct Growing(Arc<Isolates>);

impl Drop for Growing {
    fn drop(&mut self) {
        self.0.is_growing.store(false, Relaxed);
    }
}

/// Why there is no isolate for a request.
#[derive(Debug)]
pub(super) enum NoIsolate {
    /// Those there were have been condemned too often.
    Failing,
    /// Another one could not be made.
    Broken(Broken),
}

impl Isolates {
    pub(super) fn new(blueprint: Arc<dyn Blueprint>, first: Arc<dyn Application>) -> Arc<Self> {
        Arc::new(Self {
            blueprint,
            all: ArcSwap::from_pointee(vec![Isolate::new(first)]),
            changing: AsyncMutex::new(()),
            is_growing: AtomicBool::new(false),
            crowd: Crowd::default(),
            replacing: Rate::new(),
            past: Mutex::default(),
        })
    }

    /// This thread's own, where there are several and it is not busy, or the least busy one. Where none is
    /// sound, one is made, and all wait for it.
    pub(super) async fn lease(self: &Arc<Self>) -> Result<Lease, NoIsolate> {
        loop {
            if let Some((lease, others)) = self.choose() {
                if others >= BUSY || (others > 0 && self.crowd.one_more()) {
                    self.grow();
                }
                return Ok(lease);
            }
            // It is made to its end, also if who asked for it has gone.
            let this = Arc::clone(self);
            match tokio::spawn(async move { this.replace().await }).await {
                Ok(made) => made?,
                Err(error) => return Err(NoIsolate::Broken(Broken::lost(error))),
            }
        }
    }

    /// And how many requests there are beside this one, if it had to be the least busy one.
    fn choose(&self) -> Option<(Lease, usize)> {
        let all = self.all.load();
        if all.len() > 1
            && let own = &all[this_thread() % all.len()]
            && own.is_sound()
            && own.gate.inside() < BUSY
            && let Some(pass) = own.gate.enter()
        {
            return Some((Lease { isolate: Arc::clone(own), _pass: pass }, 0));
        }
        loop {
            let sound = all.iter().filter(|isolate| isolate.is_sound());
            let isolate = sound.min_by_key(|isolate| isolate.gate.inside())?;
            if let Some(pass) = isolate.gate.enter() {
                let others = isolate.gate.inside().saturating_sub(1);
                return Some((Lease { isolate: Arc::clone(isolate), _pass: pass }, others));
            }
        }
    }

    /// Takes condemned ones out. They end when the requests in them have.
    pub(super) fn look_after(self: &Arc<Self>, lease: Lease) {
        *lease.isolate.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        if lease.isolate.app.is_condemned() {
            let this = Arc::clone(self);
            drop(lease);
            tokio::spawn(async move {
                let _changing = this.changing.lock().await;
                this.take_out(|isolate| isolate.app.is_condemned());
            });
        }
    }

    /// Ends those that nobody has used for long, but the first.
    pub(super) async fn shrink(self: &Arc<Self>) {
        if self.all.load().len() < 2 {
            return;
        }
        let _changing = self.changing.lock().await;
        let first = self.all.load().first().cloned();
        self.take_out(|isolate| {
            let used = *isolate.used.lock().unwrap_or_else(PoisonError::into_inner);
            let is_first = first.as_ref().is_some_and(|first| Arc::ptr_eq(first, isolate));
            !is_first && isolate.gate.inside() == 0 && used.elapsed() > UNUSED
        });
    }

    fn take_out(self: &Arc<Self>, is_out: impl Fn(&Arc<Isolate>) -> bool) {
        let all = self.all.load();
        let (out, stay): (Vec<_>, Vec<_>) = all.iter().cloned().partition(is_out);
        if out.is_empty() {
            return;
        }
        self.all.store(Arc::new(stay));
        for isolate in out {
            let this = Arc::clone(self);
            tokio::spawn(async move { this.end(&isolate).await });
        }
    }

    async fn end(&self, isolate: &Isolate) {
        isolate.gate.close();
        // Requests that go on are cancelled by the end of their isolate.
        let _ = timeout(self.blueprint.wall(), isolate.gate.empty()).await;
        let cpu = isolate.app.usage().cpu;
        isolate.app.close().await;
        *self.past.lock().unwrap_or_else(PoisonError::into_inner) += cpu;
    }

    fn grow(self: &Arc<Self>) {
        let is_enough = self.all.load().len() >= self.blueprint.most();
        if is_enough || self.is_growing.swap(true, Relaxed) {
            return;
        }
        let growing = Growing(Arc::clone(self));
        tokio::spawn(async move {
            let this = &growing.0;
            let _changing = this.changing.lock().await;
            // Where it cannot be made, those that are there go on.
            if let Ok(app) = this.blueprint.build().await {
                this.add(app);
            }
        });
    }

    async fn replace(self: &Arc<Self>) -> Result<(), NoIsolate> {
        let _changing = self.changing.lock().await;
        self.take_out(|isolate| isolate.app.is_condemned());
        if self.all.load().iter().any(|isolate| isolate.is_sound()) {
            return Ok(());
        }
        if !self.replacing.take() {
            return Err(NoIsolate::Failing);
        }
        self.add(self.blueprint.build().await.map_err(NoIsolate::Broken)?);
        Ok(())
    }

    fn add(&self, app: Arc<dyn Application>) {
        let mut all = self.all.load().as_ref().clone();
        all.push(Isolate::new(app));
        self.all.store(Arc::new(all));
    }

    /// Ends them all.
    pub(super) async fn close(&self) {
        let _changing = self.changing.lock().await;
        for isolate in self.all.swap(Arc::default()).iter() {
            self.end(isolate).await;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.all.load().len()
    }

    /// Memory of those there are, and CPU time of all there ever were.
    pub(super) fn usage(&self) -> Usage {
        let past = *self.past.lock().unwrap_or_else(PoisonError::into_inner);
        self.all.load().iter().fold(Usage { memory: 0, cpu: past }, |sum, isolate| {
            let usage = isolate.app.usage();
            Usage { memory: sum.memory + usage.memory, cpu: sum.cpu + usage.cpu }
        })
    }
}

impl Isolate {
    fn new(app: Arc<dyn Application>) -> Arc<Self> {
        Arc::new(Self { app, gate: Arc::default(), used: Mutex::new(Instant::now()) })
    }

    fn is_sound(&self) -> bool {
        !self.app.is_condemned()
    }
}
