//! Tenants written in JavaScript: their code, read and run in isolates.

mod application;
mod blueprint;
mod host;
mod limits;
mod modules;
mod origin;
mod plugins;
mod remembered;
mod shared;

pub(crate) use self::{origin::ScriptOrigin, plugins::PluginSources, shared::Scripts};
