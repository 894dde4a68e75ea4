//! Migrations on a real PostgreSQL, through the public API.

mod applying;
mod creating;
mod dropping;
mod failing;
mod shared;
mod side_by_side;
mod status;
mod stopping;
mod support;
