//! The pool's promises, with a driver that has no database and a clock that is driven.

#![expect(clippy::unwrap_used, reason = "tests say what they expect by unwrapping")]

mod budget;
mod cancellation;
mod cleaning;
mod ending;
mod failures;
mod fake;
mod order;
