//! Why a text can't name a tenant's schema.

use std::fmt;

use super::identifier::MAX_BYTES;
use crate::{TenantId, excerpt::Excerpt};

/// A text that can't name a schema, and why.
///
/// The message repeats the text, shortened and with control characters escaped, so that it is safe
/// to log. It names a schema, so it is not for a tenant's eyes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSchemaName {
    name: Excerpt,
    id: Option<TenantId>,
    fault: Fault,
}

/// What is wrong with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Empty,
    /// A NUL, at this byte counted from 1.
    Nul {
        byte: usize,
    },
    TooLong {
        bytes: usize,
    },
    /// PostgreSQL's, or Tenantry's own.
    Reserved,
    /// The shared schema or an extension schema of this configuration.
    InUse,
    /// A template was asked for the schema of an id of the legacy alphabet.
    LegacyId,
}

impl InvalidSchemaName {
    pub(super) fn new(name: &str, fault: Fault) -> Self {
        Self { name: Excerpt::of(name), id: None, fault }
    }

    /// Adds the tenant that the name was made for.
    pub(super) fn for_tenant(mut self, id: &TenantId) -> Self {
        self.id = Some(id.clone());
        self
    }

    /// The stable code of this error: `SCHEMA_NAME_INVALID`.
    pub fn code(&self) -> &'static str {
        "SCHEMA_NAME_INVALID"
    }

    /// Why, without the name itself.
    pub(crate) fn reason(&self) -> String {
        self.fault.to_string()
    }

    /// The tenant the name was made for, when it came from a template.
    pub fn tenant_id(&self) -> Option<&TenantId> {
        self.id.as_ref()
    }
}

impl fmt::Display for InvalidSchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, id, fault } = self;
        write!(f, "invalid schema name {name}")?;
        if let Some(id) = id {
            write!(f, " for tenant {:?}", id.as_str())?;
        }
        write!(f, ": {fault}")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "it is empty"),
            Self::Nul { byte } => write!(f, "it has a NUL at byte {byte}"),
            Self::TooLong { bytes } => {
                write!(f, "it has {bytes} bytes, and PostgreSQL allows {MAX_BYTES}")
            }
            Self::Reserved => {
                write!(f, "a tenant's schema is never public, tenantry, information_schema or pg_*")
            }
            Self::InUse => {
                write!(f, "it is the shared schema or an extension schema, and never a tenant's")
            }
            Self::LegacyId => write!(
                f,
                "an id of the legacy alphabet has no schema by template; the catalog must name it"
            ),
        }
    }
}

impl std::error::Error for InvalidSchemaName {}
