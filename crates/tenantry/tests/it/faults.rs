use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tenantry::{NewTenant, TenantId, TenantManager};
use tenantry_devdb::testing::TestServer;

use crate::support::{config, until};

/// `count` tenants, each with a table `whose(name)` that holds its id.
pub(crate) async fn make(tenants: &TenantManager, count: usize) -> Vec<TenantId> {
    let mut ids = Vec::new();
    for number in 0..count {
        let id = TenantId::parse(&format!("t{number}")).unwrap();
        tenants.catalog().create(NewTenant::new(id.clone())).await.unwrap();
        ids.push(id);
    }
    let sql: String = ids
        .iter()
        .map(|id| {
            format!(
                "CREATE SCHEMA tenant_{id}; CREATE TABLE tenant_{id}.whose AS SELECT '{id}' AS name;"
            )
        })
        .collect();
    tenants.shared().batch_execute(&sql).await.unwrap();
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_clients_on_ten_connections_of_a_server_that_has_twenty() {
    let server = TestServer::start_with(|it| it.max_connections(20)).await.unwrap();
    let config = config(&server.url("postgres"))
        .set("connection.max_connections", 10)
        .set("connection.acquire_timeout", "30s")
        .load()
        .unwrap();
    let tenants = TenantManager::connect(config).await.unwrap();
    let ids = Arc::new(make(&tenants, 150).await);
    let done = Arc::new(AtomicBool::new(false));
    let watching = {
        let (url, done) = (server.url("postgres"), Arc::clone(&done));
        tokio::spawn(async move {
            let (outside, connection) =
                tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tenantry'";
            let mut most = 0;
            while !done.load(Ordering::Relaxed) {
                most = most.max(outside.query_one(sql, &[]).await.unwrap().get::<_, i64>(0));
            }
            most
        })
    };
    let clients: Vec<_> = (0..200)
        .map(|client: usize| {
            let (tenants, ids) = (tenants.clone(), Arc::clone(&ids));
            tokio::spawn(async move {
                for round in 0..15 {
                    let id = &ids[(client * 7 + round * 31) % ids.len()];
                    let mut db = tenants.db_of(&tenants.tenant(id).await.unwrap()).unwrap();
                    let row = db.query_one("SELECT name FROM whose", &[]).await.unwrap();
                    assert_eq!(row.get::<_, &str>(0), id.as_str());
                }
            })
        })
        .collect();
    for client in clients {
        client.await.expect("no error and no wrong row");
    }
    done.store(true, Ordering::Relaxed);
    let most = watching.await.unwrap();
    assert!((2..=10).contains(&most), "{most} connections were seen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_stopped_and_started_under_load_is_unavailable_and_then_back() {
    let server = TestServer::start().await.unwrap();
    let config = config(&server.url("postgres"))
        .set("connection.max_connections", 6)
        .set("connection.acquire_timeout", "2s")
        .load()
        .unwrap();
    let tenants = TenantManager::connect(config).await.unwrap();
    let ids = Arc::new(make(&tenants, 8).await);
    let done = Arc::new(AtomicBool::new(false));
    let failed = Arc::new(AtomicU64::new(0));
    let clients: Vec<_> = (0..16)
        .map(|client: usize| {
            let (tenants, ids) = (tenants.clone(), Arc::clone(&ids));
            let (done, failed) = (Arc::clone(&done), Arc::clone(&failed));
            tokio::spawn(async move {
                let id = &ids[client % ids.len()];
                while !done.load(Ordering::Relaxed) {
                    let answer = async {
                        let mut db = tenants.db_of(&tenants.tenant(id).await?)?;
                        let row = db.query_one("SELECT name FROM whose", &[]).await?;
                        Ok::<String, tenantry::Error>(row.get(0))
                    };
                    match answer.await {
                        Ok(name) => assert_eq!(&name, id.as_str()),
                        Err(error) => {
                            failed.fetch_add(1, Ordering::Relaxed);
                            assert_eq!(error.code(), "DATABASE_UNAVAILABLE", "{error}");
                            tokio::time::sleep(Duration::from_millis(2)).await;
                        }
                    }
                }
            })
        })
        .collect();
    for round in 0..2 {
        let before = failed.load(Ordering::Relaxed);
        if round == 0 {
            server.stop().await.unwrap()
        } else {
            server.kill().await.unwrap()
        }
        until("errors are seen", async || failed.load(Ordering::Relaxed) > before + 50).await;
        server.restart().await.unwrap();
        until("service is back", async || {
            let mut all = true;
            for id in ids.iter() {
                all &= match tenants.db_checked(id).await {
                    Ok(mut db) => db.query("SELECT name FROM whose", &[]).await.is_ok(),
                    Err(_) => false,
                };
            }
            all
        })
        .await;
    }
    done.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.expect("clear errors and no wrong row");
    }
    assert!(tenants.pool_stats().total() <= 6);
    assert_eq!(tenants.close().await.left, 0);
}

#[tokio::test]
async fn a_server_that_is_away_at_the_start_is_named() {
    let config = config("postgres://nobody@127.0.0.1:1/none")
        .set("connection.retry.max_attempts", 1)
        .load()
        .unwrap();
    let error = TenantManager::connect(config).await.unwrap_err();
    assert_eq!(error.code(), "DATABASE_UNAVAILABLE");
    assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
}

#[tokio::test]
async fn a_wrong_password_is_unavailable_and_says_why_without_the_password() {
    let server = TestServer::start().await.unwrap();
    let url = server.url("postgres");
    let (start, end) = (url.find("://postgres:").unwrap() + 12, url.find('@').unwrap());
    let wrong = format!("{}hunter2{}", &url[..start], &url[end..]);
    let config = config(&wrong).set("connection.retry.max_attempts", 1).load().unwrap();
    let error = TenantManager::connect(config).await.unwrap_err();
    assert_eq!((error.code(), error.sqlstate()), ("DATABASE_UNAVAILABLE", Some("28P01")));
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}
