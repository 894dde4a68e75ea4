//! How often to try, and how long to wait in between.

use std::{iter, time::Duration};

use rand::RngExt as _;
use serde::{Deserialize, Serialize};

/// How often an operation is tried, and how long to wait between tries.
///
/// After the first failure it waits `initial_delay`, then `multiplier` times as long each time,
/// and never longer than `max_delay`. It is the section `[connection.retry]` of the configuration,
/// and can be used on its own with [`with_retry`](super::with_retry).
///
/// ```
/// use std::time::Duration;
/// use tenantry::retry::RetryConfig;
///
/// let retry = RetryConfig { max_attempts: 4, jitter: false, ..RetryConfig::default() };
/// let delays: Vec<Duration> = retry.delays().collect();
/// assert_eq!(delays, [100, 200, 400].map(Duration::from_millis));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetryConfig {
    /// How often to try at most, the first time included. 3 by default; 0 counts as 1.
    pub max_attempts: u32,
    /// How long to wait after the first failure. 100 ms by default.
    #[serde(with = "humantime_serde")]
    pub initial_delay: Duration,
    /// The longest wait. 5 s by default.
    #[serde(with = "humantime_serde")]
    pub max_delay: Duration,
    /// What each wait is multiplied with to give the next. 2 by default; less than 1 counts as 1.
    pub multiplier: f64,
    /// Whether to wait a random time of between half and all of the delay, so that many clients
    /// that failed together don't come back together. On by default.
    pub jitter: bool,
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            initial_delay: Duration::from_millis(100),
            max_delay: Duration::from_secs(5),
            multiplier: 2.0,
            jitter: true,
        }
    }
}

impl RetryConfig {
    /// Try once, and never again.
    pub fn never() -> Self {
        Self { max_attempts: 1, ..Self::default() }
    }

    /// The waits between the tries, in order: one fewer than there are tries.
    pub fn delays(&self) -> impl Iterator<Item = Duration> + Send + Sync + Unpin + use<> {
        // A delay over ten years or a multiplier over a million means "very long" and nothing else;
        // without the bounds their products leave the range of Duration.
        const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
        let max_delay = self.max_delay.min(LONGEST);
        let multiplier = if self.multiplier >= 1.0 { self.multiplier.min(1e6) } else { 1.0 };
        let jitter = self.jitter;
        let mut delay = self.initial_delay.min(max_delay);
        iter::repeat_with(move || {
            let full = delay;
            delay = delay.mul_f64(multiplier).min(max_delay);
            if jitter { full.mul_f64(rand::rng().random_range(0.5..=1.0)) } else { full }
        })
        .take(self.max_attempts.saturating_sub(1) as usize)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn milliseconds(retry: &RetryConfig) -> Vec<u128> {
        retry.delays().map(|delay| delay.as_millis()).collect()
    }

    #[test]
    fn delays_grow_by_the_multiplier_up_to_the_longest() {
        let retry = RetryConfig {
            max_attempts: 8,
            jitter: false,
            max_delay: Duration::from_secs(1),
            ..RetryConfig::default()
        };
        assert_eq!(milliseconds(&retry), [100, 200, 400, 800, 1000, 1000, 1000]);
    }

    #[test]
    fn there_is_one_delay_fewer_than_there_are_tries() {
        assert_eq!(RetryConfig::default().delays().count(), 2);
        assert_eq!(RetryConfig::never().delays().count(), 0);
        let none = RetryConfig { max_attempts: 0, ..RetryConfig::default() };
        assert_eq!(none.delays().count(), 0);
    }

    #[test]
    fn values_out_of_range_are_bounded() {
        let retry = RetryConfig {
            max_attempts: 4,
            initial_delay: Duration::MAX,
            max_delay: Duration::MAX,
            multiplier: f64::INFINITY,
            jitter: true,
        };
        assert_eq!(retry.delays().count(), 3);
        let flat = RetryConfig { multiplier: f64::NAN, jitter: false, ..RetryConfig::default() };
        assert_eq!(milliseconds(&flat), [100, 100]);
    }

    #[test]
    fn it_is_read_and_written_with_units() {
        let retry: RetryConfig = serde_json::from_str(r#"{"initial_delay":"1s 500ms"}"#).unwrap();
        assert_eq!(retry.initial_delay, Duration::from_millis(1500));
        assert_eq!(retry.max_attempts, 3);
        let written = serde_json::to_value(RetryConfig::default()).unwrap();
        assert_eq!(written["initial_delay"], "100ms");
        assert_eq!(written["max_delay"], "5s");
        assert!(serde_json::from_str::<RetryConfig>(r#"{"max_attempt":3}"#).is_err());
    }

    proptest! {
        #[test]
        fn jitter_waits_between_half_and_all_of_the_delay(
            initial in 1u64..10_000,
            longest in 1u64..10_000,
        ) {
            let plain = RetryConfig {
                max_attempts: 6,
                initial_delay: Duration::from_millis(initial),
                max_delay: Duration::from_millis(longest),
                jitter: false,
                ..RetryConfig::default()
            };
            let jittered = RetryConfig { jitter: true, ..plain.clone() };
            for (full, delay) in plain.delays().zip(jittered.delays()) {
                prop_assert!(delay <= full && delay >= full / 2, "{:?} of {:?}", delay, full);
            }
        }
    }
}
