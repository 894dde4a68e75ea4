//! What in migrations locks tables or loses data.

mod rule;

pub use self::rule::Rule;
