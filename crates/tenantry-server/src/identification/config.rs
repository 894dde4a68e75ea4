use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use http::HeaderName;
use serde::{Deserialize, Serialize};
use tenantry::{Alphabet, TenantId};
use tenantry_web::{
    JwtAlgorithm, JwtKeys, always, cookie, custom_domain, header, jwt, path_prefix, query,
    subdomain,
};

use super::{
    IdentificationStrategy,
    chain::{Chain, Link},
    jwt_files::{BadKeyFile, JwtByFiles, KeyFile, KeySources},
};

const STRATEGIES: &str = "header, subdomain, domain, path, query, cookie or jwt";

/// `[server.identification]` of the configuration.
///
/// ```
/// use tenantry::Alphabet;
/// use tenantry_server::identification::IdentificationConfig;
///
/// let config: IdentificationConfig = toml::from_str(
///     r#"
///     strategy = ["subdomain", "header"]
///     domain = "example.com"
///     except = ["www"]
///     header = "x-custom-tenant"
///     default = "default"
///     "#,
/// )?;
/// let strategy = config.strategy(Alphabet::Strict, ".".as_ref())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct IdentificationConfig {
    /// One way, or several, of which the first that finds a tenant counts: `header`,
    /// `subdomain`, `domain` (the catalog's), `path`, `query`, `cookie` and `jwt`.
    pub strategy: OneOrMore,
    /// The header's name, for `header`.
    pub header: String,
    /// What tenants' subdomains are under, for `subdomain`.
    pub domain: Option<String>,
    /// Subdomains that are no tenants, for `subdomain`.
    pub except: Vec<String>,
    /// Whether `X-Forwarded-Host` counts, for `subdomain` and `domain`: only behind a proxy that
    /// sets it.
    pub trust_forwarded_host: bool,
    /// What is before the id in the path, for `path`.
    pub prefix: String,
    /// The query parameter's name, for `query`.
    pub parameter: String,
    /// The cookie's name, for `cookie`.
    pub cookie: String,
    /// The tenant of requests that name none. If it is not set, they are answered with 400
    /// `TENANT_REQUIRED`.
    pub default: Option<String>,
    /// For `jwt`.
    pub jwt: Option<JwtConfig>,
}

/// `[server.identification.jwt]` of the configuration.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct JwtConfig {
    /// The claim with the tenant's id; a JSON pointer if it begins with `/`.
    pub claim: String,
    /// `HS256`, `HS384`, `HS512`, `RS256` or `ES256`.
    pub algorithm: String,
    /// The environment variables that hold secrets, for the HS algorithms. Several are a rotation;
    /// the first has to be set.
    pub secret_env: OneOrMore,
    /// Files with public keys in PEM, for RS256 and ES256.
    pub public_key: OneOrMore,
    /// A file with a key set, whose keys say what they are for.
    pub jwks: Option<PathBuf>,
    /// The `iss` that tokens have to have.
    pub issuer: Option<String>,
    /// The `aud` that tokens have to have.
    pub audience: Option<String>,
    /// How far clocks may be apart, in seconds.
    pub leeway: u64,
}

/// A text, or a list of texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore {
    /// None.
    #[default]
    None,
    /// One.
    One(String),
    /// Several, in order.
    More(Vec<String>),
}

impl OneOrMore {
    /// Them.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::None => &[],
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

impl Default for IdentificationConfig {
    fn default() -> Self {
        Self {
            strategy: OneOrMore::One("header".to_owned()),
            header: "x-tenant-id".to_owned(),
            domain: None,
            except: Vec::new(),
            trust_forwarded_host: false,
            prefix: "/t".to_owned(),
            parameter: "tenant".to_owned(),
            cookie: "tenant".to_owned(),
            default: None,
            jwt: None,
        }
    }
}

impl Default for JwtConfig {
    fn default() -> Self {
        Self {
            claim: "tenantId".to_owned(),
            algorithm: "HS256".to_owned(),
            secret_env: OneOrMore::None,
            public_key: OneOrMore::None,
            jwks: None,
            issuer: None,
            audience: None,
            leeway: 60,
        }
    }
}

/// A key of `[server.identification]` whose value cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("server.identification.{key} = {value:?}: {reason}")]
pub struct InvalidIdentification {
    /// The key, below `server.identification`.
    pub key: String,
    /// Its value. Never a secret.
    pub value: String,
    /// What is wrong with it, and what is allowed.
    pub reason: String,
}

fn invalid(key: &str, value: &str, reason: impl Into<String>) -> InvalidIdentification {
    InvalidIdentification { key: key.to_owned(), value: value.to_owned(), reason: reason.into() }
}

impl IdentificationConfig {
    /// The strategy that this says. Files are relative to `folder`.
    ///
    /// # Errors
    ///
    /// [`InvalidIdentification`], for the first key whose value cannot be.
    pub fn strategy(
        &self,
        alphabet: Alphabet,
        folder: &Path,
    ) -> Result<Box<dyn IdentificationStrategy>, InvalidIdentification> {
        let names = self.strategy.as_slice();
        if names.is_empty() {
            return Err(invalid("strategy", "", format!("one or more of {STRATEGIES} are needed")));
        }
        let links = names.iter().map(|name| self.link(name, folder));
        let mut links = links.collect::<Result<Vec<_>, _>>()?;
        if let Some(default) = &self.default {
            let id = TenantId::parse_with(alphabet, default)
                .map_err(|error| invalid("default", default, error.to_string()))?;
            links.push(Link::Read(Box::new(always(id))));
        }
        Ok(Box::new(Chain::new(links)))
    }

