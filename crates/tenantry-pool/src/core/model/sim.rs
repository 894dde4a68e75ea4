//! A driver without connections.

use crate::{Condition, Driver, TargetId};

#[derive(Debug, thiserror::Error)]
#[error("refused")]
pub(super) struct Refused;

/// A connection that is in the condition the world gave it.
#[derive(Debug)]
pub(super) struct Conn {
    pub(super) server: usize,
    pub(super) condition: Condition,
    /// Whether its last user has left something.
    pub(super) residue: bool,
    /// Whether it was cut off while it was lent.
    pub(super) doomed: bool,
}

pub(super) struct Sim;

impl Driver for Sim {
    type Server = usize;
    type Connection = Conn;
    type Error = Refused;
    type Handle = ();

    async fn connect(&self, _: &usize) -> Result<Conn, Refused> {
        unreachable!("the world opens connections")
    }

    fn condition(&self, conn: &Conn) -> Condition {
        conn.condition
    }

    fn has_residue(&self, conn: &Conn) -> bool {
        conn.residue
    }

    async fn clean(&self, _: &mut Conn) -> Result<(), Refused> {
        unreachable!("the world cleans connections")
    }

    fn handle(&self, _: &Conn) {}

    async fn cut_off(&self, (): ()) -> bool {
        unreachable!("the world cuts nothing off")
    }

    fn forget(&self, _: &mut Conn, _: TargetId) {}

    async fn close(&self, _: Conn) {
        unreachable!("the world closes connections")
    }
}
