//! Databases for tests.
//!
//! The tests of a workspace share one server, also over processes, since nextest runs each test in
//! a process of its own: the first to need it starts it, the others attach, and it stops some
//! seconds after the last one has ended. Each test has a database of its own in it, so that all can
//! run in parallel.
//!
//! ```
//! use tenantry_devdb::testing::TestDb;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), tokio_postgres::Error> {
//! let db = TestDb::create().await;
//! let client = db.connect().await;
//! client.batch_execute("CREATE TABLE users (name text)").await?;
//! # Ok(())
//! # }
//! ```
//!
//! A test that stops PostgreSQL, or needs it small, has a server of its own: [`TestServer`].

mod database;
mod leases;
mod server;
mod shared;

pub use database::TestDb;
pub use server::TestServer;
pub use shared::shared_server;
