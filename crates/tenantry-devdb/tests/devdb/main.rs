//! The behaviour of private servers, on real ones.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod crashes;
mod lifecycle;
mod owners;
mod places;
mod support;
mod testing;
