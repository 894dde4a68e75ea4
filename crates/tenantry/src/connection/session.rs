//! A connection bound as a whole, for what must outlive a transaction.

use tokio_postgres::Notification;

use super::{
    binding::Binding,
    pg::{PgConnection, RunError},
};

impl PgConnection {
    /// Binds the whole session to a target. When the connection comes back it is reset by
    /// `DISCARD ALL`.
    pub(crate) async fn start_session(&mut self, binding: &Binding) -> Result<(), RunError> {
        if self.is_pooled {
            return Err(RunError::Pooled);
        }
        self.reset_streak();
        self.make_neutral().await?;
        self.needs_discard = true;
        self.drop_notifications();
        self.control(&binding.hold()).await.map_err(|error| match error {
            RunError::Statement(error) => RunError::Bind(error),
            other => other,
        })
    }

    /// The next notification, or `None` when the connection has ended. Cancel-safe.
    pub(crate) async fn next_notification(&mut self) -> Option<Notification> {
        self.notifications.recv().await
    }

    /// A notification that has come already.
    pub(crate) fn queued_notification(&mut self) -> Option<Notification> {
        self.notifications.try_recv().ok()
    }

    /// Throws away what was queued for whoever listened before.
    pub(super) fn drop_notifications(&mut self) {
        while self.notifications.try_recv().is_ok() {}
    }
}
