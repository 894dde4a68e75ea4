//! Why TLS can't be set up.

use std::{error::Error as _, path::PathBuf};

use rustls::pki_types::pem;

/// Why TLS can't be set up: the certificates to trust can't be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The file of `sslrootcert` can't be read or isn't PEM.
    #[error("cannot read the certificates of sslrootcert={}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: pem::Error,
    },
    /// The file of `sslrootcert` holds no certificate.
    #[error("there is no certificate in sslrootcert={}", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file of `sslrootcert` holds something that isn't a certificate.
    #[error("certificate {number} in sslrootcert={} is malformed", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Which of its certificates, from 1.
        number: usize,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// The system has no trusted certificates, or none that can be read.
    #[error("the system has no trusted certificates; name a file of them as sslrootcert")]
    NoSystemRoots {
        /// Why, if it is an error.
        #[source]
        source: Option<rustls_native_certs::Error>,
    },
}

impl TlsError {
    /// What is wrong and why, in one line.
    pub(crate) fn reason(&self) -> String {
        match self.source() {
            Some(source) => format!("{self}: {source}"),
            None => self.to_string(),
        }
    }

    /// The stable code of this error: `CONFIG_INVALID`.
    pub fn code(&self) -> &'static str {
        "CONFIG_INVALID"
    }
}
