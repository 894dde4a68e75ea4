//! The pool's promises, with a driver that has no database and a clock that is driven.

mod budget;
mod cancellation;
mod cleaning;
mod ending;
mod fake;
mod failures;
mod order;
