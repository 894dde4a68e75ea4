//! One connection to PostgreSQL, and how it comes to speak for a tenant.
//!
//! - [`dial`]: opens sockets; [`wire`]: watches what PostgreSQL says on them;
//! - [`pg`]: the connection, at rest or at work; [`binding`]: the SQL that makes a transaction
//!   speak for a tenant, and the SQL that makes it belong to nobody again; [`prefix`]: the same as
//!   messages that ride in front of a statement;
//! - [`run`]: a statement of its own; [`transaction`]: several in one; [`session`]: a connection
//!   bound as a whole; [`clean`]: what is done for a connection that came back in the middle of
//!   something; [`cut`]: ending one from outside;
//! - [`driver`]: all this as the pool wants it; [`tally`]: what it counts.

mod binding;
mod clean;
mod cut;
mod dial;
mod driver;
mod pg;
mod prefix;
mod query;
mod run;
mod server;
mod session;
mod statements;
mod streak;
mod tally;
mod transaction;
mod wire;

pub(crate) use self::{
    binding::Binding,
    driver::PgDriver,
    pg::RunError,
    query::{Output, Params, Query},
    server::Server,
    wire::TooLong,
};
pub use self::{
    query::{Answer, Bounds, TypedParam},
    tally::StatementCounts,
};
