//! Tenants written in JavaScript: their code, read and run in isolates.

mod application;
mod blueprint;
mod host;
mod limits;
mod modules;
mod origin;
mod plugins;
mod shared;
mod snapshot;

pub(crate) use self::{origin::ScriptOrigin, shared::Scripts};
