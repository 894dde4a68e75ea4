//! The engine through its public API, on real QuickJS.

mod support;

mod fetch;
mod globals;
mod leaks;
mod life;
mod limits;
mod modules;
mod tasks;
mod typescript;
