//! The pool's promises, with a driver that has no database and a clock that is driven.

#![expect(clippy::unwrap_used, reason = "tests say what they expect by unwrapping")]

mod admission;
mod cleaning;
mod counts;
mod failures;
mod fake;
mod floods;
mod homes;
mod promise_budget;
mod promise_cancellation;
mod promise_ending;
mod promise_fairness;
mod replacing;
mod servers;
