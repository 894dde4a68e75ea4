use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
};

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// The identity of a [`Target`], unique in the process and never used twice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TargetId(u64);

impl TargetId {
    /// The number behind the identity, for logs and hashing.
    #[must_use]
    pub fn as_u64(self) -> u64 {
        self.0
    }

    /// The weight of `slot` for this target in rendezvous hashing: the slot with the highest
    /// weight is the target's home.
    pub(crate) fn weight(self, slot: usize) -> u64 {
        mix(self.0, slot as u64)
    }
}

/// A hash of two numbers, mixed by the finalizer of SplitMix64 (Steele, Lea, Flood: *Fast
/// Splittable Pseudorandom Number Generators*, OOPSLA 2014).
pub(crate) fn mix(one: u64, other: u64) -> u64 {
    let mut z = one.wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ other.wrapping_add(1).wrapping_mul(0xd1b5_4a32_d192_ed03);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl fmt::Debug for TargetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl fmt::Display for TargetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Where the statements of one tenant go: a server, and an identity of its own.
///
/// A tenant whose placement changes gets a new target; the old one is
/// [retired](crate::Pool::retire) and never leased again.
#[derive(Debug)]
pub struct Target<S> {
    id: TargetId,
    server: S,
    /// Whether it takes none of the places of `max_targets`.
    beside: bool,
    retired: AtomicBool,
    /// Where a pool had its entry the last time: a hint that saves a look-up.
    place: AtomicU32,
}

impl<S> Target<S> {
    /// A new target on `server`, with a new identity.
    #[must_use]
    pub fn new(server: S) -> Arc<Self> {
        Self::made(server, false)
    }

    /// A new target that is no tenant's: it is not counted by
    /// [`max_targets`](crate::PoolConfig::max_targets), and is not forgotten for another's sake.
    #[must_use]
    pub fn beside(server: S) -> Arc<Self> {
        Self::made(server, true)
    }

    fn made(server: S, beside: bool) -> Arc<Self> {
        Arc::new(Self {
            id: TargetId(NEXT_ID.fetch_add(1, Ordering::Relaxed)),
            server,
            beside,
            retired: AtomicBool::new(false),
            place: AtomicU32::new(u32::MAX),
        })
    }

    /// This target's identity.
    pub fn id(&self) -> TargetId {
        self.id
    }

    /// What to connect to.
    pub fn server(&self) -> &S {
        &self.server
    }

    /// Whether the target has been retired. Once true, it stays true.
    pub fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    pub(crate) fn is_beside(&self) -> bool {
        self.beside
    }

    pub(crate) fn place(&self) -> u32 {
        self.place.load(Ordering::Relaxed)
    }

    pub(crate) fn set_place(&self, place: u32) {
        if self.place() != place {
            self.place.store(place, Ordering::Relaxed);
        }
    }

    pub(crate) fn set_retired(&self) {
        self.retired.store(true, Ordering::Release);
    }
}
