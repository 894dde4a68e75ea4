//! The half of a connection that reads and writes, driven by whoever waits for an answer.
//!
//! tokio-postgres wants it to run as a task of its own; then each statement is handed from its task
//! to that one and back, over two wake-ups. Here the task that sends a statement polls both halves, and
//! nobody else does: an idle connection costs nothing, and what the server says meanwhile is read at
//! the next statement, or when the pool [looks](Line::look) at it.

mod bell;

use std::{
    collections::VecDeque,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::{AsyncMessage, Connection, Error, Notification};

use self::bell::Bell;

/// See the [module](self).
pub(super) struct Line {
    inner: Mutex<Inner>,
    bell: Arc<Bell>,
    /// The bell, as what the connection wakes.
    waker: Waker,
}

struct Inner {
    /// `None` once it has ended.
    messages: Option<Box<dyn Messages + Send>>,
    notifications: VecDeque<Notification>,
    /// Why it ended.
    failure: Option<Arc<Error>>,
}

/// What drives a connection, whatever its streams.
trait Messages {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<AsyncMessage, Error>>>;
}

impl<S, T> Messages for Connection<S, T>
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<AsyncMessage, Error>>> {
        self.poll_message(cx)
    }
}

impl Line {
    pub(super) fn new<S, T>(connection: Connection<S, T>) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let bell = Arc::new(Bell::default());
        Self {
            inner: Mutex::new(Inner {
                messages: Some(Box::new(connection)),
                notifications: VecDeque::new(),
                failure: None,
            }),
            waker: Waker::from(Arc::clone(&bell)),
            bell,
        }
    }

    /// Runs a future of the client's: it waits for nothing but answers on this line.
    ///
    /// Dropping it leaves what was sent, sent.
    pub(super) async fn drive<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        let Self { inner, bell, waker } = self;
        let inner = inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        std::future::poll_fn(|cx| {
            // Nothing but the line, polled here, can bring the future on: nobody has to wake it.
            let mut unawaited = Context::from_waker(Waker::noop());
            bell.register(cx.waker());
            if let Poll::Ready(output) = future.as_mut().poll(&mut unawaited) {
                return Poll::Ready(output);
            }
            bell.mute();
            inner.poll(&mut Context::from_waker(waker));
            if let Poll::Ready(output) = future.as_mut().poll(&mut unawaited) {
                bell.forget();
                return Poll::Ready(output);
            }
            if !bell.listen() {
                // Not again at once: tokio lets a task that has done its share of work wait.
                cx.waker().wake_by_ref();
            }
            Poll::Pending
        })
        .await
    }

    /// The next notification, or `None` when the connection has ended. Cancel-safe.
    pub(super) async fn next_notification(&mut self) -> Option<Notification> {
        let inner = self.get_mut();
        std::future::poll_fn(|cx| {
            let pending = inner.poll(cx);
            match (inner.notifications.pop_front(), pending) {
                (None, true) => Poll::Pending,
                (notification, _) => Poll::Ready(notification),
            }
        })
        .await
    }

    /// A notification that has come already.
    pub(super) fn queued_notification(&mut self) -> Option<Notification> {
        self.get_mut().notifications.pop_front()
    }

    /// Throws away the notifications that have come.
    pub(super) fn drop_notifications(&mut self) {
        self.get_mut().notifications.clear();
    }

    /// Reads what has come while nobody used the connection. Costs no system call when nothing has.
    pub(super) fn look(&self) {
        self.lock().poll(&mut Context::from_waker(&self.waker));
    }

    /// Waits until the connection has ended: its client is gone.
    pub(super) async fn ended(mut self) {
        let inner = self.get_mut();
        std::future::poll_fn(|cx| if inner.poll(cx) { Poll::Pending } else { Poll::Ready(()) })
            .await;
    }

    /// Why the connection ended, where that was no end in order.
    pub(super) fn failure(&self) -> Option<Arc<Error>> {
        self.lock().failure.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get_mut(&mut self) -> &mut Inner {
        self.inner.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Reads and writes what can be read and written now. Whether there may be more later.
    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        while let Some(messages) = &mut self.messages {
            match messages.poll(cx) {
                Poll::Ready(Some(Ok(AsyncMessage::Notification(notification)))) => {
                    self.notifications.push_back(notification);
                }
                Poll::Ready(Some(Ok(AsyncMessage::Notice(notice)))) => {
                    tracing::debug!(target: "tenantry::notice", severity = notice.severity(), "{}", notice.message());
                }
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(Some(Err(error))) => {
                    self.failure = Some(Arc::new(error));
                    self.messages = None;
                }
                Poll::Ready(None) => self.messages = None,
                Poll::Pending => return true,
            }
        }
        false
    }
}
