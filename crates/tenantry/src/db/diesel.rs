//! Diesel's way: [`TenantDb`] and [`SharedDb`] are diesel-async connections.
//!
//! - [`binds`]: a query as text and bytes, types of the tenant's own among them;
//! - [`row`]: what comes back; [`errors`]: what goes wrong, with its SQLSTATE;
//! - [`state`] and [`transactions`]: the transaction a handle is in.

mod binds;
mod connection;
mod errors;
mod row;
mod state;
mod transactions;

pub(super) use self::state::DieselState;
pub use self::{
    errors::{sqlstate, violated},
    row::TenantRow,
};

use super::{SharedDb, TenantDb};
