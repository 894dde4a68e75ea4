//! The certificates to trust.

use std::path::Path;

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use super::{RootCertificates, TlsError};

/// The certificates to trust.
#[derive(Debug)]
pub(super) struct Trust {
    /// The authorities.
    pub(super) roots: RootCertStore,
    /// Certificates that somebody named one by one, which a server may have as its own.
    pub(super) named: Vec<CertificateDer<'static>>,
}

impl Trust {
    pub(super) fn load(roots: &RootCertificates) -> Result<Self, TlsError> {
        match roots {
            RootCertificates::System => Self::of_system(),
            RootCertificates::File(path) => Self::of_file(path),
        }
    }

    fn of_system() -> Result<Self, TlsError> {
        let mut found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        // The system's store may hold odd ones that no server of ours will ever show.
        let (added, _) = roots.add_parsable_certificates(found.certs);
        if added == 0 {
            return Err(TlsError::NoSystemRoots { source: found.errors.pop() });
        }
        Ok(Self { roots, named: Vec::new() })
    }

    fn of_file(path: &Path) -> Result<Self, TlsError> {
        let unreadable = |source| TlsError::Unreadable { path: path.to_owned(), source };
        let named = CertificateDer::pem_file_iter(path)
            .map_err(unreadable)?
            .collect::<Result<Vec<_>, _>>()
            .map_err(unreadable)?;
        if named.is_empty() {
            return Err(TlsError::Empty { path: path.to_owned() });
        }
        let mut roots = RootCertStore::empty();
        for (index, certificate) in named.iter().enumerate() {
            roots.add(certificate.clone()).map_err(|source| TlsError::Malformed {
                path: path.to_owned(),
                number: index + 1,
                source,
            })?;
        }
        Ok(Self { roots, named })
    }
}
