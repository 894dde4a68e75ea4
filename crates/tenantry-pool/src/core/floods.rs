//! How many connections a target is worth whose callers queue up.
//!
//! A target that has more callers waiting than there are connections uses all of them. Where the processors
//! are busy by then, that brings it nothing: its statements only stand in each other's way, and in everybody
//! else's. So while others are at work, too, such a target is given as many connections as bring it most of
//! what it can have, found out by trying: what comes back in some time with fewer, with more. Where statements
//! wait for something else (a disk, a lock, a sleep), fewer connections bring less, and it keeps them all.
//!
//! This is hill climbing on throughput, as .NET's thread pool does it (Hellerstein, Morrison, Eilebrecht:
//! *Applying Control Theory in the Real World*, 2009), and not on latency as TCP Vegas: slow statements among
//! quick ones look like queueing there.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    Action, Core,
    targets::{Standing, TargetIx},
};
use crate::{Driver, TargetId};

/// How long one width is looked at, twice, and how much must have come back meanwhile, unless that takes long.
const EPOCH: Duration = Duration::from_millis(25);
const RETURNS: u32 = 64;
const LONG: Duration = Duration::from_millis(400);
/// A width is kept for so long before others are tried again: longer each time that nothing comes of it, so
/// that trials are a hundredth of the time.
const FIRST_REST: Duration = Duration::from_secs(2);
const LONGEST_REST: Duration = Duration::from_secs(32);
/// Meanwhile others are tried at once if what comes back changes by so many times.
const OTHERWISE: f64 = 2.0;
/// What does not bring anything back for so long is not worth waiting for.
const STALLED: Duration = Duration::from_millis(500);
/// Fewer connections are enough if they bring this part of what more did.
const ENOUGH: f64 = 0.7;
/// More connections are worth it if they bring so many times as much.
const BETTER: f64 = 1.3;
/// Others are at work if one of them had a connection within this time.
pub(super) const LATELY: Duration = Duration::from_secs(1);

/// What is being found out.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trial {
    /// What the width that counts brings. Then whether another one is tried.
    Measure { then: Try },
    /// Whether fewer connections are enough, for those who gave back so many a second.
    Narrower { rate: f64 },
    /// Whether more connections are better.
    Wider { rate: f64 },
    /// Nothing, until then, while about so many come back a second.
    Rest { until: Instant, rate: f64, then: Try },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Try {
    Narrower,
    Wider,
}

/// A target whose callers queue up.
#[derive(Debug)]
struct Flood {
    ix: TargetIx,
    /// How many connections it may have.
    width: usize,
    /// The width it goes back to when a trial fails.
    kept: usize,
    trial: Trial,
    /// How long it rests after the next trial that fails.
    rest: Duration,
    /// When the epoch began, and what has come back since.
    began: Instant,
    returns: u32,
    /// Whether the width that counts has grown since others were tried last.
    has_grown: bool,
    /// What came back in the first epoch of two.
    first: Option<f64>,
}

impl Flood {
    fn new(ix: TargetIx, budget: usize, now: Instant) -> Self {
        let trial = Trial::Measure { then: Try::Narrower };
        let rest = FIRST_REST;
        let (width, kept, began, returns) = (budget, budget, now, 0);
        Self { ix, width, kept, trial, rest, began, returns, has_grown: false, first: None }
    }

    /// A connection has come back.
    fn returned(&mut self, budget: usize, now: Instant) {
        self.returns += 1;
        let elapsed = now.duration_since(self.began);
        if elapsed < EPOCH || (self.returns < RETURNS && elapsed < LONG) {
            return;
        }
        let mut rate = f64::from(self.returns) / elapsed.as_secs_f64();
        (self.began, self.returns) = (now, 0);
        if !matches!(self.trial, Trial::Rest { .. }) {
            // The better of two: whatever else the machine does takes something away, and brings nothing.
            let Some(first) = self.first.take() else {
                self.first = Some(rate);
                return;
            };
            rate = rate.max(first);
        }
        self.trial = match self.trial {
            Trial::Rest { rate: before, .. } if is_otherwise(rate, before) => {
                self.rest = FIRST_REST;
                Trial::Measure { then: Try::Wider }
            }
            Trial::Rest { until, then, .. } if now >= until => Trial::Measure { then },
            Trial::Rest { .. } => return,
            Trial::Measure { then: Try::Narrower } => self.narrower(rate, now),
            Trial::Measure { then: Try::Wider } if self.kept < budget => {
                self.width = (self.kept * 2).min(budget);
                Trial::Wider { rate }
            }
            Trial::Measure { then: Try::Wider } => self.narrower(rate, now),
            Trial::Narrower { rate: before } if rate >= ENOUGH * before => {
                self.kept = self.width;
                // Held against the same mark, so that small losses don't add up.
                self.narrower(before, now)
            }
            Trial::Wider { rate: before } if rate >= BETTER * before => {
                self.kept = self.width;
                self.rest = FIRST_REST;
                self.has_grown = true;
                Trial::Measure { then: Try::Wider }
            }
            // It may have grown too far.
            Trial::Wider { .. } if std::mem::take(&mut self.has_grown) => {
                self.width = self.kept;
                Trial::Measure { then: Try::Narrower }
            }
            Trial::Narrower { rate } => self.rest(rate, Try::Wider, now),
            Trial::Wider { rate } => self.rest(rate, Try::Narrower, now),
        };
    }

