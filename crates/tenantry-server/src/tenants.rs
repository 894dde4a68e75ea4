//! Tenants while the server runs: loaded by their first request, reloaded without losing one, unloaded
//! when others need the room.

mod crowd;
mod gate;
mod inside;
mod isolates;
mod limit;
mod registry;
mod room;
mod tenant;
#[cfg(test)]
mod tests;
mod version;

pub(crate) use self::{
    registry::Tenants,
    tenant::{Condition, Tenant},
};
