//! How many tenants are migrated side by side.
//!
//! Every PostgreSQL process hears of every table that any of them makes, and forgets what it knew:
//! the more of them make tables, the more each file costs. So there are only as many as get more
//! done, up to what was asked for. Where commits wait for a slow disk, or PostgreSQL is far away,
//! that is many; where its processors are what they wait for, few.

use std::time::{Duration, Instant};

/// How many begin.
const FIRST: usize = 4;
/// Which part of what more could gain at best they must gain to stay: twice as many must get 1.05
/// times as much done. Where processors are what all wait for, they get less done.
const GAIN: f64 = 0.05;
/// How many tenants each of those side by side has finished when they are compared, after the first.
const WATCHED: usize = 4;
/// How long to watch before there are more without having been compared: where tenants take that
/// long, it is not for the tables that the others make.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many tenants for each of those side by side, before more are tried anew.
const UNTIL_AGAIN: usize = 32;

/// Finds out how many tenants side by side are fastest.
#[derive(Debug)]
pub(super) struct Pace {
    most: usize,
    width: usize,
    /// What fewer had got done.
    before: Option<Measured>,
    /// Since when there are this many.
    since: Instant,
    /// How many tenants have been finished since.
    finished: usize,
    /// Since when files are counted: when each has had one tenant, and is warm.
    counting: Instant,
    files: usize,
    /// More were not faster, or are too many.
    settled: bool,
}

/// So many files a second, so many tenants side by side.
#[derive(Clone, Copy, Debug)]
struct Measured {
    width: usize,
    rate: f64,
}

impl Measured {
    /// What this many must get done to stay.
    #[expect(clippy::cast_precision_loss, reason = "some hundred tenants")]
    fn expected(self, width: usize) -> f64 {
        self.rate * (1.0 + GAIN * (width as f64 / self.width as f64 - 1.0))
    }
}

impl Pace {
    pub(super) fn new(most: usize, now: Instant) -> Self {
        Self {
            most,
            width: FIRST.min(most),
            before: None,
            since: now,
            finished: 0,
            counting: now,
            files: 0,
            settled: false,
        }
    }

    /// How many tenants are to be migrated side by side now.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// When [`waited`](Self::waited) is to be told, if no tenant is finished until then.
    pub(super) fn patience(&self) -> Option<Instant> {
        (!self.settled && self.width < self.most).then(|| self.since + PATIENCE)
    }

    /// A tenant is done with, so many files were applied to it.
    pub(super) fn finished(&mut self, files: usize, now: Instant) {
        self.finished += 1;
        self.files += files;
        if self.settled {
            if self.finished >= UNTIL_AGAIN * self.width {
                self.before = None;
                self.stay(self.width, now);
                self.settled = self.width == self.most;
            }
        } else if self.finished == self.width {
            (self.counting, self.files) = (now, 0);
        } else if self.finished >= (1 + WATCHED) * self.width {
            self.compare(now);
        } else {
            self.waited(now);
        }
    }

    /// Time has passed.
    pub(super) fn waited(&mut self, now: Instant) {
        if self.patience().is_some_and(|patience| now >= patience) {
            self.before = None;
            self.stay((2 * self.width).min(self.most), now);
        }
    }

    fn compare(&mut self, now: Instant) {
        #[expect(clippy::cast_precision_loss, reason = "some hundred files")]
        let rate = self.files as f64 / (now - self.counting).as_secs_f64().max(1e-6);
        let width = self.width;
        tracing::debug!(width, files_per_second = rate, "tenants side by side");
        match self.before {
            Some(before) if rate < before.expected(width) => {
                self.stay(before.width, now);
                self.settled = true;
            }
            _ if width == self.most => self.settled = true,
            _ => {
                self.before = Some(Measured { width, rate });
                self.stay((2 * width).min(self.most), now);
            }
        }
    }

    fn stay(&mut self, width: usize, now: Instant) {
        (self.width, self.since, self.counting) = (width, now, now);
        (self.finished, self.files) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Finishes tenants of five files, each after the time that they take side by side.
    fn run(pace: &mut Pace, now: &mut Instant, tenants: usize, takes: impl Fn(usize) -> Duration) {
        for _ in 0..tenants {
            let width = u32::try_from(pace.width()).expect("small");
            *now += takes(pace.width()) / width;
            pace.finished(5, *now);
        }
    }

    fn started(most: usize) -> (Pace, Instant) {
        let now = Instant::now();
        (Pace::new(most, now), now)
    }

    /// As where commits wait for a disk.
    fn waiting(_: usize) -> Duration {
        Duration::from_millis(20)
    }

    /// As where two processors are what all wait for.
    fn busy(width: usize) -> Duration {
        Duration::from_millis(5) * u32::try_from(width).expect("small")
    }

    #[test]
    fn there_are_more_as_long_as_they_wait_for_something_else() {
        let (mut pace, mut now) = started(10);
        for (tenants, width) in [(FIRST * (1 + WATCHED), 8), (8 * (1 + WATCHED), 10), (1000, 10)] {
            run(&mut pace, &mut now, tenants, waiting);
            assert_eq!(pace.width(), width);
        }
    }

    #[test]
    fn there_are_few_where_more_only_take_longer() {
        let (mut pace, mut now) = started(10);
        run(&mut pace, &mut now, 4 * (1 + WATCHED), busy);
        assert_eq!(pace.width(), 8);
        run(&mut pace, &mut now, 8 * (1 + WATCHED), busy);
        assert_eq!(pace.width(), 4);
        run(&mut pace, &mut now, 100, busy);
        assert_eq!(pace.width(), 4, "they were compared once");
    }

    /// As where commits wait for a disk that two processors keep nearly busy: measured, eight are 1.1
    /// times as fast as four.
    #[test]
    fn a_little_more_is_worth_having() {
        let (mut pace, mut now) = started(10);
        let takes = |width| match width {
            ..=4 => Duration::from_micros(31_700),
            _ => Duration::from_micros(57_200),
        };
        run(&mut pace, &mut now, (4 + 8) * (1 + WATCHED), takes);
        assert_eq!(pace.width(), 10);
        run(&mut pace, &mut now, 10 * (1 + WATCHED), |_| Duration::from_micros(75_000));
        assert_eq!(pace.width(), 8, "ten are slower");
    }

    #[test]
    fn more_are_tried_again_after_a_while() {
        let (mut pace, mut now) = started(8);
        let compared = (4 + 8) * (1 + WATCHED);
        run(&mut pace, &mut now, compared, busy);
        assert_eq!(pace.width(), 4);
        run(&mut pace, &mut now, 4 * UNTIL_AGAIN + compared, waiting);
        assert_eq!(pace.width(), 8);
    }

    #[test]
    fn files_that_take_long_soon_run_as_many_at_a_time_as_was_asked_for() {
        let (mut pace, start) = started(10);
        for (step, width) in [(1, 8), (2, 10)] {
            assert_eq!(pace.patience(), Some(start + step * PATIENCE));
            pace.waited(start + step * PATIENCE);
            assert_eq!(pace.width(), width);
        }
        assert_eq!(pace.patience(), None);
    }

    #[test]
    fn there_are_never_more_than_was_asked_for() {
        for most in 1..=5 {
            let (mut pace, mut now) = started(most);
            run(&mut pace, &mut now, 500, |_| Duration::from_millis(20));
            assert_eq!(pace.width(), most);
        }
    }
}
