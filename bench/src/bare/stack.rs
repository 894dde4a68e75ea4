//! A stack of connections: the last one returned is the next one taken.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections that handlers take and give back. Whoever finds none waits in line.
#[derive(Debug)]
pub(super) struct Stack<C> {
    resting: Mutex<Vec<C>>,
    free: Arc<Semaphore>,
}

impl<C> Stack<C> {
    pub(super) fn new(connections: Vec<C>) -> Arc<Self> {
        let free = Arc::new(Semaphore::new(connections.len()));
        Arc::new(Self { resting: Mutex::new(connections), free })
    }

    pub(super) async fn take(self: &Arc<Self>) -> Taken<C> {
        let permit =
            Arc::clone(&self.free).acquire_owned().await.expect("the semaphore is never closed");
        let connection = self
            .resting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
            .expect("as many connections rest as there are permits");
        Taken { connection: Some(connection), stack: Arc::clone(self), _permit: permit }
    }
}

/// A connection on loan, which goes back on top of the stack when dropped.
#[derive(Debug)]
pub(super) struct Taken<C> {
    connection: Option<C>,
    stack: Arc<Stack<C>>,
    // Declared last: released after the connection is back.
    _permit: OwnedSemaphorePermit,
}

impl<C> Deref for Taken<C> {
    type Target = C;

    fn deref(&self) -> &C {
        self.connection.as_ref().expect("present until dropped")
    }
}

impl<C> DerefMut for Taken<C> {
    fn deref_mut(&mut self) -> &mut C {
        self.connection.as_mut().expect("present until dropped")
    }
}

impl<C> Drop for Taken<C> {
    fn drop(&mut self) {
        let mut resting = self.stack.resting.lock().unwrap_or_else(PoisonError::into_inner);
        resting.extend(self.connection.take());
    }
}

#[cfg(test)]
mod tests {
    use super::Stack;

    #[tokio::test]
    async fn the_last_returned_is_the_next_taken() {
        let stack = Stack::new(vec![1, 2]);
        let first = stack.take().await;
        let second = stack.take().await;
        assert_eq!((*first, *second), (2, 1));
        drop(first);
        assert_eq!(*stack.take().await, 2);
    }

    #[tokio::test]
    async fn nobody_takes_more_than_there_are() {
        let stack = Stack::new(vec!["only"]);
        let taken = stack.take().await;
        let mut next = Box::pin(stack.take());
        assert!(futures_util::poll!(&mut next).is_pending());
        drop(taken);
        assert_eq!(*next.await, "only");
    }
}
