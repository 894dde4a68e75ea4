//! TLS to a real PostgreSQL, as the connection's URL asks for it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::{
    error::Error as _,
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown},
    path::{Path, PathBuf},
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use tempfile::TempDir;
use tenantry::{config::ServerConfig, tls};
use tenantry_devdb::testing::TestServer;

/// A PostgreSQL with TLS and a self-signed certificate for 127.0.0.1.
struct Server {
    server: TestServer,
    folder: TempDir,
}

impl Server {
    async fn start() -> Self {
        let server = TestServer::start().await.unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = self_signed(&key, "127.0.0.1");
        let plain: ServerConfig = server.url("postgres").parse().unwrap();
        let (client, connection) = plain.postgres.connect(tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);

        let row = client.query_one("SHOW data_directory", &[]).await.unwrap();
        let data = Path::new(row.get::<_, &str>(0));
        write_for_postgres(data, "server.crt", &certificate);
        write_for_postgres(data, "server.key", &key.serialize_pem());
        client.simple_query("ALTER SYSTEM SET ssl = on").await.unwrap();
        client.simple_query("SELECT pg_reload_conf()").await.unwrap();

        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("server.crt"), certificate).unwrap();
        let stranger = self_signed(&KeyPair::generate().unwrap(), "127.0.0.1");
        fs::write(folder.path().join("stranger.crt"), stranger).unwrap();
        let server = Self { server, folder };
        let ready = tokio::time::timeout(Duration::from_secs(30), server.wait_for_tls()).await;
        ready.expect("PostgreSQL turns TLS on");
        server
    }

    /// PostgreSQL reads its configuration again some time after it was told to.
    async fn wait_for_tls(&self) {
        while let Err(error) = self.uses_tls("sslmode=require").await {
            assert!(error.contains("server does not support TLS"), "{error}");
            tokio::task::yield_now().await;
        }
    }

    fn certificate(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Whether a connection with these parameters is encrypted, or why there is none.
    async fn uses_tls(&self, parameters: &str) -> Result<bool, String> {
        let url = self.server.url("postgres");
        let separator = if url.contains('?') { '&' } else { '?' };
        let server: ServerConfig = format!("{url}{separator}{parameters}").parse().unwrap();
        let Some(tls) = tls::connector(&server.tls).unwrap() else {
            return Ok(false);
        };
        let (client, connection) = server.postgres.connect(tls).await.map_err(|error| {
            let source = error.source().map(ToString::to_string).unwrap_or_default();
            format!("{error}: {source}")
        })?;
        tokio::spawn(connection);
        let query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        let row = client.query_one(query, &[]).await.map_err(|error| error.to_string())?;
        Ok(row.get(0))
    }
}

fn self_signed(key: &KeyPair, host: &str) -> String {
    let mut params = CertificateParams::new([host.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.self_signed(key).unwrap().pem()
}

/// Writes a file that PostgreSQL accepts as a key: its own, and for nobody else to read.
fn write_for_postgres(data: &Path, name: &str, text: &str) {
    let path = data.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let owner = fs::metadata(data).unwrap();
    chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
}

#[tokio::test]
async fn the_url_decides_how_tls_is_used() {
    let server = Server::start().await;
    let own = server.certificate("server.crt");
    let verified = format!("sslmode=verify-full&sslrootcert={}", own.display());

    assert_eq!(server.uses_tls("sslmode=disable").await, Ok(false));
    assert_eq!(server.uses_tls("sslmode=prefer").await, Ok(true));
    assert_eq!(server.uses_tls(&verified).await, Ok(true));
    // Binds the login to the certificate, so that nobody in between can pass it on.
    let bound = format!("{verified}&channel_binding=require");
    assert_eq!(server.uses_tls(&bound).await, Ok(true));

    let stranger = server.certificate("stranger.crt");
    for mode in ["require", "verify-ca", "verify-full"] {
        let parameters = format!("sslmode={mode}&sslrootcert={}", stranger.display());
        let error = server.uses_tls(&parameters).await.unwrap_err();
        assert!(error.contains("invalid peer certificate"), "{mode}: {error}");
    }
    let error = server.uses_tls("sslmode=verify-full").await.unwrap_err();
    assert!(error.contains("invalid peer certificate"), "{error}");
}
