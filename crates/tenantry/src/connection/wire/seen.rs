use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicUsize, Ordering};

use super::copied::Copied;

/// What has been seen on a connection.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The status of the last ReadyForQuery: `I` idle, `T` in a transaction, `E` in a failed one;
    /// 0 before the first.
    status: AtomicU8,
    /// Whether a PREPARE or DEALLOCATE has completed.
    prepared: AtomicBool,
    /// Whether all prepared statements were dropped by SQL.
    dropped: AtomicBool,
    /// How many COMMITs and ROLLBACKs have completed.
    transactions_ended: AtomicU32,
    /// Whether the last of them was a ROLLBACK.
    rolled_back: AtomicBool,
    /// The process id in BackendKeyData; 0 before it.
    backend: AtomicU32,
    /// Whether the server has ended the connection.
    ended: AtomicBool,
    /// Whether it ended while an answer was due.
    cut: AtomicBool,
    /// How many bytes a row may have, and one; 0 if that is not bounded.
    longest_row: AtomicUsize,
    copied: Copied,
}

impl Seen {
    /// Whether no transaction is open.
    pub(crate) fn is_idle(&self) -> bool {
        self.status.load(Ordering::Acquire) == b'I'
    }

    /// Whether the last transaction that ended was rolled back: PostgreSQL answers a COMMIT so
    /// when a statement had failed before it.
    pub(crate) fn was_rolled_back(&self) -> bool {
        self.rolled_back.load(Ordering::Acquire)
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Whether the connection ended while an answer was due: what was sent may run on.
    pub(crate) fn was_cut(&self) -> bool {
        self.cut.load(Ordering::Acquire)
    }

    pub(super) fn set_ended(&self, cut: bool) {
        self.cut.fetch_or(cut, Ordering::AcqRel);
        self.ended.store(true, Ordering::Release);
    }

    /// How many bytes a row may have from now on.
    pub(crate) fn set_longest_row(&self, bytes: Option<usize>) {
        let bytes = bytes.map_or(0, |bytes| bytes.saturating_add(1));
        self.longest_row.store(bytes, Ordering::Release);
    }

    /// Whether a message, of so many bytes, is a row that is too long.
    pub(super) fn is_too_long(&self, kind: u8, bytes: usize) -> bool {
        let longest = self.longest_row.load(Ordering::Acquire);
        kind == b'D' && longest != 0 && bytes >= longest
    }

    /// What COPY sends.
    pub(crate) fn copied(&self) -> &Copied {
        &self.copied
    }

    /// The process id that the server said it has.
    pub(crate) fn backend(&self) -> u32 {
        self.backend.load(Ordering::Acquire)
    }

    /// Whether the prepared statements were changed by SQL.
    pub(crate) fn has_prepared(&self) -> bool {
        self.prepared.load(Ordering::Acquire)
    }

    /// Whether all prepared statements were dropped by SQL, those of the client, too.
    pub(crate) fn has_dropped(&self) -> bool {
        self.dropped.load(Ordering::Acquire)
    }

    pub(crate) fn forget_prepared(&self) {
        self.dropped.store(false, Ordering::Release);
        self.prepared.store(false, Ordering::Release);
    }

    /// How many transactions have been committed or rolled back, so far.
    pub(crate) fn transactions_ended(&self) -> u32 {
        self.transactions_ended.load(Ordering::Acquire)
    }

    fn transaction_ended(&self, rolled_back: bool) {
        self.rolled_back.store(rolled_back, Ordering::Release);
        self.transactions_ended.fetch_add(1, Ordering::AcqRel);
    }

    /// Whether anything of a message's body is to be seen.
    pub(super) fn wants(kind: u8) -> bool {
        matches!(kind, b'Z' | b'C' | b'K')
    }

    /// A message has come; `start` is how its body starts.
    pub(super) fn message(&self, kind: u8, start: &[u8]) {
        match kind {
            b'Z' => {
                if let Some(&status) = start.first() {
                    self.status.store(status, Ordering::Release);
                }
            }
            b'K' => {
                if let [a, b, c, d, ..] = *start {
                    self.backend.store(u32::from_be_bytes([a, b, c, d]), Ordering::Release);
                }
            }
            b'C' => self.completed(start),
            _ => {}
        }
    }

    fn completed(&self, tag: &[u8]) {
        match tag {
            // As much as is looked at.
            b"DEALLOCATE ALL" | b"DISCARD ALL\0" => {
                self.prepared.store(true, Ordering::Release);
                self.dropped.store(true, Ordering::Release);
            }
            [b'P', b'R', b'E', b'P', b'A', b'R', b'E', ..]
            | [b'D', b'E', b'A', b'L', b'L', b'O', b'C', ..] => {
                self.prepared.store(true, Ordering::Release);
            }
            [b'C', b'O', b'M', b'M', b'I', b'T', 0, ..] => self.transaction_ended(false),
            [b'R', b'O', b'L', b'L', b'B', b'A', b'C', ..] => self.transaction_ended(true),
            _ => {}
        }
    }
}
