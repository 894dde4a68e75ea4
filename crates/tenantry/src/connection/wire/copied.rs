use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// What `COPY … TO STDOUT` sends, taken out of the stream while somebody wants it: tokio-postgres
/// takes it from one prepared statement at a time, and not from several in one message.
#[derive(Debug, Default)]
pub(crate) struct Copied {
    is_wanted: AtomicBool,
    parts: Mutex<Vec<Vec<u8>>>,
}

impl Copied {
    /// From now on it is taken out.
    pub(crate) fn collect(&self) -> Collecting<'_> {
        self.parts().clear();
        self.is_wanted.store(true, Ordering::Release);
        Collecting { copied: self }
    }

    /// Whether a message of this kind is to be taken out: CopyOutResponse, CopyData and CopyDone.
    pub(super) fn wants(&self, kind: u8) -> bool {
        matches!(kind, b'H' | b'd' | b'c') && self.is_wanted.load(Ordering::Acquire)
    }

    /// Another COPY begins.
    pub(super) fn begin(&self) {
        self.parts().push(Vec::new());
    }

    pub(super) fn take(&self, bytes: &[u8]) {
        // Where nobody wants it any more, there may be no part.
        if let Some(part) = self.parts().last_mut() {
            part.extend_from_slice(bytes);
        }
    }

    fn parts(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// While this lives, what is copied is collected.
pub(crate) struct Collecting<'a> {
    copied: &'a Copied,
}

impl Collecting<'_> {
    /// What each COPY has sent.
    pub(crate) fn finish(self) -> Vec<Vec<u8>> {
        std::mem::take(&mut *self.copied.parts())
    }
}

impl Drop for Collecting<'_> {
    fn drop(&mut self) {
        self.copied.is_wanted.store(false, Ordering::Release);
        *self.copied.parts() = Vec::new();
    }
}
