//! What is verified of a server's certificate.

use rustls::{
    CertificateError, DigitallySignedStruct, Error, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor, verify_server_name,
    },
    crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};

use super::roots::Trust;

/// Verifies as much of a server's certificate as the mode asks for.
///
/// That the server holds the certificate's key is verified always: channel binding, with which
/// SCRAM finds out an impostor who has no certificate to be verified, depends on it.
#[derive(Debug)]
pub(super) struct Verifier {
    algorithms: WebPkiSupportedAlgorithms,
    /// Whom to trust; nobody is asked where there is none.
    trust: Option<Trust>,
    name: bool,
}

impl Verifier {
    /// Any certificate will do: `prefer` and `require`.
    pub(super) fn of_nothing(algorithms: WebPkiSupportedAlgorithms) -> Self {
        Self { algorithms, trust: None, name: false }
    }

    /// One by a trusted authority: `verify-ca`.
    pub(super) fn of_chain(algorithms: WebPkiSupportedAlgorithms, trust: Trust) -> Self {
        Self { algorithms, trust: Some(trust), name: false }
    }

    /// One by a trusted authority for the host's name: `verify-full`.
    pub(super) fn of_chain_and_name(algorithms: WebPkiSupportedAlgorithms, trust: Trust) -> Self {
        Self { algorithms, trust: Some(trust), name: true }
    }
}

impl Trust {
    fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        parsed: &ParsedCertificate<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
        algorithms: WebPkiSupportedAlgorithms,
    ) -> Result<(), Error> {
        let chain = verify_server_cert_signed_by_trust_anchor(
            parsed,
            &self.roots,
            intermediates,
            now,
            algorithms.all,
        );
        match chain {
            // Its dates are what is looked at first: any other error means that they hold.
            Err(Error::InvalidCertificate(
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. },
            )) => chain,
            // A self-signed certificate is usually marked as an authority's, which a server's must
            // not be; but it is the very one that was named.
            Err(_) if self.named.contains(end_entity) => Ok(()),
            _ => chain,
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(trust) = &self.trust {
            let parsed = ParsedCertificate::try_from(end_entity)?;
            trust.verify(end_entity, &parsed, intermediates, now, self.algorithms)?;
            if self.name {
                verify_server_name(&parsed, server_name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
