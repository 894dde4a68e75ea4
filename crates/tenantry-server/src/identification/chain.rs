use http::request::Parts;
use tenantry::TenantId;
use tenantry_web::{ApiError, CustomDomain, Identify, ReadId};

use super::{IdentificationStrategy, Identified, Known};

/// Several ways, the first that finds a tenant counting, as a configuration lists them.
pub(super) struct Chain {
    links: Vec<Link>,
}

/// One way of several.
pub(super) enum Link {
    Read(Box<dyn ReadId>),
    Domain(CustomDomain),
}

impl Chain {
    pub(super) fn new(links: Vec<Link>) -> Self {
        Self { links }
    }

    /// The same where nobody has to be asked; none where somebody has to.
    fn read(
        &self,
        parts: &mut Parts,
        known: Known<'_>,
    ) -> Option<Result<Option<TenantId>, ApiError>> {
        for link in &self.links {
            let Link::Read(read) = link else { return None };
            match read.read_id(parts, known.alphabet) {
                Ok(None) => {}
                found => return Some(found),
            }
        }
        Some(Ok(None))
    }

    /// As [`Identify::or`] has it: a domain that is nobody's is the error if nothing else is found.
    async fn ask(&self, parts: &mut Parts, known: Known<'_>) -> Result<Option<TenantId>, ApiError> {
        let mut unknown = None;
        for link in &self.links {
            let found = match (link, known.manager) {
                (Link::Read(read), _) => read.read_id(parts, known.alphabet),
                (Link::Domain(domain), Some(manager)) => domain.identify(parts, manager).await,
                (Link::Domain(_), None) => {
                    let cause = "domains are looked up, and the server has no database";
                    Err(ApiError::internal(cause))
                }
            };
            match found {
                Ok(None) => {}
                Err(error) if error.code() == "TENANT_NOT_FOUND" => unknown = Some(error),
                found => return found,
            }
        }
        unknown.map_or(Ok(None), Err)
    }
}

impl IdentificationStrategy for Chain {
    fn identify<'a>(&'a self, parts: &'a mut Parts, known: Known<'a>) -> Identified<'a> {
        match self.read(parts, known) {
            Some(found) => Identified::Now(found),
            None => Identified::Later(Box::pin(self.ask(parts, known))),
        }
    }
}
