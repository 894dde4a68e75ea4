//! Section `[schemas]`: the files that say what a schema should look like.

use std::path::PathBuf;

use super::reader::Reader;

/// The files that say what a schema should look like. Neither is needed where migrations are
/// written by hand.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SchemasConfig {
    /// `tenant`: a tenant's schema, as SQL. None by default.
    pub tenant: Option<PathBuf>,
    /// `shared`: the shared schema, as SQL. None by default.
    pub shared: Option<PathBuf>,
}

impl SchemasConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self { tenant: reader.path("schemas.tenant"), shared: reader.path("schemas.shared") }
    }
}
