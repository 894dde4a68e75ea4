//! PostgreSQL has no room left on its disk: errors say so, nothing hangs, and service is back as soon
//! as there is room, without a restart of ours.
//!
//! A small disk is a tmpfs, which takes the right to mount one. Where that is missing, the tests say
//! so, and only look at how the errors are told.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use tenantry::{TenantManager, retry::is_retryable};
use tenantry_devdb::testing::TestServer;

use crate::{
    faults::make,
    support::{config, until},
};

/// A disk of its own, unmounted on drop.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// Nothing where this process may not mount one: which it says.
    fn mount(megabytes: u32) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("tenantry-disk-").tempdir().unwrap();
        let size = format!("size={megabytes}m,mode=0755");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self { folder }),
            other => {
                eprintln!("*** NOT TESTED: a full disk, since none can be mounted here: {other:?}");
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }

    /// Takes all the room that is left.
    fn fill(&self) {
        let filling = Command::new("dd")
            .args(["if=/dev/zero", "bs=64k", &format!("of={}", self.filler().display())])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&filling.stderr).into_owned();
        assert!(said.contains("No space left"), "{said}");
    }

    /// Gives it back.
    fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: its last user may just be ending.
        let _ = Command::new("umount").arg("-l").arg(self.path()).output();
    }
}

async fn manager(server: &TestServer) -> TenantManager {
    let config = config(&server.url("postgres"))
        .set("connection.max_connections", 5)
        .set("connection.acquire_timeout", "2s");
    TenantManager::connect(config.load().unwrap()).await.unwrap()
}

const FILL: &str =
    "INSERT INTO notes SELECT repeat(md5(i::text), 60) FROM generate_series(1, 500) i";

/// Takes room in the write-ahead log alone.
const LOG: &str = "SELECT pg_logical_emit_message(true, 'test', repeat('x', 4000000))";

#[tokio::test]
async fn a_full_disk_is_told_as_what_it_is() {
    let server = TestServer::start().await.unwrap();
    let tenants = manager(&server).await;
    let ids = make(&tenants, 1).await;
    let mut db = tenants.db(&ids[0]).unwrap();
    for (code, is_out_of_room) in [("53100", true), ("53200", true), ("53400", false)] {
        let raise = format!(
            "DO $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING \
             ERRCODE = '{code}', HINT = 'Check free disk space.'; END $$"
        );
        let error = db.batch_execute(&raise).await.unwrap_err();
        assert_eq!((error.code(), error.sqlstate()), ("DATABASE_ERROR", Some(code)));
        assert!(error.to_string().contains("No space left on device"), "{error}");
        let said = error.as_database_error().unwrap();
        assert_eq!(said.hint.as_deref(), Some("Check free disk space."));
        assert_eq!(said.is_out_of_room(), is_out_of_room);
        assert!(!is_retryable(&error), "more load does not help");
    }
    assert_eq!(tenants.pool_stats().counters.closed, 0);
    let _ = tenants.close().await;
}

/// Where the write-ahead log cannot be written either, PostgreSQL ends all connections.
#[tokio::test]
async fn when_everything_is_full_callers_hear_so_and_service_is_back_with_the_room() {
    let Some(disk) = SmallDisk::mount(220) else { return };
    let data = disk.path().join("data");
    let server = TestServer::start_with(|it| {
        it.data_dir(&data).setting("wal_recycle", "off").setting("min_wal_size", "32MB")
    })
    .await
    .unwrap();
    let tenants = manager(&server).await;
    let ids = make(&tenants, 2).await;
    let notes = "CREATE TABLE tenant_t0.notes (text text)";
    tenants.shared().batch_execute(notes).await.unwrap();
    let [mut db, mut other] = [0, 1].map(|which: usize| tenants.db(&ids[which]).unwrap());
    disk.fill();

    let start = Instant::now();
    let (mut statements, mut heard) = (0, std::collections::BTreeMap::new());
    while start.elapsed() < Duration::from_secs(6) {
        let asked = Instant::now();
        statements += 1;
        // Of what goes to the log alone, some until it is full.
        let sql = if statements % 4 == 0 { FILL } else { LOG };
        if let Err(error) = db.execute(sql, &[]).await {
            assert!(
                asked.elapsed() < Duration::from_secs(4),
                "{error} after {:?}",
                asked.elapsed()
            );
            let told = (error.code(), error.sqlstate().map(ToOwned::to_owned));
            *heard.entry(told).or_insert(0) += 1;
            tokio::task::yield_now().await;
        }
    }
    println!("callers heard {heard:?}");
    assert!(!heard.is_empty(), "the disk is full");
    for (code, sqlstate) in heard.keys() {
        let full = sqlstate.as_deref() == Some("53100");
        assert!(full || ["DATABASE_UNAVAILABLE", "POOL_TIMEOUT"].contains(code), "{heard:?}");
    }

    disk.free();
    // A server that could not even recover has ended; that one is for its operator to start.
    let alive = tokio_postgres::connect(&server.url("postgres"), tokio_postgres::NoTls).await;
    if alive.is_err() {
        server.restart().await.unwrap();
    }
    let start = Instant::now();
    let again = "INSERT INTO notes VALUES ('there is room')";
    let again = || {
        let mut db = db.clone();
        async move { db.execute(again, &[]).await.is_ok() }
    };
    until("it writes again", again).await;
    println!("service is back {:?} after PostgreSQL", start.elapsed());
    let rows = other.query("SELECT name FROM whose", &[]).await.unwrap();
    assert_eq!(rows[0].get::<_, &str>(0), "t1");
    let _ = tenants.close().await;
}
