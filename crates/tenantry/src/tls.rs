//! TLS to PostgreSQL, by rustls.
//!
//! How it is used is said by the connection's URL, in libpq's words: `sslmode` and `sslrootcert`.
//!
//! | `sslmode` | TLS | the server's certificate |
//! |---|---|---|
//! | `disable` | never | – |
//! | `prefer` (default) | if the server has it | not looked at |
//! | `require` | always | not looked at; with `sslrootcert`, as `verify-ca` |
//! | `verify-ca` | always | by an authority that is trusted, for any name |
//! | `verify-full` | always | by an authority that is trusted, for the host's name |
//!
//! Trusted are the authorities in the PEM file that `sslrootcert` names, or else those of the
//! system (also with `sslrootcert=system`). A self-signed certificate is trusted by naming itself
//! there. Over a network that is not your own use `verify-full`: `prefer` and `require` keep out
//! those who only listen.
//!
//! What differs from libpq:
//!
//! - a handshake that fails with `prefer` is an error and not a second try without TLS;
//! - the system's authorities stand in where `sslrootcert` is missing, and not
//!   `~/.postgresql/root.crt`;
//! - certificates must be X.509 version 3, and for `verify-full` name the host as a *subject
//!   alternative name*: a common name alone does not count;
//! - client certificates (`sslcert`, `sslkey`) are not supported.

mod error;
mod mode;
mod roots;
#[cfg(test)]
mod tests;
mod verifier;

use std::sync::Arc;

use rustls::{ClientConfig, crypto::ring};
use tokio_postgres_rustls::MakeRustlsConnect;

pub use self::{
    error::TlsError,
    mode::{RootCertificates, TlsConfig, TlsMode},
};

use self::{roots::Trust, verifier::Verifier};

/// What makes TLS connections in this way, for tokio-postgres; nothing where TLS is not wanted.
///
/// It never needs the process to have chosen a default provider of cryptography. The
/// [`ssl_mode`](tokio_postgres::Config::ssl_mode) must agree with it, as it does in a
/// [`ServerConfig`](crate::config::ServerConfig).
///
/// Trusted certificates are read here and now: the call blocks on files for a few milliseconds.
///
/// # Errors
///
/// [`TlsError`] when certificates are to be verified and those to trust can't be read.
pub fn connector(tls: &TlsConfig) -> Result<Option<MakeRustlsConnect>, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let verifier = match tls.mode {
        TlsMode::Disable => return Ok(None),
        TlsMode::Prefer | TlsMode::Require => Verifier::of_nothing(algorithms),
        TlsMode::VerifyCa => Verifier::of_chain(algorithms, Trust::load(&tls.roots)?),
        TlsMode::VerifyFull => Verifier::of_chain_and_name(algorithms, Trust::load(&tls.roots)?),
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has cipher suites for TLS 1.2 and 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    // PostgreSQL 17 insists on it for sslnegotiation=direct; older ones ignore it.
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(Some(MakeRustlsConnect::new(config)))
}
