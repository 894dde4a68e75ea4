//! A stream that watches what PostgreSQL says on it: the transaction status in each
//! ReadyForQuery, the commands that change the session, and the end of the connection. The
//! message formats are those of the PostgreSQL manual, chapter "Frontend/Backend Protocol".

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsStream};

/// What has been seen on a connection.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The status of the last ReadyForQuery: `I` idle, `T` in a transaction, `E` in a failed one;
    /// 0 before the first.
    status: AtomicU8,
    /// How many commands that change the session (SET, RESET, DISCARD, …) have completed.
    session_changes: AtomicU32,
    /// Whether a PREPARE has completed.
    prepared: AtomicBool,
    /// How many COMMITs and ROLLBACKs have completed.
    transactions_ended: AtomicU32,
    /// Whether the last of them was a ROLLBACK.
    rolled_back: AtomicBool,
    /// The process id in BackendKeyData; 0 before it.
    backend: AtomicU32,
    /// Whether the server has ended the connection.
    ended: AtomicBool,
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

    /// The process id that the server said it has.
    pub(crate) fn backend(&self) -> u32 {
        self.backend.load(Ordering::Acquire)
    }

    pub(crate) fn session_changes(&self) -> u32 {
        self.session_changes.load(Ordering::Acquire)
    }

    pub(crate) fn has_prepared(&self) -> bool {
        self.prepared.load(Ordering::Acquire)
    }

    pub(crate) fn forget_prepared(&self) {
        self.prepared.store(false, Ordering::Release);
    }

    /// How many transactions have been committed or rolled back, so far.
    pub(crate) fn transactions_ended(&self) -> u32 {
        self.transactions_ended.load(Ordering::Acquire)
    }

    fn ended(&self, rolled_back: bool) {
        self.rolled_back.store(rolled_back, Ordering::Release);
        self.transactions_ended.fetch_add(1, Ordering::AcqRel);
    }

    fn message(&self, kind: u8, start: &[u8]) {
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
            b'C' => match start {
                [b'S', b'E', b'T', 0, ..]
                | [b'R', b'E', b'S', b'E', b'T', ..]
                | [b'D', b'I', b'S', b'C', b'A', b'R', b'D', ..]
                | [b'L', b'O', b'A', b'D', ..]
                | [b'C', b'A', b'L', b'L', ..]
                | [b'D', b'O', 0, ..] => {
                    self.session_changes.fetch_add(1, Ordering::AcqRel);
                }
                [b'P', b'R', b'E', b'P', b'A', b'R', b'E', ..] => {
                    self.prepared.store(true, Ordering::Release);
                }
                [b'C', b'O', b'M', b'M', b'I', b'T', 0, ..] => self.ended(false),
                [b'R', b'O', b'L', b'L', b'B', b'A', b'C', ..] => self.ended(true),
                _ => {}
            },
            _ => {}
        }
    }
}

/// How much of a message's body is looked at.
const LOOK: usize = 7;

/// Finds the messages in a stream of bytes, however it is cut into pieces.
#[derive(Debug, Default)]
struct Messages {
    /// The header (a byte of type, four of length) and the start of the body.
    head: [u8; 5 + LOOK],
    have: usize,
    /// How many bytes of `head` this message fills.
    want: usize,
    /// Bytes of the body still to pass over.
    skip: usize,
}

impl Messages {
    fn feed(&mut self, mut bytes: &[u8], seen: &Seen) {
        while !bytes.is_empty() {
            if self.skip > 0 {
                let passed = self.skip.min(bytes.len());
                self.skip -= passed;
                bytes = &bytes[passed..];
                continue;
            }
            if self.have < 5 {
                self.want = 5;
            }
            let taken = (self.want - self.have).min(bytes.len());
            self.head[self.have..self.have + taken].copy_from_slice(&bytes[..taken]);
            self.have += taken;
            bytes = &bytes[taken..];
            if self.have == 5 && self.want == 5 {
                let body = self.body_length();
                self.want =
                    5 + if matches!(self.head[0], b'Z' | b'C' | b'K') { body.min(LOOK) } else { 0 };
            }
            if self.have >= 5 && self.have == self.want {
                seen.message(self.head[0], &self.head[5..self.want]);
                self.skip = self.body_length() - (self.want - 5);
                self.have = 0;
            }
        }
    }

    fn body_length(&self) -> usize {
        let length = u32::from_be_bytes([self.head[1], self.head[2], self.head[3], self.head[4]]);
        (length as usize).saturating_sub(4)
    }
}

/// Whether a stream carries PostgreSQL's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carries {
    /// From the first byte.
    Messages,
    /// After one byte, the answer to a request for TLS, unless that answer is yes: then the
    /// messages are inside the encrypted stream.
    AnswerFirst,
    /// Never: the messages are inside.
    Encrypted,
}

/// A stream that is watched. Shutting it down waits until the server has ended the connection,
/// so that a closed connection's backend is gone.
#[derive(Debug)]
pub(crate) struct Wire<S> {
    stream: S,
    seen: Arc<Seen>,
    carries: Carries,
    messages: Messages,
    shut: bool,
}

impl<S> Wire<S> {
    pub(crate) fn new(stream: S, seen: Arc<Seen>, carries: Carries) -> Self {
        Self { stream, seen, carries, messages: Messages::default(), shut: false }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        let result = ready!(Pin::new(&mut this.stream).poll_read(cx, buf));
        let mut read = &buf.filled()[before..];
        if result.is_err() || (read.is_empty() && buf.remaining() > 0) {
            this.seen.ended.store(true, Ordering::Release);
        }
        if this.carries == Carries::AnswerFirst
            && let Some((&answer, rest)) = read.split_first()
        {
            this.carries = if answer == b'S' { Carries::Encrypted } else { Carries::Messages };
            read = rest;
        }
        if this.carries == Carries::Messages {
            this.messages.feed(read, &this.seen);
        }
        Poll::Ready(result)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.shut {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            self.shut = true;
        }
        let mut bytes = [0; 1024];
        loop {
            let mut buf = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => {}
                // An error is an end, too.
                Ok(()) | Err(_) => {
                    self.seen.ended.store(true, Ordering::Release);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

impl<S: TlsStream + Unpin> TlsStream for Wire<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.stream.channel_binding()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Messages, Seen};

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).expect("small");
        [&[kind][..], &length.to_be_bytes(), body].concat()
    }

    proptest! {
        #[test]
        fn messages_are_found_however_the_stream_is_cut(cuts in prop::collection::vec(1usize..9, 1..200)) {
            let stream = [
                message(b'D', &[b'Z'; 40]),
                message(b'C', b"SELECT 1\0"),
                message(b'C', b"SET\0"),
                message(b'1', b""),
                message(b'C', b"PREPARE\0"),
                message(b'C', b"DO\0"),
                message(b'Z', b"T"),
            ].concat();
            let (seen, mut messages) = (Seen::default(), Messages::default());
            let mut rest = &stream[..];
            for cut in cuts.into_iter().cycle() {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                messages.feed(piece, &seen);
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(seen.session_changes(), 2);
            prop_assert!(seen.has_prepared());
            prop_assert!(!seen.is_idle());
            messages.feed(&message(b'Z', b"I"), &seen);
            prop_assert!(seen.is_idle());
        }
    }
}
