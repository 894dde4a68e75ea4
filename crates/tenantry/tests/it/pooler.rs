//! Behind a transaction pooler no session is ours: nothing is held, and nobody is promised one.

use tenantry::{TenantId, TenantManager};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
};

use crate::support::{World, config};

/// Passes everything on, and gives out process ids of its own, as PgBouncer does.
async fn pooler(server: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            let (client_reads, client_writes) = client.into_split();
            let (server_reads, server_writes) = server.into_split();
            tokio::spawn(pass_on(client_reads, server_writes));
            tokio::spawn(answer(server_reads, client_writes));
        }
    });
    port
}

async fn pass_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    let _ = tokio::io::copy(&mut from, &mut to).await;
}

async fn answer(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    let mut head = [0; 5];
    while from.read_exact(&mut head).await.is_ok() {
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let mut body = vec![0; length - 4];
        if from.read_exact(&mut body).await.is_err() {
            return;
        }
        if head[0] == b'K' {
            body[..4].copy_from_slice(&4242u32.to_be_bytes());
        }
        if to.write_all(&[&head[..], &body].concat()).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn nothing_is_held_and_sessions_are_refused() {
    let world = World::new().await;
    let ids = world.tenants(3).await;
    let url = world.db.url();
    let address = url.split('@').nth(1).unwrap().split('/').next().unwrap().to_owned();
    let port = pooler(address.clone()).await;
    let through = url.replace(&address, &format!("127.0.0.1:{port}")) + "?sslmode=disable";
    let tenants = TenantManager::connect(config(&through).load().unwrap()).await.unwrap();
    for round in 0..12 {
        for id in &ids {
            let found = tenants.tenant(id).await.expect("its row is read");
            let mut db = tenants.db_of(&found).unwrap();
            for _ in 0..if round == 0 { 12 } else { 1 } {
                let row = db
                    .query_one("SELECT name, now() = statement_timestamp() FROM whose", &[])
                    .await
                    .unwrap();
                assert_eq!(row.get::<_, &str>(0), id.as_str());
                assert!(!row.get::<_, bool>(1), "bound in a transaction, never held");
            }
            let held: usize =
                tenants.metrics().pools.tenants.iter().map(|pool| pool.connections.idle).sum();
            assert_eq!(held, 0);
        }
    }
    let error = tenants.session(&ids[0]).await.unwrap_err();
    assert_eq!(error.code(), "SESSION_UNAVAILABLE");
    assert!(error.to_string().contains("PgBouncer"), "{error}");
    let nobody = TenantId::parse("nobody").unwrap();
    assert_eq!(tenants.tenant(&nobody).await.unwrap_err().code(), "TENANT_NOT_FOUND");
}
