//! What clients counted.

use std::fmt::{self, Display, Formatter};
use std::ops::AddAssign;
use std::time::Duration;

use serde::Serialize;

/// Latencies of the right answers, and everything else by kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// In microseconds, so that a few hundred thousand of them take little room.
    latencies: Vec<u32>,
    sorted: bool,
    pub(crate) errors: Errors,
}

/// Requests that did not bring the row that was asked for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub(crate) struct Errors {
    /// A status other than 200.
    pub(crate) status: u64,
    /// A row without the tenant's name: somebody else's.
    pub(crate) wrong_tenant: u64,
    /// No connection, a broken one, an answer that is not HTTP, or none in time.
    pub(crate) transport: u64,
}

impl Errors {
    pub(crate) fn total(&self) -> u64 {
        self.status + self.wrong_tenant + self.transport
    }
}

impl AddAssign for Errors {
    fn add_assign(&mut self, other: Self) {
        self.status += other.status;
        self.wrong_tenant += other.wrong_tenant;
        self.transport += other.transport;
    }
}

impl Display for Errors {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "(status {}, wrong tenant {}, transport {})",
            self.status, self.wrong_tenant, self.transport
        )
    }
}

impl Tally {
    pub(super) fn answer(&mut self, latency: Duration) {
        let micros = u32::try_from(latency.as_micros()).unwrap_or(u32::MAX);
        self.latencies.push(micros);
        self.sorted = false;
    }

    pub(super) fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.sorted = false;
        self.errors += other.errors;
    }

    /// Requests that brought the right row within the window.
    pub(crate) fn answered(&self) -> usize {
        self.latencies.len()
    }

    /// The latency that `percent` of the answers did not exceed; zero if there were none.
    pub(crate) fn percentile(&mut self, percent: f64) -> Duration {
        if !self.sorted {
            self.latencies.sort_unstable();
            self.sorted = true;
        }
        let rank = (percent / 100.0 * self.latencies.len() as f64).ceil() as usize;
        let micros = self.latencies.get(rank.saturating_sub(1)).copied().unwrap_or(0);
        Duration::from_micros(u64::from(micros))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Tally;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let mut tally = Tally::default();
        for micros in (1..=200).rev() {
            tally.answer(Duration::from_micros(micros));
        }
        assert_eq!(tally.percentile(50.0), Duration::from_micros(100));
        assert_eq!(tally.percentile(99.0), Duration::from_micros(198));
        assert_eq!(tally.percentile(100.0), Duration::from_micros(200));
    }

    #[test]
    fn nothing_measured_is_zero() {
        assert_eq!(Tally::default().percentile(99.0), Duration::ZERO);
    }
}
