//! A stream that watches what PostgreSQL says on it (the transaction status in each ReadyForQuery, the
//! commands that prepare statements, the end of the connection), and puts a prefix in front of a
//! statement. The message formats are those of the PostgreSQL manual, chapter "Frontend/Backend
//! Protocol".

mod copied;
mod incoming;
mod outgoing;
mod seen;

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsStream};

use self::{
    incoming::{Incoming, PrefixEnd},
    outgoing::Outgoing,
};
use super::prefix::PrefixSlot;

pub(crate) use self::seen::Seen;

/// A row has come that is longer than it may be.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a row is longer than it may be")]
pub(crate) struct TooLong;

impl TooLong {
    /// Whether that is why a connection has ended.
    pub(crate) fn is_cause_of(error: &tokio_postgres::Error) -> bool {
        let source = std::error::Error::source(error);
        let io = source.and_then(|source| source.downcast_ref::<io::Error>());
        io.and_then(io::Error::get_ref).is_some_and(|cause| cause.is::<Self>())
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

/// What the wire shares with the connection that uses it.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// What has been seen.
    pub(super) seen: Seen,
    /// What is to be put in front of the next statement.
    pub(super) prefix: PrefixSlot,
}

/// A stream that is watched. Shutting it down waits until the server has ended the connection,
/// so that a closed connection's backend is gone.
#[derive(Debug)]
pub(crate) struct Wire<S> {
    stream: S,
    watch: Arc<Watch>,
    carries: Carries,
    incoming: Incoming,
    outgoing: Outgoing,
    /// What was accepted for writing together with a prefix, and is not written yet.
    unwritten: BytesMut,
    shut: bool,
}

impl<S> Wire<S> {
    pub(super) fn new(stream: S, watch: Arc<Watch>, carries: Carries) -> Self {
        Self {
            stream,
            watch,
            carries,
            incoming: Incoming::default(),
            outgoing: Outgoing::default(),
            unwritten: BytesMut::new(),
            shut: false,
        }
    }

    /// What is watched.
    pub(super) fn stream(&self) -> &S {
        &self.stream
    }

    /// Looks at what was read. Returns how much of it is to be passed on.
    fn look(&mut self, read: &mut [u8]) -> usize {
        let mut skip = 0;
        if self.carries == Carries::AnswerFirst
            && let Some(&answer) = read.first()
        {
            self.carries = if answer == b'S' { Carries::Encrypted } else { Carries::Messages };
            skip = 1;
        }
        if self.carries != Carries::Messages {
            return read.len();
        }
        let (kept, prefix) = self.incoming.feed(&mut read[skip..], &self.watch.seen);
        match prefix {
            Some(PrefixEnd::Completed) => self.watch.prefix.set_prepared(true),
            Some(PrefixEnd::Failed) => self.watch.prefix.set_failed(),
            None => {}
        }
        skip + kept
    }

    /// Whether what is written are messages of the main phase: the handshake has other formats.
    fn writes_messages(&self) -> bool {
        self.carries == Carries::Messages && self.incoming.answered > 0
    }

    /// Whether the server has not answered all that it was asked. The handshake ends with a
    /// ReadyForQuery that nobody asked for.
    fn owes_answer(&self) -> bool {
        self.incoming.answered > 0 && self.outgoing.asked + 1 > self.incoming.answered
    }

    /// Puts the prefix that waits in front of the statement in `bytes`, if there is one. Whether
    /// `bytes` was taken over.
    fn put_prefix(&mut self, bytes: &[u8]) -> bool {
        let mut outgoing = self.outgoing.clone();
        let Some(at) = outgoing.feed_until_statement(bytes) else {
            return false;
        };
        let slot = &self.watch.prefix;
        let Some(prefix) = slot.take() else { return false };
        self.unwritten.clear();
        self.unwritten.extend_from_slice(&bytes[..at]);
        let commands = prefix.write(slot.is_prepared(), &mut self.unwritten);
        self.unwritten.extend_from_slice(&bytes[at..]);
        self.incoming.expect_prefix(outgoing.asked + 1, commands);
        outgoing.feed(&bytes[at..]);
        self.outgoing = outgoing;
        true
    }
}

impl<S: AsyncWrite + Unpin> Wire<S> {
    /// Writes what was taken over.
    fn poll_unwritten(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unwritten.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.unwritten))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.unwritten.advance(written);
        }
        Poll::Ready(Ok(()))
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
        loop {
            let result = ready!(Pin::new(&mut this.stream).poll_read(cx, buf));
            let read = &mut buf.filled_mut()[before..];
            if result.is_err() || read.is_empty() {
                if result.is_err() || buf.remaining() > 0 {
                    this.watch.seen.set_ended(this.owes_answer());
                }
                return Poll::Ready(result);
            }
            let kept = this.look(read);
            if this.incoming.too_long {
                // To read on would be to keep all of it.
                this.watch.seen.set_ended(true);
                buf.set_filled(before);
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, TooLong)));
            }
            buf.set_filled(before + kept);
            // Nothing passed on is not the end of the stream.
            if kept > 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        ready!(this.poll_unwritten(cx))?;
        if !this.writes_messages() {
            return Pin::new(&mut this.stream).poll_write(cx, buf);
        }
        if this.watch.prefix.is_armed() && this.put_prefix(buf) {
            return match this.poll_unwritten(cx) {
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                // What is not written yet goes first the next time, or with the flush.
                Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(buf.len())),
            };
        }
        let written = ready!(Pin::new(&mut this.stream).poll_write(cx, buf))?;
        this.outgoing.feed(&buf[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_unwritten(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.shut {
            ready!(self.poll_unwritten(cx))?;
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
                    self.watch.seen.set_ended(false);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl<S: TlsStream + Unpin> TlsStream for Wire<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.stream.channel_binding()
    }
}
