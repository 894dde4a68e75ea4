//! A private PostgreSQL for a demo, for tests and for a first afternoon.
//!
//! It finds PostgreSQL 14 to 18 on the machine, makes a database cluster in a directory of its own,
//! and runs it for as long as anybody needs it. Linux and macOS; also as root.
//!
//! ```no_run
//! use tenantry_devdb::DevDb;
//!
//! # #[tokio::main]
//! # async fn main() -> tenantry_devdb::Result<()> {
//! let db = DevDb::builder().data_dir(".demo/postgres").start().await?;
//! db.create_database("projects").await?;
//! println!("DATABASE_URL={}", db.url("projects"));
//! // …
//! db.stop().await?;
//! # Ok(())
//! # }
//! ```
//!
//! Three ideas:
//!
//! - **Owners share.** Programs that start a server in the same directory, at the same moment or
//!   later, own one server together. It stops when the last of them goes, also if that one is
//!   killed: each owner holds a pipe open, and a watchdog waits for its end.
//! - **Locks instead of process ids.** Who starts, who owns and what runs is told by locks of
//!   files, which the kernel takes back by itself. Nothing that a crash leaves has to be believed.
//! - **Nobody else gets in.** The server listens on 127.0.0.1 and on a socket in a private
//!   directory. Both want a random password, which only the data directory's owner can read.
//!
//! [`testing`] has the databases and servers that tests need.

#[cfg(not(unix))]
compile_error!("tenantry-devdb needs Unix: it knows of flock, named pipes and signals");

mod account;
mod address;
mod blocking;
mod builder;
mod cluster;
mod devdb;
mod error;
mod home;
mod installation;
mod lock;
mod log;
mod mode;
mod owner;
mod password;
mod pidfile;
mod pipe;
mod plan;
mod process;
mod server;
mod url;
mod watchdog;

pub mod testing;

pub use builder::DevDbBuilder;
pub use devdb::DevDb;
pub use error::{DevDbError, Looked, Result};
pub use installation::{Installation, Version, find_installation};
pub use mode::Mode;
