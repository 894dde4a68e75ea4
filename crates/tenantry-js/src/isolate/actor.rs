//! The actor around an isolate: an inbox, and turns on worker threads.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::RuntimeFlavor;
use tokio::sync::{Notify, oneshot};

use super::budget::Budget;
use super::core::Core;
use super::heap::Heap;
use super::outside::Outside;
use super::record::{Pace, Record};
use super::task::Start;
use super::{IsolateConfig, IsolateStats};
use crate::engine::{EngineInner, make_way};
use crate::fetch::FetchPolicy;
use crate::host::{Host, HostError};
use crate::modules::ModuleSource;
use crate::{Data, JsError, Limits};

/// The most stack for JavaScript that threads have which are not the engine's.
const STACK_HERE: usize = 1 << 20;

/// Freeing a heap of more bytes than this takes long, and asks nobody.
const LARGE: usize = 8 << 20;

/// What happens to an isolate from outside.
pub(crate) enum Event {
    Create(Box<IsolateConfig>, oneshot::Sender<Result<(), JsError>>),
    Start(Box<Start>),
    Done { operation: u64, result: Result<Data, HostError> },
    Tick { timer: u64, ran: oneshot::Sender<()> },
    Cancel(u64),
    Close(Option<oneshot::Sender<()>>),
}

/// What a turn left behind.
pub(crate) enum Turn {
    /// Events that did not fit into the slice: it wants another turn.
    More,
    /// Nothing to do.
    Idle,
}

/// An isolate with its inbox. Whoever holds `core` runs it.
pub(crate) struct Actor {
    engine: Arc<EngineInner>,
    shared: Arc<Shared>,
    inbox: Mutex<Inbox>,
    core: Mutex<Option<Core>>,
}

#[derive(Default)]
struct Inbox {
    events: VecDeque<Event>,
    /// In the run queue, or having a turn.
    scheduled: bool,
    /// Nothing is taken any more.
    closed: bool,
}

/// What handles, functions of the host and the interrupt handler share.
pub(crate) struct Shared {
    pub(crate) name: Arc<str>,
    pub(crate) limits: Limits,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) modules: Arc<dyn ModuleSource>,
    pub(crate) fetch: FetchPolicy,
    pub(crate) env: std::collections::BTreeMap<String, String>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) tokio: tokio::runtime::Handle,
    /// How many of tokio's threads may run isolates at once: all but one, which goes on where they are stuck.
    pub(crate) guests: usize,
    pub(crate) tasks_open: AtomicUsize,
    pub(crate) tasks_total: AtomicU64,
    pub(crate) cpu_nanos: AtomicU64,
    pub(crate) heap: Arc<Heap>,
    /// What its operations have.
    pub(super) outside: Outside,
    /// What its tasks may take while it is being loaded, if that has a limit of its own.
    loading: Option<Duration>,
    loaded: AtomicBool,
    /// When it was made; none where the one before it has taken long just now.
    born: Option<Instant>,
    /// Whether it may ever run on a thread that is not the engine's.
    in_place: bool,
    pub(super) pace: Pace,
    pub(crate) record: Record,
    closing: AtomicBool,
    condemned: OnceLock<String>,
    ended: Notify,
}

impl std::fmt::Debug for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Actor").field("name", &self.shared.name).finish_non_exhaustive()
    }
}

impl Actor {
    pub(crate) fn new(engine: Arc<EngineInner>, config: &IsolateConfig) -> Arc<Self> {
        let heap = Heap::new(config.limits.memory);
        let tokio = tokio::runtime::Handle::current();
        let in_place = engine.config.in_place
            && config.limits.stack <= STACK_HERE
            && tokio.runtime_flavor() == RuntimeFlavor::MultiThread;
        let shared = Shared {
            name: config.name.clone(),
            limits: config.limits.clone(),
            host: config.host.clone(),
            modules: config.modules.clone(),
            fetch: config.fetch.clone(),
            env: config.env.clone(),
            budget: Arc::new(Budget::new(
                config.loading.unwrap_or(config.limits.cpu),
                heap.clone(),
                config.record.clone(),
            )),
            heap,
            outside: Outside::new(config.limits.memory),
            guests: tokio.metrics().num_workers().saturating_sub(1),
            tokio,
            in_place,
            pace: Pace::new(),
            record: config.record.clone(),
            tasks_open: AtomicUsize::new(0),
            tasks_total: AtomicU64::new(0),
            cpu_nanos: AtomicU64::new(0),
            loading: config.loading,
            loaded: AtomicBool::new(config.loading.is_none()),
            born: (!config.record.is_suspect()).then(Instant::now),
            closing: AtomicBool::new(false),
            condemned: OnceLock::new(),
            ended: Notify::new(),
        };
        Arc::new(Self {
            engine,
            shared: Arc::new(shared),
            inbox: Mutex::default(),
            core: Mutex::new(None),
        })
    }

