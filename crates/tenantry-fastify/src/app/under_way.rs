//! Which requests are under way, and which of them JavaScript wants to hear the end of.

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many requests are kept without a lock.
const PLACES: usize = 64;

/// What is in a place that no request has.
const FREE: u64 = 0;

/// The requests under way by their numbers, and whether somebody has asked for the end of each.
///
/// A request has the place of its number, unless another one does. Few are asked for, and the others cost next to nothing.
pub(super) struct UnderWay {
    last: AtomicU64,
    /// Twice the number, and one more once it is asked for.
    places: [AtomicU64; PLACES],
    /// Those whose places others had when they began.
    others: Mutex<HashMap<u64, bool>>,
}

impl UnderWay {
    pub(super) fn new() -> Self {
        let places = std::array::from_fn(|_| AtomicU64::new(FREE));
        Self { last: AtomicU64::new(0), places, others: Mutex::default() }
    }

    /// A request begins: its number, from 1.
    pub(super) fn begin(&self) -> u64 {
        let number = self.last.fetch_add(1, Relaxed) + 1;
        if !self.change(number, FREE, quiet(number)) {
            self.others().insert(number, false);
        }
        number
    }

    /// Asks for the end of a request. Whether it is under way.
    pub(super) fn ask(&self, number: u64) -> bool {
        if self.change(number, quiet(number), asked(number)) {
            return true;
        }
        match self.others().get_mut(&number) {
            Some(is_asked) => {
                *is_asked = true;
                true
            }
            None => false,
        }
    }

    /// Whether a request is under way.
    pub(super) fn has(&self, number: u64) -> bool {
        let place = self.place(number).load(Relaxed);
        place == quiet(number) || place == asked(number) || self.others().contains_key(&number)
    }

    /// A request has ended. Whether anybody has asked for that.
    pub(super) fn end(&self, number: u64) -> bool {
        if self.change(number, quiet(number), FREE) {
            return false;
        }
        self.change(number, asked(number), FREE) || self.others().remove(&number) == Some(true)
    }

    /// Whether there was in its place what was expected; then there is something else now.
    fn change(&self, number: u64, expected: u64, to: u64) -> bool {
        self.place(number).compare_exchange(expected, to, Relaxed, Relaxed).is_ok()
    }

    fn place(&self, number: u64) -> &AtomicU64 {
        #[expect(clippy::cast_possible_truncation, reason = "its last bits are what counts")]
        &self.places[number as usize % PLACES]
    }

    fn others(&self) -> MutexGuard<'_, HashMap<u64, bool>> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn quiet(number: u64) -> u64 {
    number << 1
}

fn asked(number: u64) -> u64 {
    quiet(number) | 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_asked_for_while_under_way_is_told_of_and_nobody_else() {
        let under_way = UnderWay::new();
        // More than there are places.
        let numbers: Vec<u64> = (0..3 * PLACES).map(|_| under_way.begin()).collect();
        let is_asked = |number: u64| number.is_multiple_of(3);
        for number in numbers.iter().copied().filter(|number| is_asked(*number)) {
            assert!(under_way.ask(number), "{number}");
        }
        for number in numbers {
            assert!(under_way.has(number), "{number}");
            assert_eq!(under_way.end(number), is_asked(number), "{number}");
            assert!(!under_way.has(number), "{number} has ended");
            assert!(!under_way.ask(number), "{number} has ended");
            assert!(!under_way.end(number), "{number} has ended");
        }
        assert!(under_way.others().is_empty());
        assert!(!under_way.ask(1_000_000), "it has not begun");
    }

    #[test]
    fn a_place_is_had_again() {
        let under_way = UnderWay::new();
        for _ in 0..3 * PLACES {
            let number = under_way.begin();
            assert!(under_way.others().is_empty(), "{number}");
            assert!(under_way.ask(number));
            assert!(under_way.end(number));
        }
    }
}
