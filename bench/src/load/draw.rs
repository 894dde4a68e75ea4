//! Which tenant is next.

use rand::RngExt as _;
use rand::rngs::SmallRng;

use crate::arguments::Draw;

/// How fast the tenants' shares fall under [`Draw::Zipf`].
const EXPONENT: f64 = 1.1;

/// Tenants with their chances.
#[derive(Debug)]
pub(super) enum Tenants {
    Uniform(usize),
    /// For each tenant, the chance that it or one before it is drawn.
    Cumulative(Vec<f64>),
}

impl Tenants {
    pub(super) fn new(draw: Draw, count: usize) -> Self {
        match draw {
            Draw::Uniform => Self::Uniform(count),
            Draw::Zipf => Self::Cumulative(zipf(count)),
        }
    }

    /// The index of the next tenant.
    pub(super) fn draw(&self, random: &mut SmallRng) -> usize {
        match self {
            Self::Uniform(1) => 0,
            Self::Uniform(count) => random.random_range(0..*count),
            Self::Cumulative(chances) => {
                let point: f64 = random.random();
                chances.partition_point(|chance| *chance <= point).min(chances.len() - 1)
            }
        }
    }
}

fn zipf(count: usize) -> Vec<f64> {
    let mut sum = 0.0;
    let mut sums: Vec<f64> = (1..=count)
        .map(|rank| {
            sum += (rank as f64).powf(-EXPONENT);
            sum
        })
        .collect();
    sums.iter_mut().for_each(|part| *part /= sum);
    sums
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::SmallRng;

    use super::Tenants;
    use crate::arguments::Draw;

    fn counts(draw: Draw, tenants: usize, draws: usize) -> Vec<usize> {
        let drawn = Tenants::new(draw, tenants);
        let mut random = SmallRng::seed_from_u64(7);
        let mut counts = vec![0; tenants];
        for _ in 0..draws {
            counts[drawn.draw(&mut random)] += 1;
        }
        counts
    }

    #[test]
    fn uniform_gives_everybody_about_the_same() {
        let counts = counts(Draw::Uniform, 100, 100_000);
        assert!(counts.iter().all(|count| (800..1200).contains(count)), "{counts:?}");
    }

    #[test]
    fn zipf_gives_the_nth_about_an_nth_to_the_power_of_the_firsts() {
        let counts = counts(Draw::Zipf, 100, 100_000);
        let ratio = counts[0] as f64 / counts[9] as f64;
        let expected = 10_f64.powf(1.1);
        assert!((ratio / expected - 1.0).abs() < 0.15, "{ratio} is not about {expected}");
        assert!(counts.iter().all(|count| *count > 0));
    }
}