    pub(crate) fn engine(&self) -> &EngineInner {
        &self.engine
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands over an event. A dropped one answers by its dropped channel.
    pub(crate) fn post(self: &Arc<Self>, event: Event) {
        if self.take_in(event) {
            self.engine.schedule(self.clone());
        }
    }

    /// Hands over an event from a tokio thread, which handles it itself if the isolate is idle and its
    /// events are short.
    pub(crate) fn post_here(self: &Arc<Self>, event: Event) {
        if self.take_in(event) {
            self.turn_here();
        }
    }

    /// Whether somebody has to see to it that there is a turn.
    fn take_in(&self, event: Event) -> bool {
        let mut inbox = self.inbox();
        if inbox.closed {
            return false;
        }
        inbox.events.push_back(event);
        !std::mem::replace(&mut inbox.scheduled, true)
    }

    /// Gives the isolate a turn: on this thread, if it may run here.
    fn turn_here(self: &Arc<Self>) {
        match self.may_be_here().then(|| self.engine.turn_here(self)).flatten() {
            Some(Turn::Idle) => {}
            Some(Turn::More) => self.go_on(),
            None => self.engine.schedule(self.clone()),
        }
    }

    /// Sees to another turn after one that left events, once the thread has done its other work.
    pub(crate) fn go_on(self: &Arc<Self>) {
        if !self.may_be_here() {
            self.engine.schedule(self.clone());
            return;
        }
        let actor = self.clone();
        self.shared.tokio.spawn(async move { actor.turn_here() });
    }

    /// Whether it may run on threads that are not the engine's.
    fn may_be_here(&self) -> bool {
        let shared = &self.shared;
        shared.in_place
            && shared.pace.is_short(&shared.record)
            && !shared.record.is_suspect()
            && !self.engine.queue.closed()
            && !self.engine.queue.guests_are_stuck()
            && !self.is_ending()
    }

    /// Whether it is about to be freed, which takes long.
    fn is_ending(&self) -> bool {
        self.inbox().events.iter().any(|event| matches!(event, Event::Close(_)))
    }

    /// Runs what is in the inbox, up to a slice of time.
    pub(crate) fn turn(self: &Arc<Self>, slice: Duration) -> Turn {
        let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.shared.is_loaded() || self.shared.record.is_suspect() {
            // Loading takes some milliseconds, and who has taken long lately may ask late: others do not wait
            // for it, nor it for what takes longer.
            self.make_way();
        }
        self.shared.budget.turn_begins();
        let until = Instant::now() + slice;
        let mut events = VecDeque::new();
        loop {
            {
                let mut inbox = self.inbox();
                if inbox.events.is_empty() {
                    inbox.scheduled = false;
                    return Turn::Idle;
                }
                std::mem::swap(&mut inbox.events, &mut events);
            }
            if let Some(Event::Create(..)) = events.front() {
                let Some(Event::Create(config, reply)) = events.pop_front() else { continue };
                match Core::new(self, *config) {
                    Ok(made) => {
                        *core = Some(made);
                        let _gone = reply.send(Ok(()));
                    }
                    Err(error) => {
                        let _gone = reply.send(Err(error));
                        self.close_inbox();
                        return Turn::Idle;
                    }
                }
            }
            let Some(live) = core.as_mut() else { return Turn::Idle };
            if let Some(reply) = live.batch(&mut events, until) {
                if self.shared.heap.used() > LARGE {
                    self.make_way();
                }
                self.shared.budget.frees();
                *core = None;
                self.close_inbox();
                if let Some(reply) = reply {
                    let _gone = reply.send(());
                }
                return Turn::Idle;
            }
            if !events.is_empty() {
                let mut inbox = self.inbox();
                while let Some(event) = events.pop_back() {
                    inbox.events.push_front(event);
                }
                return Turn::More;
            }
        }
    }

    /// Has the thread step back for what is about to take long.
    fn make_way(&self) {
        while !make_way(Duration::ZERO) && !self.engine.queue.closed() {
            // It waits for its turn, and is stuck in nothing.
            self.shared.budget.turn_begins();
        }
    }

    fn close_inbox(&self) {
        self.shared.stop_taking();
        let dropped = {
            let mut inbox = self.inbox();
            inbox.closed = true;
            std::mem::take(&mut inbox.events)
        };
        drop(dropped);
    }

    /// A turn panicked: a mistake of ours. Nothing is known of the isolate's state, so that it is
    /// never touched again; its callers hear of it by their wall time at the latest.
    pub(crate) fn died(&self) {
        tracing::error!(isolate = %self.shared.name, "an isolate was given up after a panic");
        self.shared.condemn("the program made a mistake in it");
        self.close_inbox();
        let core = self.core.lock().unwrap_or_else(PoisonError::into_inner).take();
        std::mem::forget(core);
    }

    /// The engine has no threads any more.
    pub(crate) fn engine_closed(&self) {
        self.close_inbox();
        let core = self.core.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(core);
    }
}

impl Shared {
    /// Whether a new task may start.
    pub(crate) fn check_open(&self) -> Result<(), JsError> {
        if let Some(why) = self.condemned.get() {
            return Err(JsError::condemned(why));
        }
        if self.closing.load(Ordering::Acquire) {
            return Err(JsError::closed());
        }
        if self.record.is_stuck() {
            return Err(JsError::condemned("threads are stuck in its code"));
        }
        if self.tasks_open.load(Ordering::Relaxed) >= self.limits.tasks {
            return Err(JsError::new(
                crate::JsErrorKind::Result,
                format!("more than {} tasks are open in the isolate", self.limits.tasks),
            ));
        }
        Ok(())
    }

