//! The connection pool of Tenantry: **one budget, many tenants**.
//!
//! The pool knows three things:
//!
//! - a [`Target`]: where statements of one tenant go. It names a *server* (what to connect to) and
//!   carries an identity of its own, so that a tenant made anew is never mistaken for the old one;
//! - a **budget**: the number of connections, open, being opened and being closed, that is never
//!   passed, however many targets there are;
//! - a [`Lease`]: a connection lent to one target. Dropping it, at any point, gives the connection
//!   back: as it is when it is at rest, after [`Driver::clean`] when it is not, closed when that
//!   fails or takes too long.
//!
//! What a connection *is*, the pool does not know: a [`Driver`] opens, cleans and closes it.
//! Connections with the same server are shared between targets; each target has a *home
//! connection*, chosen by rendezvous hashing, which it gets when that one is free, because its
//! prepared statements and PostgreSQL's own caches are warm there.
//!
//! Who waits is served in turn: by targets, and each target's callers in order. A connection goes
//! out of turn to a target it suits better only within a bound (`core/turns.rs`). How many may wait
//! is bounded too: beyond it a caller hears so at once ([`AcquireError::Saturated`]).
//!
//! The decisions are made by a state machine without I/O (`core`); [`Pool`] carries them out. A
//! model is held against it for millions of steps (`core/model.rs`), shuttle tries the orders in
//! which threads meet at its lock (`pool/races.rs`), and each promise has tests named after it
//! (`tests/it/promise_*.rs`), which notice faults built in on purpose (`fault.rs`).

mod config;
mod core;
mod driver;
mod error;
mod fault;
mod lease;
mod pool;
mod runtime;
mod stats;
mod target;

pub use config::PoolConfig;
pub use driver::{Condition, Driver, Event};
pub use error::{AcquireError, ConnectFailure, Holder};
pub use lease::Lease;
pub use pool::{CloseReport, Pool};
pub use stats::{CloseReason, Counters, PoolStats, TargetStats};
pub use target::{Target, TargetId};
