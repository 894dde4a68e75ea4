use std::fmt;

use crate::{TenantId, TenantVersion, Version};

/// A schema that does not have the migrations that an application needs, or has some that take away
/// what it needs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Migrating {
    /// The tenant; none for the shared schema.
    pub tenant: Option<TenantId>,
    /// What is needed.
    pub needed: Version,
    /// What it has.
    pub version: TenantVersion,
}

impl Migrating {
    /// `TENANT_MIGRATING` or `SHARED_MIGRATING`.
    pub(crate) fn code(&self) -> &'static str {
        if self.tenant.is_some() { "TENANT_MIGRATING" } else { "SHARED_MIGRATING" }
    }
}

impl fmt::Display for Migrating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.tenant {
            Some(tenant) => write!(f, "the tenant {:?}", tenant.as_str())?,
            None => f.write_str("the shared schema")?,
        }
        let Self { needed, version, .. } = self;
        write!(f, " is at the migration {version}, and what is needed is {needed}")
    }
}
