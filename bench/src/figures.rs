//! How figures are written.

use std::time::Duration;

/// `14012.3` as `14,012`.
pub(crate) fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut written = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}

/// Milliseconds with as many decimals as tell something.
pub(crate) fn milliseconds(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1e3;
    match milliseconds {
        small if small < 10.0 => format!("{small:.2} ms"),
        middle if middle < 100.0 => format!("{middle:.1} ms"),
        large => format!("{} ms", thousands(large)),
    }
}

/// Decimal megabytes.
pub(crate) fn megabytes(bytes: f64) -> String {
    format!("{:.0} MB", bytes / 1e6)
}

/// A ratio, with two decimals below ten.
pub(crate) fn ratio(value: f64) -> String {
    if value < 10.0 { format!("{value:.2}") } else { format!("{value:.1}") }
}

/// `medians of 5 rounds`, and something truer of one.
pub(crate) fn of_rounds(rounds: usize) -> String {
    match rounds {
        1 => "one round only".to_owned(),
        rounds => format!("medians of {rounds} rounds"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{milliseconds, ratio, thousands};

    #[test]
    fn digits_go_in_threes() {
        assert_eq!(thousands(0.4), "0");
        assert_eq!(thousands(999.0), "999");
        assert_eq!(thousands(14_012.3), "14,012");
        assert_eq!(thousands(1_234_567.0), "1,234,567");
    }

    #[test]
    fn small_figures_keep_their_decimals() {
        assert_eq!(milliseconds(Duration::from_micros(1_234)), "1.23 ms");
        assert_eq!(milliseconds(Duration::from_millis(2_900)), "2,900 ms");
        assert_eq!(ratio(0.9349), "0.93");
        assert_eq!(ratio(46.4), "46.4");
    }
}
