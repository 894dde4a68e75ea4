//! Tenants written in JavaScript: their code, read and run in isolates.

mod blueprint;
mod host;
mod limits;
mod modules;
mod origin;
mod shared;

pub(crate) use self::{origin::ScriptOrigin, shared::Scripts};
