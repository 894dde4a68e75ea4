use futures_util::future::BoxFuture;
use http::request::Parts;
use tenantry::{Alphabet, TenantId, TenantManager};
use tenantry_web::{ApiError, Identify, ReadId};

/// A way to tell which tenant a request is for, chosen while the server runs.
///
/// Every [`ReadId`] is one, a function by [`read`](super::read) among them. Implement this where
/// something has to be waited for:
///
/// ```
/// use http::request::Parts;
/// use tenantry_server::identification::{Identified, IdentificationStrategy, Known};
/// # async fn look_up(key: String) -> Option<String> { Some(key) }
///
/// struct ByApiKey;
///
/// impl IdentificationStrategy for ByApiKey {
///     fn identify<'a>(&'a self, parts: &'a mut Parts, known: Known<'a>) -> Identified<'a> {
///         let key = parts.headers.get("x-api-key").and_then(|key| key.to_str().ok());
///         let Some(key) = key.map(str::to_owned) else { return Identified::Now(Ok(None)) };
///         Identified::Later(Box::pin(async move {
///             look_up(key).await.map(|id| known.parse(&id)).transpose()
///         }))
///     }
/// }
/// ```
pub trait IdentificationStrategy: Send + Sync + 'static {
    /// The tenant that the request names; none where it names none. Whether there is such a tenant
    /// is the server's question.
    fn identify<'a>(&'a self, parts: &'a mut Parts, known: Known<'a>) -> Identified<'a>;
}

/// What a strategy finds, at once or after waiting.
pub enum Identified<'a> {
    /// Found without waiting: nothing is allocated for it.
    Now(Result<Option<TenantId>, ApiError>),
    /// Found after waiting. It may be dropped at any await.
    Later(BoxFuture<'a, Result<Option<TenantId>, ApiError>>),
}

impl std::fmt::Debug for Identified<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Now(id) => f.debug_tuple("Now").field(id).finish(),
            Self::Later(_) => f.debug_tuple("Later").finish_non_exhaustive(),
        }
    }
}

/// What the server knows of its tenants, for a strategy to go by.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The characters of ids.
    pub alphabet: Alphabet,
    /// The catalog and what belongs to it, unless the server has no database.
    pub manager: Option<&'a TenantManager>,
}

impl Known<'_> {
    /// Parses an id.
    ///
    /// # Errors
    ///
    /// 400 `TENANT_INVALID`.
    pub fn parse(&self, id: &str) -> Result<TenantId, ApiError> {
        Ok(TenantId::parse_with(self.alphabet, id).map_err(tenantry::Error::from)?)
    }
}

impl<S: ReadId> IdentificationStrategy for S {
    fn identify<'a>(&'a self, parts: &'a mut Parts, known: Known<'a>) -> Identified<'a> {
        Identified::Now(self.read_id(parts, known.alphabet))
    }
}

/// A strategy that asks the catalog: see [`by_catalog`].
#[derive(Clone, Debug)]
pub struct ByCatalog<I>(I);

/// A strategy of what asks the catalog, such as [`custom_domain`](super::custom_domain). On a
/// server without a database each request is answered with 500.
pub fn by_catalog<I: Identify>(identify: I) -> ByCatalog<I> {
    ByCatalog(identify)
}

impl<I: Identify> IdentificationStrategy for ByCatalog<I> {
    fn identify<'a>(&'a self, parts: &'a mut Parts, known: Known<'a>) -> Identified<'a> {
        match known.manager {
            Some(manager) => Identified::Later(Box::pin(self.0.identify(parts, manager))),
            None => {
                let cause = "tenants are found by the catalog, and the server has no database";
                Identified::Now(Err(ApiError::internal(cause)))
            }
        }
    }
}
