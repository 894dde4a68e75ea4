//! Loading, switching and making room, with applications that do as they are told.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use http::{Request, Response};
use tenantry::TenantId;
use tenantry_fastify::{Loaded, RequestInfo};
use tokio::sync::watch;

use super::*;
use crate::{
    application::{Application, Blueprint, Call, Origin, Usage},
    error::{Broken, ServerError},
    log::TenantLog,
};

/// What all applications of a test share.
struct Stage {
    /// The version that is built now; none is broken.
    version: Mutex<Option<u32>>,
    active: AtomicBool,
    built: AtomicUsize,
    alive: AtomicUsize,
    condemns: AtomicBool,
    panics: AtomicBool,
    overloaded: AtomicBool,
    /// Whether requests are let through.
    open: watch::Sender<bool>,
}

impl Stage {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            version: Mutex::new(Some(1)),
            active: AtomicBool::new(true),
            built: AtomicUsize::new(0),
            alive: AtomicUsize::new(0),
            condemns: AtomicBool::new(false),
            panics: AtomicBool::new(false),
            overloaded: AtomicBool::new(false),
            open: watch::Sender::new(true),
        })
    }

    fn set(&self, version: Option<u32>) {
        *self.version.lock().unwrap() = version;
    }

    fn tenant(self: &Arc<Self>, tenants: &Tenants, id: &str) -> Arc<Tenant> {
        let id = TenantId::parse(id).unwrap();
        let log = Arc::new(TenantLog::new(id.as_str(), 0, "silent"));
        tenants.add(&id, log, |_| Arc::new(Fake(Arc::clone(self))))
    }
}

struct Fake(Arc<Stage>);

impl Origin for Fake {
    fn open(&self) -> BoxFuture<'_, Result<Arc<dyn Blueprint>, Broken>> {
        let version = *self.0.version.lock().unwrap();
        async move {
            let version = version.ok_or_else(|| Broken::whole("broken"))?;
            Ok(Arc::new(Plan(Arc::clone(&self.0), version)) as Arc<dyn Blueprint>)
        }
        .boxed()
    }

    fn kind(&self) -> &str {
        "fake"
    }
}

struct Plan(Arc<Stage>, u32);

impl Blueprint for Plan {
    fn build(&self) -> BoxFuture<'_, Result<Arc<dyn Application>, Broken>> {
        async move {
            // Others have time to ask for it, too.
            tokio::time::sleep(Duration::from_millis(5)).await;
            assert!(!self.0.panics.load(SeqCst), "a mistake was made");
            self.0.built.fetch_add(1, SeqCst);
            self.0.alive.fetch_add(1, SeqCst);
            let loaded = Loaded {
                active: self.0.active.load(SeqCst),
                name: self.1.to_string(),
                config: serde_json::json!({}),
                routes: Vec::new(),
                services: Vec::new(),
                plugins: Vec::new(),
                schemas: Vec::new(),
                errors: Vec::new(),
            };
            let app = Instance {
                stage: Arc::clone(&self.0),
                version: self.1,
                loaded: Arc::new(loaded),
                condemned: Arc::default(),
            };
            Ok(Arc::new(app) as Arc<dyn Application>)
        }
        .boxed()
    }

    fn most(&self) -> usize {
        3
    }

    fn open_requests(&self) -> usize {
        64
    }

    fn is_overloaded(&self) -> bool {
        self.0.overloaded.load(SeqCst)
    }

    fn wall(&self) -> Duration {
        Duration::from_secs(5)
    }
}

struct Instance {
    stage: Arc<Stage>,
    version: u32,
    loaded: Arc<Loaded>,
    condemned: Arc<AtomicBool>,
}

