//! The tenants every contestant serves.

use uuid::Uuid;

/// The project that is asked for. Every tenant has one under this same id, each with a name of
/// its own: a statement that runs in the wrong schema finds a row there, and the row shows it.
pub(crate) const PROJECT: Uuid = Uuid::from_u128(0x7e4a_1a00_5eed_4000_8000_0000_0000_0001);

/// The id of the tenant with this number, from 1.
pub(crate) fn id(number: usize) -> String {
    format!("t{number:04}")
}

/// The schema a tenant's tables are in: the default template of all contestants.
pub(crate) fn schema(id: &str) -> String {
    format!("tenant_{id}")
}

/// What the name of [`PROJECT`] is in this tenant's schema, and in no other.
pub(crate) fn project_name(id: &str) -> String {
    format!("Website of {id}")
}