    fn narrower(&mut self, rate: f64, now: Instant) -> Trial {
        if self.kept == 1 {
            return self.rest(rate, Try::Wider, now);
        }
        self.width = self.kept / 2;
        Trial::Narrower { rate }
    }

    fn rest(&mut self, rate: f64, then: Try, now: Instant) -> Trial {
        self.width = self.kept;
        let until = now + self.rest;
        self.rest = (self.rest * 2).min(LONGEST_REST);
        Trial::Rest { until, rate, then }
    }
}

/// Whether what comes back is quite different from what did.
fn is_otherwise(rate: f64, before: f64) -> bool {
    rate * OTHERWISE < before || rate > before * OTHERWISE
}

/// The targets whose callers queue up: none, mostly.
#[derive(Debug, Default)]
pub(super) struct Floods {
    all: Vec<Flood>,
}

impl Floods {
    /// How many connections a target may have.
    pub(super) fn width(&self, ix: TargetIx) -> usize {
        let flood = self.all.iter().find(|flood| flood.ix == ix);
        flood.map_or(usize::MAX, |flood| flood.width)
    }

    /// A target's callers queue up no more.
    pub(super) fn end(&mut self, ix: TargetIx) {
        self.all.retain(|flood| flood.ix != ix);
    }

    /// A connection of a target has come back whose callers queue up.
    fn returned(&mut self, ix: TargetIx, budget: usize, now: Instant) {
        match self.all.iter_mut().find(|flood| flood.ix == ix) {
            Some(flood) => flood.returned(budget, now),
            None => self.all.push(Flood::new(ix, budget, now)),
        }
    }

    /// Those that wait for what does not come.
    fn stalled(&self, now: Instant) -> Vec<TargetIx> {
        let stalled = self.all.iter().filter(|flood| now.duration_since(flood.began) >= STALLED);
        stalled.map(|flood| flood.ix).collect()
    }
}

/// The two targets of a server that were lent a connection last.
#[derive(Debug, Default)]
pub(crate) struct Lately {
    last: Option<(TargetId, Instant)>,
    other: Option<(TargetId, Instant)>,
}

impl Lately {
    pub(super) fn lent(&mut self, id: TargetId, now: Instant) {
        if self.last.is_none_or(|(last, _)| last != id) {
            self.other = self.last;
        }
        self.last = Some((id, now));
    }

    /// When another than this one was lent a connection.
    fn other_than(&self, id: TargetId) -> Option<Instant> {
        [self.last, self.other].into_iter().flatten().find(|(who, _)| *who != id).map(|(_, at)| at)
    }
}

impl<D: Driver> Core<D> {
    /// A connection of a target has come back: how many it may have is looked at anew. Whether callers of its
    /// that were to wait may have others now.
    pub(super) fn watch_flood(&mut self, ix: TargetIx, now: Instant) -> bool {
        if !self.config.narrow_floods {
            return false;
        }
        let entry = &self.targets[ix];
        let lately = self.servers[entry.server].lately.other_than(entry.id);
        let others_work = lately.is_some_and(|at| now.duration_since(at) < LATELY);
        if others_work && entry.waiting as usize >= self.config.max_connections {
            self.floods.returned(ix, self.config.max_connections, now);
        } else {
            self.floods.end(ix);
        }
        if self.targets[ix].standing != Standing::Narrowed {
            return false;
        }
        self.wait_for_any(ix);
        self.targets[ix].standing != Standing::Narrowed
    }