impl Application for Instance {
    fn handle(&self, _: Call) -> BoxFuture<'static, Response<Bytes>> {
        let (stage, version) = (Arc::clone(&self.stage), self.version);
        let condemned = Arc::clone(&self.condemned);
        async move {
            let _ = stage.open.subscribe().wait_for(|open| *open).await;
            condemned.fetch_or(stage.condemns.load(SeqCst), SeqCst);
            Response::new(Bytes::from(version.to_string()))
        }
        .boxed()
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        self.stage.alive.fetch_sub(1, SeqCst);
        async {}.boxed()
    }

    fn is_condemned(&self) -> bool {
        self.condemned.load(SeqCst)
    }

    fn loaded(&self) -> Arc<Loaded> {
        Arc::clone(&self.loaded)
    }

    fn usage(&self) -> Usage {
        Usage { memory: 1, cpu: Duration::from_millis(1) }
    }
}

fn tenants(most: usize) -> Arc<Tenants> {
    Tenants::new(most, Duration::from_secs(1))
}

async fn ask(tenants: &Arc<Tenants>, tenant: &Arc<Tenant>) -> Result<String, ServerError> {
    let call = Call { request: Request::new(Bytes::new()), info: RequestInfo::default() };
    let response = tenant.handle(tenants, call).await?;
    Ok(String::from_utf8_lossy(response.body()).into_owned())
}

/// Lets everything go on that can.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(200)).await;
}

