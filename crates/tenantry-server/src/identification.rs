//! How the server tells which tenant a request is for.
//!
//! What `tenantry-web` has, [`header`], [`subdomain`], [`path_prefix`], [`query`], [`cookie`],
//! [`jwt`], a function by [`read`], and chains of them by [`Identify::or`], is a strategy as it is;
//! what asks the catalog, as [`custom_domain`] does, is one by [`by_catalog`]. Which one counts can be
//! set at any time.
//!
//! ```
//! use tenantry_server::identification::{Identification, Identify, always, header};
//! use tenantry_web::TenantId;
//!
//! let identification = Identification::new(header("x-tenant-id"));
//!
//! // From now on, what names no tenant is the tenant "default"'s.
//! let default = TenantId::parse("default")?;
//! identification.set(header("x-custom-tenant").or(always(default)));
//! # Ok::<(), tenantry::InvalidTenantId>(())
//! ```

mod chain;
mod config;
mod jwt_files;
mod settings;
mod strategy;

use std::{fmt, sync::Arc};

use arc_swap::ArcSwap;
use http::request::Parts;
use tenantry::TenantId;
#[doc(no_inline)]
pub use tenantry_web::{
    ApiError, Identify, Jwt, JwtAlgorithm, JwtClaims, JwtKeyError, JwtKeys, ReadId, always, cookie,
    custom_domain, header, jwt, path_prefix, query, read, subdomain,
};

pub(crate) use self::settings::configured;
pub use self::{
    config::{IdentificationConfig, InvalidIdentification, JwtConfig, OneOrMore},
    strategy::{ByCatalog, IdentificationStrategy, Identified, Known, by_catalog},
};

/// The strategy that counts now. A cheap handle: clones share it.
#[derive(Clone)]
pub struct Identification(Arc<ArcSwap<Box<dyn IdentificationStrategy>>>);

impl Identification {
    /// Begins with a strategy.
    pub fn new(strategy: impl IdentificationStrategy) -> Self {
        Self::boxed(Box::new(strategy))
    }

    /// Begins with a strategy in a box, such as one out of a configuration.
    #[must_use]
    pub fn boxed(strategy: Box<dyn IdentificationStrategy>) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(strategy)))
    }

    /// Another strategy from the next request on.
    pub fn set(&self, strategy: impl IdentificationStrategy) {
        self.set_boxed(Box::new(strategy));
    }

    /// Another strategy, in a box, from the next request on.
    pub fn set_boxed(&self, strategy: Box<dyn IdentificationStrategy>) {
        self.0.store(Arc::new(strategy));
    }

    /// The tenant a request names. What it names it by may be taken off, as a prefix of the path.
    ///
    /// # Errors
    ///
    /// What the client is answered with: an id that is malformed or there twice, a token that is
    /// not valid, a domain that is nobody's.
    pub async fn identify(
        &self,
        parts: &mut Parts,
        known: Known<'_>,
    ) -> Result<Option<TenantId>, ApiError> {
        let strategy = self.0.load_full();
        match strategy.identify(parts, known) {
            Identified::Now(id) => id,
            Identified::Later(id) => id.await,
        }
    }
}

impl fmt::Debug for Identification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identification").finish_non_exhaustive()
    }
}
