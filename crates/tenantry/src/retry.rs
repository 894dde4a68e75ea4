//! Trying again what may succeed the next time.
//!
//! [`with_retry`] tries an operation until it succeeds, fails for good or has been tried often
//! enough; a [`Retrier`] is the same with rules of one's own, made once and used everywhere.
//! [`is_retryable`] says which errors are worth another try.
//!
//! ```
//! use std::io;
//! use tenantry::retry::{RetryConfig, with_retry};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> io::Result<()> {
//! let mut refusals = 2;
//! let answer = with_retry(&RetryConfig::default(), || {
//!     let refused = refusals > 0;
//!     refusals -= 1;
//!     async move {
//!         if refused { Err(io::Error::from(io::ErrorKind::ConnectionRefused)) } else { Ok(42) }
//!     }
//! })
//! .await?;
//! assert_eq!(answer, 42);
//! # Ok(())
//! # }
//! ```
//!
//! # What is worth another try
//!
#![doc = include_str!("retry/retryable.md")]
//!
//! # When it is cancelled
//!
//! Dropping the future of a retry, at any await, drops the try that is under way or the wait
//! before the next one, and nothing else is left behind: no task runs on. What a dropped try has
//! already sent to a server is for the operation to answer for.

mod classify;
mod config;
mod retrier;

pub use self::{
    classify::is_retryable,
    config::RetryConfig,
    retrier::{Retrier, with_retry},
};
