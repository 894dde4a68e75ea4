//! What the methods of a table mean in SQL: every name quoted, every value a parameter.

mod filter;
mod method;
mod options;
mod order;
mod statement;
mod write;

pub(crate) use self::{
    method::{Answer, build},
    statement::Statement,
};
