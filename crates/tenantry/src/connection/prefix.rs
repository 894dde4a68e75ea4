//! What rides in front of a statement, before the same Sync.
//!
//! Everything up to a Sync is one transaction (PostgreSQL manual, "Pipelining" in the chapter on the
//! extended query protocol), and after an error the server skips everything up to it. So a statement
//! behind a prefix runs after the whole prefix, in its transaction, or not at all; and a binding that
//! is local to the transaction ends with it.

use std::sync::{
    Arc, LazyLock, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use bytes::{Bytes, BytesMut};
use postgres_protocol::{IsNull, message::frontend};

/// Binds the transaction; the parameter is a search_path.
const BIND: &str = "tenantry_bind";
/// Binds the session.
const HOLD: &str = "tenantry_hold";
/// The last part of a reset, and binds the transaction.
const REBIND: &str = "tenantry_rebind";
/// The last part of a reset, and binds the session.
const REHOLD: &str = "tenantry_rehold";
/// What gives a connection back to nobody, but for its transaction. Those that PostgreSQL does not
/// roll back with a transaction (CLOSE ALL, the locks) do no harm when the rest is.
const RESETS: [(&str, &str); 6] = [
    ("tenantry_reset_1", "RESET ALL"),
    ("tenantry_reset_2", "RESET SESSION AUTHORIZATION"),
    ("tenantry_reset_3", "CLOSE ALL"),
    ("tenantry_reset_4", "UNLISTEN *"),
    ("tenantry_reset_5", "DISCARD TEMP"),
    ("tenantry_reset_6", "DISCARD SEQUENCES"),
];

/// The messages that prepare the commands of a prefix. Closed first: preparing a name twice is an
/// error, closing what is not there is none.
static PREPARE: LazyLock<Bytes> = LazyLock::new(|| {
    let bindings = [
        (BIND, "SELECT pg_catalog.set_config('search_path', $1, true)"),
        (HOLD, "SELECT pg_catalog.set_config('search_path', $1, false)"),
        (
            REBIND,
            "SELECT pg_catalog.pg_advisory_unlock_all(), \
             pg_catalog.set_config('search_path', $1, true)",
        ),
        (
            REHOLD,
            "SELECT pg_catalog.pg_advisory_unlock_all(), \
             pg_catalog.set_config('search_path', $1, false)",
        ),
    ];
    let mut out = BytesMut::new();
    for (name, sql) in bindings.iter().chain(&RESETS) {
        frontend::close(b'S', name, &mut out).expect("a name without NUL");
        frontend::parse(name, sql, [], &mut out).expect("a text without NUL");
    }
    out.freeze()
});

/// The messages that reset a connection.
static RESET: LazyLock<Bytes> = LazyLock::new(|| {
    let mut out = BytesMut::new();
    for (name, _) in RESETS {
        run(name, None, &mut out);
    }
    out.freeze()
});

/// The messages that execute a prepared statement with up to one parameter.
fn run(name: &str, parameter: Option<&str>, out: &mut BytesMut) {
    let bound = frontend::bind(
        "",
        name,
        [],
        parameter,
        |parameter, out| {
            out.extend_from_slice(parameter.as_bytes());
            Ok(IsNull::No)
        },
        [],
        out,
    );
    if bound.is_err() {
        unreachable!("names are short and identifiers have no NUL");
    }
    frontend::execute("", 0, out).expect("an empty name");
}

/// A prefix for one statement.
#[derive(Clone, Debug)]
pub(super) struct Prefix {
    /// The search_path to bind to, in SQL's notation.
    pub(super) search_path: Arc<str>,
    /// Whether the session is bound, and not only the transaction.
    pub(super) hold: bool,
    /// Whether what others have left is reset before.
    pub(super) reset: bool,
}

impl Prefix {
    /// Writes the messages; `prepared` says whether the server knows the statements. Returns how
    /// many commands complete.
    pub(super) fn write(&self, prepared: bool, out: &mut BytesMut) -> u8 {
        if !prepared {
            out.extend_from_slice(&PREPARE);
        }
        if self.reset {
            out.extend_from_slice(&RESET);
        }
        let name = match (self.reset, self.hold) {
            (false, false) => BIND,
            (false, true) => HOLD,
            (true, false) => REBIND,
            (true, true) => REHOLD,
        };
        run(name, Some(&self.search_path), out);
        1 + if self.reset { RESETS.len() as u8 } else { 0 }
    }
}

/// Where a connection's user leaves the prefix of the next statement, and the wire takes it.
#[derive(Debug, Default)]
pub(super) struct PrefixSlot {
    prefix: Mutex<Option<Prefix>>,
    /// Whether there is one: spares the lock.
    armed: AtomicBool,
    /// Whether the server has the prepared statements of a prefix.
    prepared: AtomicBool,
    /// Whether the last prefix failed.
    failed: AtomicBool,
}

impl PrefixSlot {
    /// The next statement has this prefix, or none, whatever was left here before.
    pub(super) fn set(&self, prefix: Option<Prefix>) {
        let armed = prefix.is_some();
        if armed || self.armed.load(Ordering::Acquire) {
            *self.lock() = prefix;
            self.armed.store(armed, Ordering::Release);
            self.failed.store(false, Ordering::Release);
        }
    }

    /// Whether a prefix waits for its statement.
    pub(super) fn is_armed(&self) -> bool {
        self.armed.load(Ordering::Acquire)
    }

    pub(super) fn take(&self) -> Option<Prefix> {
        self.armed.store(false, Ordering::Release);
        self.lock().take()
    }

    pub(super) fn is_prepared(&self) -> bool {
        self.prepared.load(Ordering::Acquire)
    }

    /// Whether the server has the prepared statements of a prefix.
    pub(super) fn set_prepared(&self, prepared: bool) {
        self.prepared.store(prepared, Ordering::Release);
    }

    /// Whether the last prefix failed, and its statement with it.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    pub(super) fn set_failed(&self) {
        self.failed.store(true, Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Prefix>> {
        self.prefix.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
