use std::{env, future::poll_fn, pin::pin, str::FromStr, task::Poll, time::Duration};

use rand::{RngExt, rngs::StdRng};
use tokio::time::timeout;

/// What an environment variable says, or else `otherwise`.
pub(crate) fn told<T: FromStr>(variable: &str, otherwise: impl FnOnce() -> T) -> T {
    match env::var(variable) {
        Ok(text) => match text.parse() {
            Ok(value) => value,
            Err(_) => panic!("{variable} is {text:?}, which is no number"),
        },
        Err(_) => otherwise(),
    }
}

/// How long a caller goes on with a future.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Patience {
    /// To its end, within reason.
    Enough,
    /// Some polls, whatever it is waiting for then.
    Polls(u32),
    /// Some time.
    Time(Duration),
}

impl Patience {
    pub(crate) fn draw(rng: &mut StdRng) -> Self {
        match rng.random_range(0..10) {
            0 | 1 => Self::Polls(rng.random_range(1..10)),
            2 => Self::Time(Duration::from_micros(rng.random_range(0..4000))),
            _ => Self::Enough,
        }
    }

    /// What the future gives, or nothing if it was dropped before.
    pub(crate) async fn wait<F: Future>(self, future: F) -> Option<F::Output> {
        match self {
            Self::Enough => {
                let ended = timeout(Duration::from_secs(60), future).await;
                Some(ended.expect("nothing hangs"))
            }
            Self::Polls(mut left) => {
                let mut future = pin!(future);
                poll_fn(|context| {
                    if left == 0 {
                        return Poll::Ready(None);
                    }
                    left -= 1;
                    future.as_mut().poll(context).map(Some)
                })
                .await
            }
            Self::Time(time) => timeout(time, future).await.ok(),
        }
    }
}
