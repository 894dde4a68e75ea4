//! Where tenants and plugins come from.
//!
//! A [`LoadingStrategy`] turns a key into a local folder that is only read, and says by a
//! [`Revision`] whether that is what it was last time. Strategies are registered by name, and a
//! [`Source`] says which one to ask for what:
//!
//! ```
//! use tenantry_server::loading::{LocalFolders, Source, Strategies};
//!
//! # async fn example() -> Result<(), tenantry_server::loading::LoadingError> {
//! let strategies = Strategies::new();
//! strategies.add("folder", LocalFolders::new("tenants"))?;
//!
//! let acme = strategies.load(&Source::new("folder", "acme")).await?;
//! println!("{} is in {}", acme.key(), acme.root().display());
//! # Ok(())
//! # }
//! ```
//!
//! | strategy | its keys |
//! |---|---|
//! | [`LocalFolders`] | folders in a folder |
//! | [`NodeModules`] | packages in a `node_modules` |
//! | [`Remote`] | archives and prefixes in S3, Google Cloud Storage, Azure and behind HTTP |

mod asking;
#[cfg(feature = "object-store")]
mod cache;
mod configured;
mod digest;
mod error;
mod folder;
mod inside;
#[cfg(feature = "object-store")]
mod limits;
mod listing;
mod loaded;
mod packages;
#[cfg(feature = "object-store")]
mod pin;
#[cfg(feature = "object-store")]
mod remote;
mod revision;
mod source;
mod strategies;
#[cfg(feature = "object-store")]
mod unpack;

use futures_util::future::BoxFuture;

pub(crate) use self::{
    asking::Deadline,
    configured::configured,
    listing::{Listed, Listing},
};
#[cfg(feature = "object-store")]
pub use self::{cache::Cache, limits::ArchiveLimits, remote::Remote};
pub use self::{
    error::LoadingError,
    folder::LocalFolders,
    loaded::Loaded,
    packages::{NodeModules, PackagePattern},
    revision::Revision,
    source::{LoadOptions, Source},
    strategies::Strategies,
};

/// A way to get at the code of a plugin or of a whole tenant.
///
/// Loading gives files and runs none of them: they run in the sandbox of whoever asked.
///
/// Both methods may be cancelled at any await: nothing half-done is left where a later call finds
/// it. A server waits for `limits.load`, for all that one tenant comes from together, and takes a panic for an error.
///
/// ```
/// use futures_util::future::BoxFuture;
/// use tenantry_server::loading::{LoadOptions, Loaded, LoadingError, LoadingStrategy, Revision};
///
/// /// Plugins that are checked out beside the server, one release each.
/// struct Releases;
///
/// impl LoadingStrategy for Releases {
///     fn load<'a>(
///         &'a self,
///         key: &'a str,
///         options: &'a LoadOptions,
///     ) -> BoxFuture<'a, Result<Loaded, LoadingError>> {
///         Box::pin(async move {
///             let release = options.text("release").unwrap_or("stable");
///             let root = format!("/srv/releases/{release}/{key}");
///             Ok(Loaded::new(key, root, Revision::new(release)))
///         })
///     }
/// }
/// ```
pub trait LoadingStrategy: Send + Sync + 'static {
    /// A local folder with what `key` names.
    ///
    /// Called again for each reload: what has not changed since should be cheap to give, and has
    /// the [`Revision`] it had.
    ///
    /// # Errors
    ///
    /// [`LoadingError`]; who has an older version keeps it.
    fn load<'a>(
        &'a self,
        key: &'a str,
        options: &'a LoadOptions,
    ) -> BoxFuture<'a, Result<Loaded, LoadingError>>;

    /// The keys there are, in order, where that can be told: what is loaded at start without
    /// being named. None by default.
    fn keys(&self) -> BoxFuture<'_, Result<Vec<String>, LoadingError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// The id of the tenant that a key is for, where whole tenants come from here: the key itself by
    /// default.
    fn tenant_of<'k>(&self, key: &'k str) -> &'k str {
        key
    }
}

/// Runs what waits for the disk where it may. If this is cancelled, the work goes on to its end,
/// and what it gives is dropped.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LoadingError> + Send + 'static,
) -> Result<T, LoadingError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(LoadingError::custom("the runtime is ending", error)),
        },
    }
}
