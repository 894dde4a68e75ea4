//! What a connection URL says about TLS.

use std::{fmt, path::PathBuf, str::FromStr};

use crate::config::InvalidDatabaseUrl;

/// Whether connections use TLS, and what of the server's certificate is verified: libpq's
/// `sslmode`.
///
/// TLS is never used over Unix sockets, whatever the mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TlsMode {
    /// `disable`: no TLS.
    Disable,
    /// `prefer`: TLS if the server has it, and nothing is verified. Keeps out nobody who can change
    /// what is sent. The default, as it is libpq's.
    #[default]
    Prefer,
    /// `require`: TLS, and nothing is verified: who listens learns nothing, but who can stand in
    /// for the server does. With `sslrootcert` it is `verify-ca`, as in libpq.
    Require,
    /// `verify-ca`: TLS, with a certificate by an authority that is trusted, for any name.
    VerifyCa,
    /// `verify-full`: TLS, with a certificate by an authority that is trusted, for the host's name.
    VerifyFull,
}

impl TlsMode {
    /// The mode as `sslmode` names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
}

impl fmt::Display for TlsMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for TlsMode {
    type Err = InvalidDatabaseUrl;

    fn from_str(mode: &str) -> Result<Self, InvalidDatabaseUrl> {
        [Self::Disable, Self::Prefer, Self::Require, Self::VerifyCa, Self::VerifyFull]
            .into_iter()
            .find(|known| known.as_str() == mode)
            .ok_or_else(|| {
                InvalidDatabaseUrl(
                    "its sslmode must be disable, prefer, require, verify-ca or verify-full"
                        .to_owned(),
                )
            })
    }
}

/// Which authorities are trusted to sign a server's certificate: libpq's `sslrootcert`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RootCertificates {
    /// Those that the system trusts: no `sslrootcert`, or `sslrootcert=system`.
    #[default]
    System,
    /// Those in this PEM file.
    File(PathBuf),
}

/// What a connection URL says about TLS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsConfig {
    /// Whether TLS is used, and what is verified.
    pub mode: TlsMode,
    /// Which authorities are trusted, where one is verified.
    pub roots: RootCertificates,
}