    pub(crate) fn condemn(&self, why: &str) {
        let _first = self.condemned.set(why.to_owned());
    }

    pub(crate) fn condemned(&self) -> Option<&str> {
        self.condemned.get().map(String::as_str)
    }

    /// From now on tasks have the limits of tasks.
    pub(crate) fn loaded(&self) {
        self.budget.limit(self.limits.cpu);
        self.loaded.store(true, Ordering::Release);
    }

    pub(crate) fn is_loaded(&self) -> bool {
        self.loaded.load(Ordering::Acquire)
    }

    /// For how long it is being loaded, if it is, and not in the place of one that has taken long just now: whose code
    /// runs into its limits is loaded again and again.
    pub(crate) fn loads_since(&self) -> Option<Duration> {
        let born = self.born.filter(|_| !self.is_loaded());
        born.map(|born| born.elapsed())
    }

    /// How long a task may take that starts now.
    pub(crate) fn wall(&self) -> Duration {
        match self.loading {
            Some(loading) if !self.is_loaded() => loading.max(self.limits.wall),
            _ => self.limits.wall,
        }
    }

    pub(crate) fn stop_taking(&self) {
        self.closing.store(true, Ordering::Release);
    }

    pub(crate) fn task_started(&self) {
        self.tasks_open.fetch_add(1, Ordering::Relaxed);
        self.tasks_total.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn task_ended(&self) {
        if self.tasks_open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.ended.notify_waiters();
        }
    }

    /// Waits until no task is open.
    pub(crate) async fn drained(&self) {
        loop {
            let ended = self.ended.notified();
            if self.tasks_open.load(Ordering::Acquire) == 0 {
                return;
            }
            ended.await;
        }
    }

    pub(crate) fn stats(&self) -> IsolateStats {
        IsolateStats {
            memory: self.heap.used(),
            cpu: Duration::from_nanos(self.cpu_nanos.load(Ordering::Relaxed)),
            tasks_open: self.tasks_open.load(Ordering::Relaxed),
            tasks_total: self.tasks_total.load(Ordering::Relaxed),
            condemned: self.condemned.get().is_some(),
        }
    }
}
