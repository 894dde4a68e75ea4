//! `tenantry serve` told to stop while it is busy.

use std::{sync::Arc, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::Child,
    sync::Notify,
};
use tokio_postgres::Client;

use crate::support::{Project, USERS};

const ROUTES: &str = "export default async (fastify) => {
  fastify.get('/', async (request) => ({ tenant: request.tenantId }))
  fastify.get('/users', async (request) => request.tenant.db.users.findMany())
  fastify.get('/rename', async (request) => request.tenant.db.transaction(async (tx) => {
    await tx.users.update(1, { name: 'Grace' })
    return tx.users.findById(1)
  }))
}";

/// A server of one tenant with one user, and who has its table locked.
async fn busy(options: &str) -> (Project, Child, String, Client) {
    let project = Project::with(&[USERS]).await;
    project.file("tenants/acme/routes/index.mjs", ROUTES);
    project.run("tenant create acme").await.done();
    let client = project.client().await;
    client.batch_execute("INSERT INTO tenant_acme.users VALUES (1, 'Ada')").await.unwrap();
    project.file("tenantry.toml", &format!("[connection]\nmax_connections = 8\n{options}"));
    let mut child = project.command("--quiet serve --port 0").spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = soon("the server's first line", lines.next_line()).await.unwrap().unwrap();
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let address = line.rsplit("http://").next().unwrap().to_owned();
    // Loaded, and connected to the database.
    let first = soon("the first answer", get(&address, "/users")).await;
    assert!(first.ends_with(r#"[{"id":1,"name":"Ada"}]"#), "{first}");
    let lock = "BEGIN; LOCK TABLE tenant_acme.users IN ACCESS EXCLUSIVE MODE";
    soon("the lock", client.batch_execute(lock)).await.unwrap();
    (project, child, address, client)
}

async fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: x\r\nx-tenant-id: acme\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Asks on one connection as fast as it can, until the server closes it. How many were answered, each
/// of them whole.
async fn ask(address: &str, one: &Notify) -> usize {
    let stream = TcpStream::connect(address).await.unwrap();
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    let mut answered = 0;
    loop {
        let request = b"GET / HTTP/1.1\r\nhost: x\r\nx-tenant-id: acme\r\n\r\n";
        if write.write_all(request).await.is_err() {
            return answered;
        }
        let (mut length, mut line) = (None, String::new());
        loop {
            line.clear();
            match read.read_line(&mut line).await {
                // Between two answers it may close.
                Ok(0) | Err(_) if length.is_none() => return answered,
                Ok(0) | Err(_) => panic!("an answer was cut off"),
                Ok(_) if length.is_none() => {
                    assert_eq!(line.trim_end(), "HTTP/1.1 200 OK");
                    length = Some(0);
                }
                Ok(_) if line == "\r\n" => break,
                Ok(_) => {
                    if let Some(given) = line.to_lowercase().strip_prefix("content-length:") {
                        length = Some(given.trim().parse::<usize>().unwrap());
                    }
                }
            }
        }
        let mut body = vec![0; length.unwrap()];
        read.read_exact(&mut body).await.unwrap();
        assert_eq!(body, br#"{"tenant":"acme"}"#);
        answered += 1;
        one.notify_one();
    }
}

/// What hangs fails, and says what it was.
async fn soon<T>(what: &str, wait: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(Duration::from_secs(60), wait).await;
    waited.unwrap_or_else(|_| panic!("{what}: not in a minute"))
}

/// Until so many statements of the server's wait for the lock.
async fn waiting(client: &Client, number: i64) {
    let sql = "SELECT count(*) FROM pg_locks WHERE locktype = 'relation' AND NOT granted AND \
               relation = 'tenant_acme.users'::regclass";
    let waiting = async {
        while client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) < number {
            tokio::task::yield_now().await;
        }
    };
    soon("statements that wait for the lock", waiting).await;
}

/// Until nobody accepts any more.
async fn refused(address: &str) {
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    soon("an end of accepting", refused).await;
}

fn terminate(child: &Child) {
    let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
}

/// The server's connections to the database are all gone, and with them what ran there.
async fn nothing_is_left(client: &Client) {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
               AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let left = async {
        while client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) > 0 {
            tokio::task::yield_now().await;
        }
    };
    soon("the end of the connections to the database", left).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_requests_and_queries_end_and_it_exits_with_0() {
    let options =
        "[server]\nshutdown_timeout = \"1m\"\n[limits]\nquery_time = \"1m\"\nwall = \"2m\"\n";
    let (_project, mut child, address, client) = busy(options).await;
    let queries: Vec<_> = ["/users", "/rename"]
        .map(|path| {
            let address = address.clone();
            tokio::spawn(async move { get(&address, path).await })
        })
        .into();
    waiting(&client, 2).await;
    let one = Arc::new(Notify::new());
    let load: Vec<_> = (0..4)
        .map(|_| {
            let (address, one) = (address.clone(), Arc::clone(&one));
            tokio::spawn(async move { ask(&address, &one).await })
        })
        .collect();
    for _ in 0..50 {
        one.notified().await;
    }
    terminate(&child);
    refused(&address).await;
    client.batch_execute("COMMIT").await.unwrap();
    for query in queries {
        let answer = query.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(answer.contains("\"id\":1"), "{answer}");
    }
    let mut answered = 0;
    for one in load {
        answered += one.await.unwrap();
    }
    assert!(answered >= 50);
    assert_eq!(soon("the server's end", child.wait()).await.unwrap().code(), Some(0));
    let sql = "SELECT name FROM tenant_acme.users";
    let name: String = client.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!(name, "Grace", "what was answered is committed");
    nothing_is_left(&client).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_end_within_the_deadline_is_cut_off_and_it_says_so() {
    let options =
        "[server]\nshutdown_timeout = \"300ms\"\n[limits]\nquery_time = \"1h\"\nwall = \"1h\"\n";
    let (_project, mut child, address, client) = busy(options).await;
    let queries: Vec<_> = ["/users", "/rename"]
        .map(|path| {
            let address = address.clone();
            tokio::spawn(async move { get(&address, path).await })
        })
        .into();
    waiting(&client, 2).await;
    terminate(&child);
    // Whoever holds a lock.
    let code = soon("the server's end", child.wait()).await.unwrap().code();
    assert_eq!(code, Some(1), "not all ended by itself");
    for query in queries {
        assert!(!query.await.unwrap().starts_with("HTTP/1.1 200"));
    }
    client.batch_execute("COMMIT").await.unwrap();
    nothing_is_left(&client).await;
    let sql = "SELECT name FROM tenant_acme.users";
    let name: String = client.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!(name, "Ada", "what was not answered is rolled back");
}
