//! Applications in real isolates.

mod app;
mod cases;
mod core_plugins;
mod native;
mod support;
