use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tenantry_pool::{Condition, Driver, Event, Pool, PoolConfig, Target, TargetId};

/// What a test sees of, and does to, the driver.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// Connections that count: being opened, open, being closed.
    pub(crate) alive: AtomicUsize,
    /// The most there ever were.
    pub(crate) most: AtomicUsize,
    pub(crate) cleaned: AtomicUsize,
    pub(crate) refuse: AtomicBool,
    pub(crate) hang_clean: AtomicBool,
    pub(crate) fail_clean: AtomicBool,
    pub(crate) ignore_cut: AtomicBool,
    pub(crate) events: Mutex<Vec<String>>,
    next: AtomicUsize,
}

#[derive(Debug)]
pub(crate) struct Conn {
    pub(crate) number: usize,
    pub(crate) server: &'static str,
    pub(crate) condition: Condition,
    /// Whether its last user has left something.
    pub(crate) residue: bool,
    /// Whether it was ended from outside.
    pub(crate) cut: Arc<AtomicBool>,
    /// Whose statements are kept.
    pub(crate) statements: BTreeSet<TargetId>,
    world: Arc<World>,
}

impl Drop for Conn {
    fn drop(&mut self) {
        self.world.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Debug, thiserror::Error)]
#[error("refused")]
pub(crate) struct Refused;

pub(crate) struct Fake(pub(crate) Arc<World>);

impl Driver for Fake {
    type Server = &'static str;
    type Connection = Conn;
    type Error = Refused;
    type Handle = Arc<AtomicBool>;

    async fn connect(&self, server: &&'static str) -> Result<Conn, Refused> {
        let alive = self.0.alive.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most.fetch_max(alive, Ordering::SeqCst);
        let conn = Conn {
            number: self.0.next.fetch_add(1, Ordering::SeqCst),
            server,
            condition: Condition::NEUTRAL,
            residue: false,
            cut: Arc::default(),
            statements: BTreeSet::new(),
            world: Arc::clone(&self.0),
        };
        tokio::time::sleep(Duration::from_millis(3)).await;
        if self.0.refuse.load(Ordering::SeqCst) { Err(Refused) } else { Ok(conn) }
    }

    fn condition(&self, conn: &Conn) -> Condition {
        if conn.cut.load(Ordering::SeqCst) { Condition::Broken } else { conn.condition }
    }

    fn has_residue(&self, conn: &Conn) -> bool {
        conn.residue
    }

    async fn clean(&self, conn: &mut Conn) -> Result<(), Refused> {
        self.0.cleaned.fetch_add(1, Ordering::SeqCst);
        if self.0.hang_clean.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        if self.0.fail_clean.load(Ordering::SeqCst) {
            return Err(Refused);
        }
        conn.condition = Condition::NEUTRAL;
        conn.residue = false;
        Ok(())
    }

    fn handle(&self, conn: &Conn) -> Arc<AtomicBool> {
        Arc::clone(&conn.cut)
    }

    async fn cut_off(&self, handle: Arc<AtomicBool>) -> bool {
        tokio::time::sleep(Duration::from_millis(2)).await;
        let cuts = !self.0.ignore_cut.load(Ordering::SeqCst);
        handle.store(cuts, Ordering::SeqCst);
        cuts
    }

    fn forget(&self, conn: &mut Conn, target: TargetId) {
        conn.statements.remove(&target);
    }

    async fn close(&self, conn: Conn) {
        tokio::time::sleep(Duration::from_millis(2)).await;
        drop(conn);
    }

    fn event(&self, event: Event<'_, Self>) {
        let text = match event {
            Event::TargetCreated(_) => "created".to_owned(),
            Event::TargetEvicted(_) => "evicted".to_owned(),
            Event::Opened { .. } => "opened".to_owned(),
            Event::OpenFailed { .. } => "not opened".to_owned(),
            Event::Closed { reason } => format!("closed {reason:?}"),
            _ => return,
        };
        self.0.events.lock().unwrap().push(text);
    }
}

/// A pool on a fake driver.
pub(crate) fn pool(
    budget: usize,
    configure: impl FnOnce(&mut PoolConfig),
) -> (Pool<Fake>, Arc<World>) {
    let world = Arc::new(World::default());
    let mut config = PoolConfig::new(budget);
    // The tests of homes have their own patience; the others count who gets what at once.
    config.home_patience = Duration::ZERO;
    configure(&mut config);
    (Pool::new(Fake(Arc::clone(&world)), config), world)
}

pub(crate) fn targets(count: usize) -> Vec<Arc<Target<&'static str>>> {
    (0..count).map(|_| Target::new("one")).collect()
}

impl World {
    pub(crate) fn alive(&self) -> usize {
        self.alive.load(Ordering::SeqCst)
    }

    pub(crate) fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    pub(crate) fn heard(&self, what: &str) -> usize {
        self.events.lock().unwrap().iter().filter(|event| event.starts_with(what)).count()
    }
}

/// Lets tasks run, and the clock with them.
pub(crate) async fn pass(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}