#[tokio::test(start_paused = true)]
async fn the_first_requests_load_it_once() {
    let (stage, tenants) = (Stage::new(), tenants(10));
    let acme = stage.tenant(&tenants, "acme");
    let answers = join_all((0..5).map(|_| ask(&tenants, &acme))).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap() == "1"));
    assert_eq!(stage.built.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_goes_away_leaves_what_it_began() {
    let (stage, tenants) = (Stage::new(), tenants(10));
    let acme = stage.tenant(&tenants, "acme");
    assert!(ask(&tenants, &acme).now_or_never().is_none());
    settle().await;
    assert!(acme.is_loaded());
}

#[tokio::test(start_paused = true)]
async fn a_reload_switches_when_it_is_built_and_ends_the_old_one_after_its_last_request() {
    let (stage, tenants) = (Stage::new(), tenants(10));
    let acme = stage.tenant(&tenants, "acme");
    ask(&tenants, &acme).await.unwrap();
    stage.open.send_replace(false);
    let old = tokio::spawn({
        let (tenants, acme) = (Arc::clone(&tenants), Arc::clone(&acme));
        async move { ask(&tenants, &acme).await }
    });
    tokio::task::yield_now().await;
    stage.set(Some(2));
    assert_eq!(acme.reload(&tenants).await.unwrap().name, "2");
    settle().await;
    assert_eq!(stage.alive.load(SeqCst), 2, "the old one still has a request");
    stage.open.send_replace(true);
    assert_eq!(old.await.unwrap().unwrap(), "1");
    assert_eq!(ask(&tenants, &acme).await.unwrap(), "2");
    settle().await;
    assert_eq!(stage.alive.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_version_that_fails_leaves_the_old_one() {
    let (stage, tenants) = (Stage::new(), tenants(10));
    let acme = stage.tenant(&tenants, "acme");
    ask(&tenants, &acme).await.unwrap();
    stage.set(None);
    assert_eq!(acme.reload(&tenants).await.unwrap_err().code(), "TENANT_BROKEN");
    assert_eq!(ask(&tenants, &acme).await.unwrap(), "1");
    stage.set(Some(2));
    stage.active.store(false, SeqCst);
    assert_eq!(acme.reload(&tenants).await.unwrap_err().code(), "TENANT_INACTIVE");
    assert_eq!(ask(&tenants, &acme).await.unwrap_err().code(), "TENANT_INACTIVE");
    settle().await;
    assert_eq!(stage.alive.load(SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_loaded_is_not_tried_by_every_request() {
    let (stage, tenants) = (Stage::new(), tenants(10));
    let acme = stage.tenant(&tenants, "acme");
    stage.set(None);
    assert_eq!(ask(&tenants, &acme).await.unwrap_err().code(), "TENANT_BROKEN");
    stage.set(Some(1));
    assert_eq!(ask(&tenants, &acme).await.unwrap_err().code(), "TENANT_BROKEN");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(ask(&tenants, &acme).await.unwrap(), "1");
}

#[tokio::test(start_paused = true)]
async fn what_panics_while_it_is_loaded_is_broken_until_it_is_tried_again() {
    let (stage, tenants) = (Stage::new(), tenants(10));
    let acme = stage.tenant(&tenants, "acme");
    stage.panics.store(true, SeqCst);
    for answer in join_all((0..5).map(|_| ask(&tenants, &acme))).await {
        assert_eq!(answer.unwrap_err().code(), "TENANT_BROKEN");
    }
    let Condition::KeptOut(error) = acme.condition() else { panic!("it is served") };
    assert!(error.to_string().ends_with("panic in what loads it: a mistake was made"), "{error}");
    stage.panics.store(false, SeqCst);
    assert_eq!(ask(&tenants, &acme).await.unwrap_err().code(), "TENANT_BROKEN");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(ask(&tenants, &acme).await.unwrap(), "1");
    stage.panics.store(true, SeqCst);
    assert_eq!(acme.reload(&tenants).await.unwrap_err().code(), "TENANT_BROKEN");
    assert_eq!(ask(&tenants, &acme).await.unwrap(), "1");
}

#[tokio::test(start_paused = true)]
async fn the_least_recently_used_idle_one_makes_room() {
    let (stage, tenants) = (Stage::new(), tenants(2));
    let [acme, globex, initech] =
        ["acme", "globex", "initech"].map(|id| stage.tenant(&tenants, id));
    ask(&tenants, &acme).await.unwrap();
    ask(&tenants, &globex).await.unwrap();
    ask(&tenants, &acme).await.unwrap();
    ask(&tenants, &initech).await.unwrap();
    let loaded = [&acme, &globex, &initech].map(|tenant| tenant.is_loaded());
    assert_eq!(loaded, [true, false, true]);
    ask(&tenants, &globex).await.unwrap();
    assert!(!acme.is_loaded());
    assert_eq!(stage.alive.load(SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn where_none_is_idle_the_next_one_is_refused_after_a_while() {
    let (stage, tenants) = (Stage::new(), tenants(1));
    let [acme, globex] = ["acme", "globex"].map(|id| stage.tenant(&tenants, id));
    ask(&tenants, &acme).await.unwrap();
    stage.open.send_replace(false);
    let busy = tokio::spawn({
        let (tenants, acme) = (Arc::clone(&tenants), Arc::clone(&acme));
        async move { ask(&tenants, &acme).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(ask(&tenants, &globex).await.unwrap_err().code(), "SERVER_FULL");
    assert!(acme.is_loaded(), "who has a request is not unloaded");
    stage.open.send_replace(true);
    busy.await.unwrap().unwrap();
    assert_eq!(ask(&tenants, &globex).await.unwrap(), "1");
}

#[tokio::test(start_paused = true)]
async fn a_busy_tenant_gets_more_isolates_up_to_its_bound_and_loses_them_again() {
    let (stage, tenants) = (Stage::new(), tenants(10));
    let acme = stage.tenant(&tenants, "acme");
    ask(&tenants, &acme).await.unwrap();
    stage.open.send_replace(false);
    let mut busy = Vec::new();
    for _ in 0..60 {
        let (tenants, acme) = (Arc::clone(&tenants), Arc::clone(&acme));
        busy.push(tokio::spawn(async move { ask(&tenants, &acme).await }));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(matches!(acme.condition(), Condition::Loaded { isolates: 3, .. }));
    stage.open.send_replace(true);
    for one in busy {
        one.await.unwrap().unwrap();
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    acme.shrink().await;
    settle().await;
    assert_eq!(stage.alive.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn an_isolate_that_could_not_be_made_for_a_busy_tenant_is_tried_again() {
    let (stage, tenants) = (Stage::new(), tenants(10));
    let acme = stage.tenant(&tenants, "acme");
    ask(&tenants, &acme).await.unwrap();
    stage.open.send_replace(false);
    let mut busy = Vec::new();
    for (panics, requests, isolates) in [(true, 10, 1), (false, 5, 2)] {
        stage.panics.store(panics, SeqCst);
        for _ in 0..requests {
            let (tenants, acme) = (Arc::clone(&tenants), Arc::clone(&acme));
            busy.push(tokio::spawn(async move { ask(&tenants, &acme).await }));
            settle().await;
        }
        let Condition::Loaded { isolates: made, .. } = acme.condition() else {
            panic!("it is not loaded")
        };
        assert_eq!(made, isolates);
    }
    stage.open.send_replace(true);
    for one in busy {
        one.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn more_requests_than_may_be_under_way_are_refused() {
    let (stage, tenants) = (Stage::new(), tenants(10));
    let acme = stage.tenant(&tenants, "acme");
    ask(&tenants, &acme).await.unwrap();
    stage.open.send_replace(false);
    let (tenants_too, acme_too) = (Arc::clone(&tenants), Arc::clone(&acme));
    let busy: Vec<_> = (0..64)
        .map(|_| {
            let (tenants, acme) = (Arc::clone(&tenants_too), Arc::clone(&acme_too));
            tokio::spawn(async move { ask(&tenants, &acme).await })
        })
        .collect();
    settle().await;
    assert_eq!(ask(&tenants, &acme).await.unwrap_err().code(), "TENANT_BUSY");
    stage.open.send_replace(true);
    for one in busy {
        one.await.unwrap().unwrap();
    }
    assert_eq!(ask(&tenants, &acme).await.unwrap(), "1");
}

#[tokio::test(start_paused = true)]
async fn where_the_database_takes_no_more_the_code_is_not_run_but_now_and_then() {
    let (stage, tenants) = (Stage::new(), tenants(10));
    let acme = stage.tenant(&tenants, "acme");
    ask(&tenants, &acme).await.unwrap();
    stage.overloaded.store(true, SeqCst);
    let mut answered = 0;
    for _ in 0..100 {
        match ask(&tenants, &acme).await {
            Ok(_) => answered += 1,
            Err(error) => assert_eq!(error.code(), "DATABASE_BUSY"),
        }
    }
    assert!((1..=8).contains(&answered), "{answered}");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(ask(&tenants, &acme).await.unwrap(), "1", "it may not ask the database at all");
    stage.overloaded.store(false, SeqCst);
    for _ in 0..100 {
        ask(&tenants, &acme).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_condemned_isolate_is_replaced_but_not_for_ever() {
    let (stage, tenants) = (Stage::new(), tenants(10));
    let acme = stage.tenant(&tenants, "acme");
    stage.condemns.store(true, SeqCst);
    let mut answered = 0;
    let refused = loop {
        match ask(&tenants, &acme).await {
            Ok(_) => answered += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(refused.code(), "TENANT_FAILING");
    assert!((5..20).contains(&answered), "{answered}");
    stage.condemns.store(false, SeqCst);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(ask(&tenants, &acme).await.unwrap(), "1");
    settle().await;
    assert_eq!(stage.alive.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn closing_waits_for_requests_and_refuses_new_ones() {
    let (stage, tenants) = (Stage::new(), tenants(10));
    let acme = stage.tenant(&tenants, "acme");
    ask(&tenants, &acme).await.unwrap();
    stage.open.send_replace(false);
    let busy = tokio::spawn({
        let (tenants, acme) = (Arc::clone(&tenants), Arc::clone(&acme));
        async move { ask(&tenants, &acme).await }
    });
    tokio::task::yield_now().await;
    let closing = tokio::spawn({
        let tenants = Arc::clone(&tenants);
        async move { tenants.close().await }
    });
    settle().await;
    assert!(!closing.is_finished());
    assert_eq!(ask(&tenants, &acme).await.unwrap_err().code(), "SERVER_CLOSED");
    stage.open.send_replace(true);
    busy.await.unwrap().unwrap();
    closing.await.unwrap();
    assert_eq!(stage.alive.load(SeqCst), 0);
}
