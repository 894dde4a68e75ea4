//! PostgreSQL itself fails: errors say what is wrong and where, and never a secret; what was
//! answered is kept; service is back without a restart of ours.

use std::{
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tenantry::{Error, TenantDb, TenantId, TenantManager, config::ConfigLoader};
use tenantry_devdb::testing::TestServer;
use tokio_postgres::{Client, NoTls};

use crate::{
    faults::make,
    support::{config, until},
};

/// A server of the test's own, and a manager with some tenants on it.
struct Served {
    server: TestServer,
    url: String,
    tenants: TenantManager,
    ids: Arc<Vec<TenantId>>,
}

impl Served {
    async fn new(server: TestServer, url: String) -> Self {
        Self::with(server, impatient(&url), url).await
    }

    async fn with(server: TestServer, config: ConfigLoader, url: String) -> Self {
        let tenants = TenantManager::connect(config.load().unwrap()).await.unwrap();
        let ids = Arc::new(make(&tenants, 6).await);
        Self { server, url, tenants, ids }
    }

    fn address(&self) -> &str {
        self.url.split('@').nth(1).unwrap().split('/').next().unwrap()
    }

    fn handles(&self) -> Vec<TenantDb> {
        self.ids.iter().map(|id| self.tenants.db(id).unwrap()).collect()
    }

    /// Waits until every tenant is served; how long that took.
    async fn is_back(&self) -> Duration {
        let start = Instant::now();
        until("every tenant is served", async || {
            for id in self.ids.iter() {
                let Ok(mut db) = self.tenants.db(id) else { return false };
                match names(&mut db).await {
                    Ok(names) => assert_eq!(names[0], id.as_str()),
                    Err(_) => return false,
                }
            }
            true
        })
        .await;
        start.elapsed()
    }
}

fn impatient(url: &str) -> ConfigLoader {
    config(url)
        .set("connection.max_connections", 6)
        .set("connection.acquire_timeout", "500ms")
        .set("connection.retry.max_attempts", 1)
}

async fn names(db: &mut TenantDb) -> tenantry::Result<Vec<String>> {
    let rows = db.query("SELECT name FROM whose ORDER BY length(name), name", &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// SIGKILL, to processes of the test's own server.
fn kill(pids: &[i32]) {
    let pids: Vec<_> = pids.iter().map(ToString::to_string).collect();
    let killing = format!("kill -KILL {}", pids.join(" "));
    // One that has ended by itself is no failure.
    Command::new("sh").args(["-c", &killing]).output().expect("a shell");
}

/// Every process of the server, the first one first.
async fn processes(outside: &Client) -> Vec<i32> {
    let sql = "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int UNION ALL \
               SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()";
    outside.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// Clients that write until told to stop, and note what was answered.
struct Writers {
    notes: Arc<Notes>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

#[derive(Default)]
struct Notes {
    stop: AtomicBool,
    refused: AtomicU64,
    /// Callers who were told that the budget is used up, with what they were told.
    timed_out: Mutex<Vec<String>>,
    /// The rows that were answered, and the number of the tenant they are of.
    kept: Mutex<Vec<(usize, String)>>,
}

impl Writers {
    fn start(served: &Served) -> Self {
        let notes = Arc::new(Notes::default());
        let client = |client: usize| {
            let notes = Arc::clone(&notes);
            let which = client % served.ids.len();
            let mut db = served.tenants.db(&served.ids[which]).unwrap();
            let id = served.ids[which].clone();
            tokio::spawn(async move {
                for number in 0.. {
                    if notes.stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let name = format!("{id}/{client}/{number}");
                    match db.execute("INSERT INTO whose VALUES ($1)", &[&name]).await {
                        Ok(_) => notes.kept.lock().unwrap().push((which, name)),
                        Err(error) => {
                            match error.code() {
                                "DATABASE_UNAVAILABLE" => {}
                                "POOL_TIMEOUT" => {
                                    notes.timed_out.lock().unwrap().push(error.to_string());
                                }
                                _ => panic!("{error:?}"),
                            }
                            notes.refused.fetch_add(1, Ordering::Relaxed);
                            tokio::time::sleep(Duration::from_millis(2)).await;
                        }
                    }
                }
            })
        };
        let tasks = (0..12).map(client).collect();
        Self { notes, tasks }
    }

    fn refused(&self) -> u64 {
        self.notes.refused.load(Ordering::Relaxed)
    }

    async fn are_at_work(&self) {
        until("they write", async || self.notes.kept.lock().unwrap().len() > 200).await;
    }

    /// Ends, and finds each row that was answered where it belongs and nowhere else.
    async fn end(self, served: &Served) {
        self.notes.stop.store(true, Ordering::Relaxed);
        let refused = self.refused();
        for task in self.tasks {
            task.await.expect("clear errors only");
        }
        let kept = self.notes.kept.lock().unwrap().clone();
        println!("{} rows were answered, {refused} refused", kept.len());
        for (which, mut db) in served.handles().into_iter().enumerate() {
            let found = names(&mut db).await.unwrap();
            let id = served.ids[which].as_str();
            assert!(found.iter().all(|name| name.split('/').next() == Some(id)), "in {id}");
            for (_, name) in kept.iter().filter(|(whose, _)| *whose == which) {
                assert!(found.contains(name), "{name} was answered, and is gone");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_killed_under_load_with_all_its_processes_loses_no_answer() {
    let server = TestServer::start().await.unwrap();
    let url = server.url("postgres");
    let served = Served::new(server, url).await;
    let writers = Writers::start(&served);
    writers.are_at_work().await;
    kill(&processes(&connect(&served.url).await.unwrap()).await);
    served.server.kill().await.unwrap();
    let before = writers.refused();
    until("errors are seen", async || writers.refused() > before + 12).await;
    served.server.restart().await.unwrap();
    println!("service is back {:?} after PostgreSQL is", served.is_back().await);
    writers.end(&served).await;
    assert_eq!(served.tenants.close().await.left, 0);
}

/// Some connections have failed already, and the others are about to: whoever waits for those must
/// not be forgotten, and is not told to raise a budget of which nothing is in use.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_postgresql_is_away_callers_hear_that_it_is_and_of_no_full_budget() {
    let server = TestServer::start().await.unwrap();
    let url = server.url("postgres");
    let served = Served::new(server, url).await;
    let writers = Writers::start(&served);
    for _ in 0..3 {
        writers.are_at_work().await;
        kill(&processes(&connect(&served.url).await.unwrap()).await);
        served.server.kill().await.unwrap();
        let before = writers.refused();
        until("errors are seen", async || writers.refused() > before + 50).await;
        served.server.restart().await.unwrap();
        served.is_back().await;
    }
    let timed_out = writers.notes.timed_out.lock().unwrap().clone();
    writers.end(&served).await;
    assert!(timed_out.is_empty(), "{} callers, among them: {}", timed_out.len(), timed_out[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_killed_makes_postgresql_start_over_and_loses_no_answer() {
    let server = TestServer::start().await.unwrap();
    let url = server.url("postgres");
    let served = Served::new(server, url).await;
    let writers = Writers::start(&served);
    writers.are_at_work().await;
    let pid = served.handles()[0].query_one("SELECT pg_backend_pid()", &[]).await;
    kill(&[pid.unwrap().get(0)]);
    until("errors are seen", async || writers.refused() > 0).await;
    println!("service is back after {:?}", served.is_back().await);
    writers.end(&served).await;
}

#[tokio::test]
async fn where_others_have_taken_all_connections_errors_say_so_until_they_leave() {
    let server = TestServer::start_with(|it| it.max_connections(12)).await.unwrap();
    let url = server.url("postgres");
    let served = Served::new(server, url).await;
    let mut handles = served.handles();
    // Back to the listener alone.
    let outside = connect(&served.url).await.unwrap();
    let listens =
        "FROM pg_stat_activity WHERE application_name = 'tenantry' AND query ~ 'last_value'";
    until("the listener listens", async || {
        outside.query(&format!("SELECT 1 {listens}"), &[]).await.unwrap().len() == 1
    })
    .await;
    let kill = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = \
         'tenantry' AND pid NOT IN (SELECT pid {listens})"
    );
    outside.batch_execute(&kill).await.unwrap();
    until("nothing is idle", async || served.tenants.pool_stats().total() == 1).await;

    let mut crowd = Vec::new();
    let full = loop {
        match connect(&served.url).await {
            Ok(client) => crowd.push(client),
            Err(error) => break error,
        }
    };
    assert_eq!(full.code().map(|code| code.code()), Some("53300"));
    for _ in 0..3 {
        let start = Instant::now();
        let error = names(&mut handles[0]).await.unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        assert!(["DATABASE_UNAVAILABLE", "POOL_TIMEOUT"].contains(&error.code()), "{error}");
        let text = error.to_string();
        assert!(text.contains("53300") && text.contains(served.address()), "{text}");
    }
    let error = TenantManager::connect(impatient(&served.url).load().unwrap()).await.unwrap_err();
    assert_eq!((error.code(), error.sqlstate()), ("DATABASE_UNAVAILABLE", Some("53300")));

    // Two leave: that is enough for all tenants, one after the other, and a listener.
    crowd.truncate(crowd.len() - 2);
    println!("two connections: service is back after {:?}", served.is_back().await);
    crowd.clear();
    println!("service is back after {:?}", served.is_back().await);
    let together = handles.iter_mut().map(names);
    for answer in futures_util::future::join_all(together).await {
        answer.unwrap();
    }
}

/// A disk that is full for one table: its file leads to `/dev/full`, where the kernel refuses each
/// write for want of space. Only Linux has it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_an_error_of_the_statement_and_costs_no_connection() {
    let server = TestServer::start().await.unwrap();
    let url = server.url("postgres");
    let served = Served::new(server, url).await;
    let mut handles = served.handles();
    let outside = connect(&served.url).await.unwrap();
    let sql = "CREATE TABLE tenant_t0.growing (text text); \
               SELECT pg_relation_filepath('tenant_t0.growing')";
    outside.batch_execute(sql).await.unwrap();
    let sql = "SELECT current_setting('data_directory') || '/' || \
               pg_relation_filepath('tenant_t0.growing')";
    let file: String = outside.query_one(sql, &[]).await.unwrap().get(0);
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/dev/full", &file).unwrap();
    // The connection that made the table has its file open.
    drop(outside);

    let insert = "INSERT INTO growing VALUES ('more')";
    let opened = served.tenants.pool_stats().counters.opened;
    for _ in 0..8 {
        let error = handles[0].execute(insert, &[]).await.unwrap_err();
        assert_eq!((error.code(), error.sqlstate()), ("DATABASE_ERROR", Some("53100")), "{error}");
        assert!(error.to_string().contains("No space left on device"), "{error}");
        assert_eq!(names(&mut handles[0]).await.unwrap(), ["t0"], "what needs no space goes on");
        assert_eq!(names(&mut handles[1]).await.unwrap(), ["t1"]);
    }
    let mut tx = handles[0].begin().await.unwrap();
    tx.execute("INSERT INTO whose VALUES ('half')", &[]).await.unwrap();
    tx.execute(insert, &[]).await.unwrap_err();
    assert!(matches!(tx.commit().await, Err(Error::RolledBack)));
    assert_eq!(served.tenants.pool_stats().counters.opened, opened, "connections are kept");

    let outside = connect(&served.url).await.unwrap();
    outside.batch_execute("TRUNCATE tenant_t0.growing").await.unwrap();
    handles[0].execute(insert, &[]).await.expect("there is room again");
    assert_eq!(names(&mut handles[0]).await.unwrap(), ["t0"], "nothing is half done");
}

#[tokio::test]
async fn a_changed_password_is_named_but_not_told_and_changed_back_it_works() {
    let server = TestServer::start().await.unwrap();
    let admin = connect(&server.url("postgres")).await.unwrap();
    let role = "CREATE ROLE app LOGIN SUPERUSER PASSWORD 'first-secret'";
    admin.batch_execute(role).await.unwrap();
    let url = server.url("postgres");
    let (start, end) = (url.find("://").unwrap() + 3, url.find('@').unwrap());
    let url = format!("{}app:first-secret{}", &url[..start], &url[end..]);
    // A refusal is told at once: nobody waits for this long.
    let config = impatient(&url).set("connection.acquire_timeout", "10s");
    let served = Served::with(server, config, url).await;
    let mut handles = served.handles();

    admin.batch_execute("ALTER ROLE app PASSWORD 'second-secret'").await.unwrap();
    names(&mut handles[0]).await.expect("connections that are open stay so");
    let kick = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'";
    admin.batch_execute(kick).await.unwrap();
    until("all are closed", async || served.tenants.pool_stats().total() == 0).await;
    for db in &mut handles {
        let start = Instant::now();
        let error = names(db).await.unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        assert_eq!((error.code(), error.sqlstate()), ("DATABASE_UNAVAILABLE", Some("28P01")));
        let (text, debug) = (error.to_string(), format!("{error:?} {db:?} {:?}", served.tenants));
        assert!(text.contains("\"app\"") && text.contains(served.address()), "{text}");
        assert!(!text.contains("secret") && !debug.contains("secret"), "{text} {debug}");
    }
    admin.batch_execute("ALTER ROLE app PASSWORD 'first-secret'").await.unwrap();
    println!("service is back after {:?}", served.is_back().await);
}
