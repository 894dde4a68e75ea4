//! A tenant's database, for plugins written in Rust.

use std::fmt;

use http::Extensions;
use tenantry::{TenantContext, TenantDb, TenantId, TenantManager};
use tenantry_fastify::native::NativeError;
use tenantry_web::ApiError;

/// The way to a tenant's own database, which plugins find in their [`Tenant`](crate::plugin::Tenant) where the server
/// has one. Cheap to clone.
///
/// ```
/// use tenantry_server::{
///     native::{NativeDatabase, database_error},
///     plugin::{Flow, Hook, NativePlugin, Scope},
/// };
///
/// struct Visits;
///
/// impl NativePlugin for Visits {
///     fn name(&self) -> &str {
///         "visits"
///     }
///
///     fn register(&self, scope: &mut Scope) -> Result<(), String> {
///         if scope.tenant().get::<NativeDatabase>().is_none() {
///             return Err("it needs a database".to_owned());
///         }
///         scope.hook(Hook::PreHandler, |request| async move {
///             if let Some(database) = request.tenant().get::<NativeDatabase>() {
///                 let mut db = database.db().await.map_err(database_error)?;
///                 let sql = "INSERT INTO visits (path) VALUES ($1)";
///                 db.execute(sql, &[&request.path()]).await.map_err(database_error)?;
///             }
///             Ok(Flow::go_on())
///         });
///         Ok(())
///     }
/// }
/// ```
#[derive(Clone)]
pub struct NativeDatabase {
    manager: TenantManager,
    id: TenantId,
}

impl NativeDatabase {
    /// The tenant's data, as the catalog has the tenant now: not to be kept for longer than a request.
    ///
    /// # Errors
    ///
    /// As [`TenantManager::tenant`].
    pub async fn db(&self) -> tenantry::Result<TenantDb> {
        self.context().await?.db()
    }

    /// The tenant's context, by which the shared schema and the tenant's migrations are there, too.
    ///
    /// # Errors
    ///
    /// As [`TenantManager::tenant`].
    pub async fn context(&self) -> tenantry::Result<TenantContext> {
        TenantContext::new(&self.manager, &self.id).await
    }
}

impl fmt::Debug for NativeDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeDatabase").field("tenant", &self.id).finish_non_exhaustive()
    }
}

/// A database's error as a plugin's, with the status, code and message that [`ApiError`] has for it: neither SQL nor
/// names of tables reach a client. What the server could not do is logged, within the span of the plugin's hook or route,
/// which has the tenant and the plugin.
pub fn database_error(error: tenantry::Error) -> NativeError {
    let told = ApiError::from(error);
    if told.status().is_server_error() {
        let cause = std::error::Error::source(&told).map(tracing::field::display);
        tracing::error!(code = told.code(), cause, "a native plugin's statement failed");
    }
    NativeError::new(told.status(), told.code(), told.message())
}

/// What a server gives to the plugins of a tenant.
pub(crate) fn extensions(manager: Option<&TenantManager>, id: &TenantId) -> Extensions {
    let mut extensions = Extensions::new();
    if let Some(manager) = manager {
        extensions.insert(NativeDatabase { manager: manager.clone(), id: id.clone() });
    }
    extensions
}