    fn link(&self, name: &str, folder: &Path) -> Result<Link, InvalidIdentification> {
        Ok(Link::Read(match name {
            "header" => {
                HeaderName::from_bytes(self.header.as_bytes())
                    .map_err(|_| invalid("header", &self.header, "it is no header's name"))?;
                Box::new(header(&self.header))
            }
            "subdomain" => Box::new(self.subdomain()?),
            "domain" if self.trust_forwarded_host => {
                return Ok(Link::Domain(custom_domain().trust_forwarded_host()));
            }
            "domain" => return Ok(Link::Domain(custom_domain())),
            "path" if self.prefix.is_empty() || self.prefix.starts_with('/') => {
                Box::new(path_prefix(&self.prefix))
            }
            "path" => return Err(invalid("prefix", &self.prefix, "it has to begin with /")),
            "query" => Box::new(query(&self.parameter)),
            "cookie" => Box::new(cookie(&self.cookie)),
            "jwt" => {
                let missing = || {
                    invalid(
                        "jwt",
                        "",
                        "the strategy \"jwt\" needs this section, with secret_env, public_key or jwks",
                    )
                };
                Box::new(self.jwt.as_ref().ok_or_else(missing)?.strategy(folder)?)
            }
            _ => return Err(invalid("strategy", name, format!("allowed is {STRATEGIES}"))),
        }))
    }

    fn subdomain(&self) -> Result<tenantry_web::Subdomain, InvalidIdentification> {
        let missing = || {
            let reason = "the strategy \"subdomain\" needs the domain that tenants are under";
            invalid("domain", "", reason)
        };
        let domain = self.domain.as_deref().filter(|domain| !domain.is_empty());
        let mut way = subdomain(domain.ok_or_else(missing)?);
        if self.trust_forwarded_host {
            way = way.trust_forwarded_host();
        }
        Ok(self.except.iter().fold(way, |way, name| way.except(name)))
    }
}

impl JwtConfig {
    fn strategy(&self, folder: &Path) -> Result<JwtByFiles, InvalidIdentification> {
        let algorithm: JwtAlgorithm =
            self.algorithm.parse().map_err(|error: tenantry_web::JwtKeyError| {
                invalid("jwt.algorithm", &self.algorithm, error.to_string())
            })?;
        let mut fixed = JwtKeys::default();
        for (at, name) in self.secret_env.as_slice().iter().enumerate() {
            let secret = match env::var(name) {
                Ok(secret) => secret,
                Err(_) if at > 0 => continue,
                Err(error) => return Err(invalid("jwt.secret_env", name, error.to_string())),
            };
            let keys = JwtKeys::secret(algorithm, secret)
                .map_err(|error| invalid("jwt.secret_env", name, error.to_string()))?;
            fixed = fixed.and(keys);
        }
        let pem = self.public_key.as_slice().iter();
        let mut files: Vec<_> =
            pem.map(|path| KeyFile::Pem(algorithm, folder.join(path))).collect();
        files.extend(self.jwks.iter().map(|path| KeyFile::Set(folder.join(path))));
        if fixed.is_empty() && files.is_empty() {
            let reason = "one of jwt.secret_env, jwt.public_key and jwt.jwks is needed";
            return Err(invalid("jwt.secret_env", "", reason));
        }
        let begin = |keys| {
            let mut way = jwt(keys, &self.claim).leeway(Duration::from_secs(self.leeway));
            if let Some(issuer) = &self.issuer {
                way = way.issuer(issuer);
            }
            if let Some(audience) = &self.audience {
                way = way.audience(audience);
            }
            way
        };
        JwtByFiles::new(KeySources { fixed, files }, begin).map_err(
            |BadKeyFile { path, reason }| {
                invalid("jwt.jwks or jwt.public_key", &path.display().to_string(), reason)
            },
        )
    }
}
