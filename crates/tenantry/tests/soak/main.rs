//! The leak hunt: many tenants on few connections, everything that can be left behind left behind,
//! futures dropped anywhere, backends cancelled and killed; and nobody ever sees anybody else.
//!
//! - [`hunt`]: the clients, and what must have happened in the end; [`operations`]: what they do;
//! - [`stage`]: the tenants, made and made again; [`probe`]: what a tenant may see;
//! - [`residue`], [`work`], [`typed`], [`sessions`], [`swaps`]: how they do it;
//! - [`luck`]: seeds, and futures dropped on the way; [`havoc`]: cancels and kills from outside;
//! - [`patience`]: what takes seconds by its nature.
//!
//! `TENANTRY_SOAK_OPERATIONS` sets the number of operations (5,000), `TENANTRY_SOAK_SEED` the seed that
//! a run has printed: the same things are tried again, as far as timing allows.

#![expect(clippy::unwrap_used, reason = "tests say what they expect by unwrapping")]

mod counts;
mod havoc;
mod hunt;
mod luck;
mod operations;
mod patience;
mod probe;
#[path = "../it/proxy.rs"]
#[expect(dead_code, reason = "some of it is for other tests")]
mod proxy;
mod residue;
mod sessions;
mod stage;
#[path = "../it/support.rs"]
mod support;
mod swaps;
mod typed;
mod work;
