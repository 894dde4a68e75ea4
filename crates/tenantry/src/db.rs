//! Handles: whose data a function touches, in its signature.

mod methods;
mod session;
mod tenant_db;
mod transaction;

#[cfg(feature = "diesel")]
mod diesel;

pub(crate) use self::{methods::Run, session::Session};
pub use self::{
    session::{SharedSession, TenantSession},
    tenant_db::{SharedDb, TenantDb},
    transaction::{BatchError, Savepoint, Transaction},
};

#[cfg(feature = "diesel")]
pub use self::diesel::{TenantRow, sqlstate, violated};
