//! What the pool knows of each server it connects to.

use std::{
    collections::{BTreeMap, HashMap},
    ops::{Index, IndexMut},
};

use tokio::time::Instant;

use super::{
    floods::Lately,
    slots::Kind,
    turns::{Turn, Turns},
};
use crate::{ConnectFailure, Driver};

/// Where a server's state is. A number, so that servers are compared by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ServerIx(u32);

/// What the pool knows of one server.
pub(crate) struct ServerState<D: Driver> {
    pub(crate) server: D::Server,
    /// How many targets and places of the budget refer to it.
    references: usize,
    /// How many of its targets are remembered or at work.
    pub(crate) targets: usize,
    /// Open connections to it.
    pub(crate) open: usize,
    /// Those of them that are idle.
    pub(crate) idle: usize,
    /// Connections to it being opened.
    pub(crate) opening: usize,
    /// Callers that wait for any connection to it.
    pub(crate) waiting: usize,
    /// Changes whenever a connection to it comes or goes, and homes with it. Never zero.
    pub(crate) epoch: u32,
    /// Its targets that wait.
    pub(crate) turns: Turns,
    /// Its targets at work.
    pub(crate) lately: Lately,
    /// No attempt to connect before this moment, after one that failed.
    pub(crate) open_after: Option<Instant>,
    /// The last failure to connect since a connection was opened.
    pub(crate) last_failure: Option<ConnectFailure<D::Error>>,
}

impl<D: Driver> ServerState<D> {
    fn new(server: D::Server) -> Self {
        Self {
            server,
            references: 0,
            targets: 0,
            open: 0,
            idle: 0,
            opening: 0,
            waiting: 0,
            epoch: 1,
            turns: Turns::default(),
            lately: Lately::default(),
            open_after: None,
            last_failure: None,
        }
    }

    /// How many of those who wait have no connection being opened for them.
    pub(crate) fn unmet(&self) -> usize {
        self.waiting.saturating_sub(self.opening)
    }

    /// Whether to try, after a failure: at once where nothing else is open that could serve.
    pub(crate) fn may_open(&self, now: Instant) -> bool {
        self.open == 0 || self.open_after.is_none_or(|after| now >= after)
    }

    /// A connection to it has changed its state.
    pub(crate) fn moved(&mut self, from: Kind, to: Kind) {
        let change = |count: &mut usize, was: bool, is: bool| match (was, is) {
            (false, true) => *count += 1,
            (true, false) => *count -= 1,
            _ => {}
        };
        change(&mut self.idle, from == Kind::Idle, to == Kind::Idle);
        change(&mut self.opening, from == Kind::Opening, to == Kind::Opening);
        if from.is_open() != to.is_open() {
            change(&mut self.open, from.is_open(), to.is_open());
            self.homes_moved();
        }
    }

    /// Targets must look for their homes anew.
    pub(crate) fn homes_moved(&mut self) {
        self.epoch = self.epoch.wrapping_add(1).max(1);
    }
}

/// The servers that targets or connections refer to.
pub(crate) struct Servers<D: Driver> {
    states: Vec<ServerState<D>>,
    free: Vec<ServerIx>,
    by_server: HashMap<D::Server, ServerIx>,
    /// The servers whose targets wait, by the turn of the first of those.
    heads: BTreeMap<Turn, ServerIx>,
}

impl<D: Driver> Default for Servers<D> {
    fn default() -> Self {
        Self {
            states: Vec::new(),
            free: Vec::new(),
            by_server: HashMap::new(),
            heads: BTreeMap::new(),
        }
    }
}

impl<D: Driver> Servers<D> {
    /// Where the state of `server` is. The caller refers to it until it says
    /// [`release`](Self::release).
    pub(crate) fn refer(&mut self, server: &D::Server) -> ServerIx {
        let ix = match self.by_server.get(server) {
            Some(ix) => *ix,
            None => self.insert(server),
        };
        self[ix].references += 1;
        ix
    }

    /// One more refers to a server that is known.
    pub(crate) fn refer_again(&mut self, ix: ServerIx) {
        self[ix].references += 1;
    }

    /// Whoever referred to the server does no more.
    pub(crate) fn release(&mut self, ix: ServerIx) {
        let state = &mut self.states[ix.0 as usize];
        state.references -= 1;
        if state.references == 0 {
            self.by_server.remove(&state.server);
            self.free.push(ix);
        }
    }

    fn insert(&mut self, server: &D::Server) -> ServerIx {
        let state = ServerState::new(server.clone());
        let ix = match self.free.pop() {
            Some(ix) => {
                self[ix] = state;
                ix
            }
            None => {
                self.states.push(state);
                ServerIx(u32::try_from(self.states.len() - 1).expect("fewer servers than 2^32"))
            }
        };
        self.by_server.insert(server.clone(), ix);
        ix
    }

    /// The servers whose targets wait, by the turn of the first of those.
    pub(crate) fn heads(&self) -> &BTreeMap<Turn, ServerIx> {
        &self.heads
    }

    /// The first turn of a server was `before`, and may be another now.
    pub(crate) fn head_was(&mut self, ix: ServerIx, before: Option<Turn>) {
        let head = self[ix].turns.head().map(|(turn, _)| turn);
        if before == head {
            return;
        }
        if let Some(before) = before {
            self.heads.remove(&before);
        }
        if let Some(head) = head {
            self.heads.insert(head, ix);
        }
    }

    /// The server that most targets refer to.
    pub(crate) fn busiest(&self) -> Option<ServerIx> {
        let known = self.by_server.values().copied().filter(|ix| self[*ix].targets > 0);
        known.max_by_key(|ix| (self[*ix].targets, std::cmp::Reverse(*ix)))
    }
}

impl<D: Driver> Index<ServerIx> for Servers<D> {
    type Output = ServerState<D>;

    fn index(&self, ix: ServerIx) -> &ServerState<D> {
        &self.states[ix.0 as usize]
    }
}

impl<D: Driver> IndexMut<ServerIx> for Servers<D> {
    fn index_mut(&mut self, ix: ServerIx) -> &mut ServerState<D> {
        &mut self.states[ix.0 as usize]
    }
}