    /// Those whose connections don't come back are given others. Every second.
    pub(super) fn end_stalled_floods(&mut self, now: Instant, out: &mut Vec<Action<D>>) {
        for ix in self.floods.stalled(now) {
            self.floods.end(ix);
            if self.targets[ix].standing == Standing::Narrowed {
                self.wait_for_any(ix);
                self.serve_idle(self.targets[ix].server, now, out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes back in a second with so many connections.
    type Rate = fn(usize) -> f64;

    /// The widths that a flood had, after each tenth of a second.
    fn widths(rate: Rate, budget: usize, seconds: u32) -> Vec<usize> {
        let mut now = Instant::now();
        let mut flood = Flood::new(TargetIx::default(), budget, now);
        let mut widths = Vec::new();
        for _ in 0..10 * seconds {
            let mut passed = Duration::ZERO;
            while passed < Duration::from_millis(100) {
                let step = Duration::from_secs_f64(1.0 / rate(flood.width));
                (now, passed) = (now + step, passed + step);
                flood.returned(budget, now);
            }
            widths.push(flood.width);
        }
        widths
    }

    fn most_often(widths: &[usize]) -> usize {
        let count = |width: &usize| widths.iter().filter(|other| *other == width).count();
        widths.iter().copied().max_by_key(count).expect("not empty")
    }

    #[test]
    fn where_two_processors_are_busy_two_connections_are_left() {
        let busy: Rate = |width| 8_000.0 * width.min(2) as f64;
        let widths = widths(busy, 16, 10);
        assert_eq!(most_often(&widths), 2);
        assert_eq!(widths[5], 2, "within half a second");
        let narrower = widths.iter().skip(10).filter(|width| **width < 2).count();
        assert!(narrower <= 2, "one is tried now and then: {widths:?}");
    }

    /// One epoch in which hardly anything came back says nothing about a width.
    #[test]
    fn what_keeps_the_machine_for_a_moment_does_not_count() {
        let mut now = Instant::now();
        let mut flood = Flood::new(TargetIx::default(), 16, now);
        let mut hiccup = Some(Duration::from_millis(80));
        for _ in 0..10_000 {
            now += Duration::from_secs_f64(1.0 / (8_000.0 * flood.width.min(2) as f64));
            if flood.width == 2 {
                now += hiccup.take().unwrap_or_default();
            }
            flood.returned(16, now);
        }
        assert_eq!((flood.width, flood.kept, hiccup), (2, 2, None));
    }

    #[test]
    fn where_statements_wait_for_something_else_all_are_kept() {
        let asleep: Rate = |width| 100.0 * width as f64;
        let widths = widths(asleep, 16, 10);
        assert_eq!(most_often(&widths), 16);
        assert!(widths.iter().filter(|width| **width < 16).count() <= 8, "{widths:?}");
    }

    #[test]
    fn what_had_few_gets_more_when_they_bring_more() {
        let mut now = Instant::now();
        let mut flood = Flood::new(TargetIx::default(), 16, now);
        let mut run = |flood: &mut Flood, seconds: u64, rate: Rate| {
            let end = now + Duration::from_secs(seconds);
            while now < end {
                now += Duration::from_secs_f64(1.0 / rate(flood.width));
                flood.returned(16, now);
            }
        };
        run(&mut flood, 5, |width| 8_000.0 * width.min(2) as f64);
        assert_eq!(flood.kept, 2);
        run(&mut flood, 10, |width| 300.0 * width as f64);
        assert_eq!(flood.kept, 16);
    }

    #[test]
    fn small_losses_do_not_add_up() {
        // Each half brings a twentieth less.
        let slope: Rate = |width| 10_000.0 * (1.0 + 0.05 * (width as f64).log2());
        let widths = widths(slope, 16, 30);
        let least = most_often(&widths[10..]);
        assert!(slope(least) >= 0.8 * slope(16), "{least}");
    }

    #[test]
    fn another_than_the_one_that_works_now_is_remembered() {
        let mut lately = Lately::default();
        let (one, other) = (crate::Target::new(()).id(), crate::Target::new(()).id());
        let start = Instant::now();
        lately.lent(one, start);
        assert_eq!(lately.other_than(one), None);
        assert_eq!(lately.other_than(other), Some(start));
        let later = start + LATELY;
        lately.lent(other, later);
        lately.lent(one, later);
        lately.lent(one, later + LATELY);
        assert_eq!(lately.other_than(one), Some(later));
    }
}
