use axum::http::request::Parts;
use tenantry::{Alphabet, TenantId, TenantManager};

use super::{Identify, ReadId, host, identify_by_reading, parse};
use crate::ApiError;

/// The tenant's id as a subdomain: see [`subdomain`].
#[derive(Clone, Debug)]
pub struct Subdomain {
    /// With a dot before it.
    suffix: String,
    except: Vec<String>,
    trust_forwarded: bool,
}

/// The tenant's id as a subdomain: `acme` in `acme.example.com` under `example.com`.
///
/// Domains have no case, so upper case is folded here. The whole of what stands before the domain
/// is the id: `a.b.example.com` is malformed. Another host, the domain itself and an address name
/// no tenant.
#[must_use]
pub fn subdomain(domain: &str) -> Subdomain {
    let suffix = format!(".{}", domain.trim_matches('.').to_ascii_lowercase());
    Subdomain { suffix, except: Vec::new(), trust_forwarded: false }
}

impl Subdomain {
    /// A subdomain that is no tenant's, such as `www`.
    #[must_use]
    pub fn except(mut self, name: &str) -> Self {
        self.except.push(name.to_ascii_lowercase());
        self
    }

    /// Goes by `X-Forwarded-Host` where it is there. Only for a server that nobody reaches but
    /// through a proxy which sets that header itself; two values are an error.
    #[must_use]
    pub fn trust_forwarded_host(mut self) -> Self {
        self.trust_forwarded = true;
        self
    }
}

impl ReadId for Subdomain {
    fn read_id(&self, parts: &mut Parts, alphabet: Alphabet) -> Result<Option<TenantId>, ApiError> {
        let domain = host::domain(parts, self.trust_forwarded)?;
        match domain.as_deref().and_then(|domain| domain.strip_suffix(&self.suffix)) {
            Some(name) if !self.except.iter().any(|except| except == name) => parse(alphabet, name),
            _ => Ok(None),
        }
    }
}

identify_by_reading!(Subdomain);

/// A domain of the tenant's own: see [`custom_domain`].
#[derive(Clone, Debug, Default)]
pub struct CustomDomain {
    trust_forwarded: bool,
}

/// A domain of the tenant's own, as the [catalog](tenantry::Catalog::set_domains) has it.
///
/// A domain that is nobody's is 404 `TENANT_NOT_FOUND`; in a [chain](Identify::or), what follows
/// is asked first.
#[must_use]
pub fn custom_domain() -> CustomDomain {
    CustomDomain::default()
}

impl CustomDomain {
    /// Goes by `X-Forwarded-Host` where it is there. Only for a server that nobody reaches but
    /// through a proxy which sets that header itself; two values are an error.
    #[must_use]
    pub fn trust_forwarded_host(mut self) -> Self {
        self.trust_forwarded = true;
        self
    }
}

impl Identify for CustomDomain {
    async fn identify(
        &self,
        parts: &mut Parts,
        tenants: &TenantManager,
    ) -> Result<Option<TenantId>, ApiError> {
        let Some(domain) = host::domain(parts, self.trust_forwarded)? else {
            return Ok(None);
        };
        Ok(Some(tenants.tenant_by_domain(&domain).await?.id.clone()))
    }
}
