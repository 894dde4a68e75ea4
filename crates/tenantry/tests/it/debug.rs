use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing::level_filters::LevelFilter;

use crate::support::World;

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn capture(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::INFO)
            .with_ansi(false)
            .with_writer(move || log.clone());
        tracing::subscriber::set_default(subscriber.finish())
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn work(enabled: bool) -> String {
    let log = Log::default();
    let _guard = log.capture();
    let world = World::with(|config| {
        config.set("debug.enabled", enabled).set("debug.slow_query_threshold", "50ms")
    })
    .await;
    let id = world.tenant("acme").await;
    let mut db = world.tenants.db(&id).unwrap();
    db.query("SELECT name FROM whose WHERE name = $1", &[&"hush"]).await.unwrap();
    db.query("SELECT pg_sleep(0.1)", &[]).await.unwrap();
    world.tenants.evict(&id);
    log.text()
}

#[tokio::test]
async fn once_enabled_statements_slow_ones_and_pools_are_told_and_parameters_never() {
    let log = work(true).await;
    let line = |part: &str| {
        let found = log.lines().find(|line| line.contains(part));
        found.unwrap_or_else(|| panic!("no {part:?} in\n{log}")).to_owned()
    };
    let query = line("SELECT name FROM whose WHERE name = $1");
    assert!(query.contains("tenantry::query") && query.contains("tenant=\"acme\""), "{query}");
    assert!(query.contains("duration_ms="), "{query}");
    assert!(line("slow: SELECT pg_sleep(0.1)").contains("WARN tenantry::slow_query"));
    assert!(!log.contains("slow: SELECT name"), "a quick one is not slow");
    line("connection opened");
    line("pool created");
    line("pool evicted");
    assert!(!log.contains("hush"));
}

#[tokio::test]
async fn without_it_nothing_is_told() {
    assert_eq!(work(false).await, "");
}
