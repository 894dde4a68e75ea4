//! How much work one value may make: to be validated, or to be written as an answer.
//!
//! A step is an elementary check, about a tenth of a microsecond. Schemas come from tenants and values from anybody;
//! what runs here is not interrupted.

use std::time::{Duration, Instant};

use super::format::Format;
use super::pattern::{self, Pattern};

/// Steps for any value. There is one more for each byte of it, ...
const STEPS: usize = 1_000_000;
/// ... up to so many.
const MOST: usize = 10_000_000;
/// The most that the time of one match counts for: the thread may have had to wait for a processor.
const MATCH: usize = 50_000;

/// Why a value is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TooMuch {
    /// The steps are used up.
    Steps,
    /// A pattern needs too many of its own.
    Pattern,
}

/// What is left of the steps.
#[derive(Debug)]
pub(crate) struct Steps {
    left: usize,
}

impl Steps {
    /// The steps for a value whose JSON text has so many bytes.
    pub(crate) fn of(length: usize) -> Steps {
        Steps { left: STEPS.saturating_add(length).min(MOST) }
    }

    pub(crate) fn spend(&mut self, steps: usize) -> Result<(), TooMuch> {
        self.left = self.left.checked_sub(steps).ok_or(TooMuch::Steps)?;
        Ok(())
    }

    /// Whether a pattern is found in a text. How often it goes back is not told: time is what it costs.
    pub(crate) fn is_match(&mut self, pattern: &Pattern, text: &str) -> Result<bool, TooMuch> {
        self.spend(1 + text.len() / 64)?;
        let began = Instant::now();
        let found = pattern.is_match(text).map_err(|_| TooMuch::Pattern)?;
        self.spend(steps_in(began.elapsed()))?;
        Ok(found)
    }

    /// Whether a text has a format.
    pub(crate) fn fits(&mut self, format: Format, text: &str) -> Result<bool, TooMuch> {
        self.spend(1 + text.len() / 64)?;
        if format == Format::Regex {
            // It is compiled.
            self.spend(200 + pattern::states(text).saturating_mul(2).min(MATCH))?;
            return Ok(format.fits(text));
        }
        let began = Instant::now();
        let fits = format.fits(text);
        self.spend(steps_in(began.elapsed()))?;
        Ok(fits)
    }
}

fn steps_in(time: Duration) -> usize {
    let micros = usize::try_from(time.as_micros()).unwrap_or(usize::MAX);
    if micros < 20 { 0 } else { micros.saturating_mul(10).min(MATCH) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_end() {
        let mut steps = Steps::of(5);
        assert_eq!(steps.spend(STEPS), Ok(()));
        assert_eq!(steps.spend(6), Err(TooMuch::Steps));
        assert_eq!(steps.spend(5), Ok(()));
        assert_eq!(Steps::of(usize::MAX).spend(MOST + 1), Err(TooMuch::Steps));
    }

    #[test]
    fn long_matches_count_more() {
        assert_eq!(steps_in(Duration::from_micros(5)), 0);
        assert_eq!(steps_in(Duration::from_micros(50)), 500);
        assert_eq!(steps_in(Duration::from_secs(1)), MATCH);
    }
}
