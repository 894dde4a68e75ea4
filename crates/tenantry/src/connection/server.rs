use std::{fmt, hash, sync::Arc};

use tokio_postgres::config::Host;

use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{config::ServerConfig, tls::TlsError};

/// What to connect to: addresses, database, login and encryption. Cheap to clone; equal when it
/// leads to the same place in the same way.
#[derive(Clone)]
pub(crate) struct Server(Arc<Inner>);

struct Inner {
    config: tokio_postgres::Config,
    tls: Option<MakeRustlsConnect>,
    /// What makes two servers the same; holds the password, so it is never shown.
    key: String,
}

impl Server {
    /// The server that a configuration names. Every connection to it starts with a search_path
    /// that names no tenant.
    ///
    /// # Errors
    ///
    /// When the root certificates cannot be read.
    pub(crate) fn new(server: &ServerConfig) -> Result<Self, TlsError> {
        let mut config = server.postgres.clone();
        let options = match config.get_options() {
            Some(options) => format!("{options} -c search_path=pg_temp"),
            None => "-c search_path=pg_temp".to_owned(),
        };
        config.options(options);
        let tls = crate::tls::connector(&server.tls)?;
        let key = format!("{config:?} {:?} {:?}", config.get_password(), server.tls);
        Ok(Self(Arc::new(Inner { config, tls, key })))
    }

    pub(super) fn config(&self) -> &tokio_postgres::Config {
        &self.0.config
    }

    /// What makes TLS connections, unless they are not wanted.
    pub(super) fn tls(&self) -> Option<MakeRustlsConnect> {
        self.0.tls.clone()
    }

    /// `host:port`, for messages.
    pub(crate) fn address(&self) -> String {
        let config = self.config();
        let port = config.get_ports().first().copied().unwrap_or(5432);
        match config.get_hosts().first() {
            Some(Host::Tcp(host)) => format!("{host}:{port}"),
            #[cfg(unix)]
            Some(Host::Unix(directory)) => format!("{}/.s.PGSQL.{port}", directory.display()),
            None => format!("localhost:{port}"),
        }
    }
}

impl PartialEq for Server {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.key == other.0.key
    }
}

impl Eq for Server {}

impl hash::Hash for Server {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.key.hash(state);
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Server").field(&self.address()).finish()
    }
}
