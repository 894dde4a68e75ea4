//! Handshakes with a server that speaks the first words of PostgreSQL's protocol.

use std::{
    error::Error as _,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair,
    PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::config::ServerConfig as DatabaseUrl;

/// A server's certificate and key.
struct Identity {
    certificate: Certificate,
    key: Vec<u8>,
}

/// An authority, with its certificate in a file.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("root.crt"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("root.crt")
    }

    /// A certificate for db.example.
    fn issue(&self) -> Identity {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let params = CertificateParams::new(["db.example".to_owned()]).unwrap();
        Identity {
            certificate: params.signed_by(&key, &self.issuer).unwrap(),
            key: key.serialize_der(),
        }
    }
}

/// A self-signed certificate for db.example, marked as an authority's, as openssl makes them.
fn self_signed(last_year: i32) -> Identity {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["db.example".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.not_after = date_time_ymd(last_year, 1, 1);
    Identity { certificate: params.self_signed(&key).unwrap(), key: key.serialize_der() }
}

/// Answers like a PostgreSQL with TLS (or without) that lets everybody in.
async fn serve(mut stream: DuplexStream, identity: Option<Identity>) -> io::Result<()> {
    let Some(identity) = identity else {
        stream.read_exact(&mut [0; 8]).await?;
        stream.write_u8(b'N').await?;
        return let_in(stream).await;
    };
    stream.read_exact(&mut [0; 8]).await?;
    stream.write_u8(b'S').await?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![identity.certificate.der().clone()],
            PrivateKeyDer::try_from(identity.key).unwrap(),
        )
        .unwrap();
    let_in(TlsAcceptor::from(Arc::new(config)).accept(stream).await?).await
}

async fn let_in(mut stream: impl AsyncReadExt + AsyncWriteExt + Unpin) -> io::Result<()> {
    let length = stream.read_u32().await?;
    stream.read_exact(&mut vec![0; length as usize - 4]).await?;
    let authenticated = b"R\0\0\0\x08\0\0\0\0";
    let ready = b"Z\0\0\0\x05I";
    stream.write_all(&[&authenticated[..], ready].concat()).await?;
    stream.flush().await
}

/// Connects to such a server as a URL says, and tells what went wrong.
async fn connect(parameters: &str, identity: Option<Identity>) -> Result<(), String> {
    let url: DatabaseUrl = format!("postgres://app@db.example/app?{parameters}").parse().unwrap();
    let mut connector = connector(&url.tls).unwrap().unwrap();
    let tls =
        MakeTlsConnect::<DuplexStream>::make_tls_connect(&mut connector, "db.example").unwrap();
    let (client, server) = tokio::io::duplex(16 * 1024);
    let (result, _) = tokio::join!(url.postgres.connect_raw(client, tls), serve(server, identity));
    result.map(|_| ()).map_err(|error| {
        let source = error.source().map(ToString::to_string).unwrap_or_default();
        format!("{error}: {source}")
    })
}

fn roots(mode: &str, file: &Path) -> String {
    format!("sslmode={mode}&sslrootcert={}", file.display())
}

#[tokio::test]
async fn prefer_uses_tls_if_the_server_has_it() {
    let authority = Authority::new();
    connect("", Some(authority.issue())).await.unwrap();
    connect("sslmode=prefer", None).await.unwrap();
}

#[tokio::test]
async fn require_accepts_any_certificate_but_insists_on_tls() {
    connect("sslmode=require", Some(self_signed(2100))).await.unwrap();
    let error = connect("sslmode=require", None).await.unwrap_err();
    assert!(error.contains("server does not support TLS"), "{error}");
}

#[tokio::test]
async fn verify_full_accepts_a_trusted_certificate_for_the_host() {
    let authority = Authority::new();
    connect(&roots("verify-full", &authority.file()), Some(authority.issue())).await.unwrap();
}

#[tokio::test]
async fn certificates_of_strangers_are_refused_where_they_are_verified() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    for mode in ["verify-ca", "verify-full", "require"] {
        let result = connect(&roots(mode, &authority.file()), Some(stranger.issue())).await;
        let error = result.unwrap_err();
        assert!(error.contains("invalid peer certificate"), "{mode}: {error}");
        let result = connect(&roots(mode, &authority.file()), None).await;
        assert!(result.unwrap_err().contains("server does not support TLS"), "{mode}");
    }
}

#[tokio::test]
async fn only_verify_full_looks_at_the_name() {
    let authority = Authority::new();
    let key = KeyPair::generate().unwrap();
    let other_name = || {
        let params = CertificateParams::new(["elsewhere.example".to_owned()]).unwrap();
        Identity {
            certificate: params.signed_by(&key, &authority.issuer).unwrap(),
            key: key.serialize_der(),
        }
    };
    connect(&roots("verify-ca", &authority.file()), Some(other_name())).await.unwrap();
    let error =
        connect(&roots("verify-full", &authority.file()), Some(other_name())).await.unwrap_err();
    assert!(error.contains("not valid for name"), "{error}");
}

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_by_naming_itself_until_it_expires() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.crt");
    let name_in_file = |identity: &Identity| fs::write(&file, identity.certificate.pem()).unwrap();
    for mode in ["verify-ca", "verify-full"] {
        let identity = self_signed(2100);
        name_in_file(&identity);
        connect(&roots(mode, &file), Some(identity)).await.unwrap();

        let expired = self_signed(2001);
        name_in_file(&expired);
        let error = connect(&roots(mode, &file), Some(expired)).await.unwrap_err();
        assert!(error.contains("expired"), "{error}");
    }
    let error = connect(&roots("verify-full", &file), Some(self_signed(2100))).await.unwrap_err();
    assert!(error.contains("invalid peer certificate"), "{error}");
}

#[test]
fn there_is_no_connector_where_tls_is_not_wanted() {
    let of = |url: &str| connector(&url.parse::<DatabaseUrl>().unwrap().tls).unwrap();
    assert!(of("postgres://db/app?sslmode=disable").is_none());
    assert!(of("postgres:///app?host=/run/postgresql&sslmode=verify-full").is_none());
    assert!(of("postgres://db/app").is_some());
}

#[test]
fn certificates_that_cannot_be_read_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("root.crt");
    let load = || {
        let roots = RootCertificates::File(file.clone());
        let mode = TlsMode::VerifyFull;
        connector(&TlsConfig { mode, roots }).map(|_| ()).unwrap_err()
    };
    let shown = file.display();

    assert_eq!(load().to_string(), format!("cannot read the certificates of sslrootcert={shown}"));
    fs::write(&file, "not a certificate").unwrap();
    assert_eq!(load().to_string(), format!("there is no certificate in sslrootcert={shown}"));
    fs::write(&file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    assert_eq!(load().to_string(), format!("certificate 1 in sslrootcert={shown} is malformed"));
}
