//! Section `[server.identification]`: where a request names its tenant.

use std::path::PathBuf;

use crate::config::reader::Reader;

/// Where a request names its tenant. What the values may be is checked by the server, which knows
/// the strategies.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct IdentificationSettings {
    /// `strategy`: the ways, in the order they are asked: `header`, `subdomain`, `domain`, `path`, `query`,
    /// `cookie`, `jwt`. The header by default.
    pub strategy: Vec<String>,
    /// `header`: for `header`. `x-tenant-id` by default.
    pub header: String,
    /// `domain`: what tenants' subdomains are under, for `subdomain`.
    pub domain: Option<String>,
    /// `except`: subdomains that are no tenants.
    pub except: Vec<String>,
    /// `prefix`: what is before the id in the path, for `path`. `/t` by default.
    pub prefix: String,
    /// `parameter`: for `query`. `tenant` by default.
    pub parameter: String,
    /// `cookie`: for `cookie`. `tenant` by default.
    pub cookie: String,
    /// `default`: whom a request is for that names no tenant. None by default: it is refused.
    pub default: Option<String>,
    /// Section `[server.identification.jwt]`, if any of its keys is set.
    pub jwt: Option<JwtSettings>,
    /// What files are relative to.
    pub directory: PathBuf,
}

/// How JSON web tokens are verified, and which claim has the tenant's id.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JwtSettings {
    /// `claim`. `tenantId` by default.
    pub claim: String,
    /// `algorithm`. `HS256` by default.
    pub algorithm: String,
    /// `secret_env`: the environment variables that hold secrets.
    pub secret_env: Vec<String>,
    /// `public_key`: files with public keys in PEM.
    pub public_key: Vec<String>,
    /// `jwks`: a file with a key set.
    pub jwks: Option<PathBuf>,
    /// `issuer`: the `iss` that tokens have to have.
    pub issuer: Option<String>,
    /// `audience`: the `aud` that tokens have to have.
    pub audience: Option<String>,
    /// `leeway`: how far clocks may be apart, in seconds. 60 by default.
    pub leeway: u64,
}

impl IdentificationSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let mut text = |key, default: &str| reader.text(key).unwrap_or_else(|| default.to_owned());
        let header = text("server.identification.header", "x-tenant-id");
        let prefix = text("server.identification.prefix", "/t");
        let parameter = text("server.identification.parameter", "tenant");
        let cookie = text("server.identification.cookie", "tenant");
        Self {
            strategy: reader
                .texts("server.identification.strategy")
                .unwrap_or_else(|| vec!["header".to_owned()]),
            header,
            domain: reader.text("server.identification.domain"),
            except: reader.texts("server.identification.except").unwrap_or_default(),
            prefix,
            parameter,
            cookie,
            default: reader.text("server.identification.default"),
            jwt: JwtSettings::read(reader),
            directory: reader.directory().to_owned(),
        }
    }
}

impl JwtSettings {
    fn read(reader: &mut Reader) -> Option<Self> {
        let is_set = reader.has_section("server.identification.jwt.");
        let mut text = |key, default: &str| reader.text(key).unwrap_or_else(|| default.to_owned());
        let claim = text("server.identification.jwt.claim", "tenantId");
        let algorithm = text("server.identification.jwt.algorithm", "HS256");
        let settings = Self {
            claim,
            algorithm,
            secret_env: reader.texts("server.identification.jwt.secret_env").unwrap_or_default(),
            public_key: reader.texts("server.identification.jwt.public_key").unwrap_or_default(),
            jwks: reader.path("server.identification.jwt.jwks"),
            issuer: reader.text("server.identification.jwt.issuer"),
            audience: reader.text("server.identification.jwt.audience"),
            leeway: reader.integer("server.identification.jwt.leeway", 60, 0..=3_600),
        };
        is_set.then_some(settings)
    }
}
