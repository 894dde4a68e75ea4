//! How many tenants, and how they are drawn.

use serde::Serialize;

use crate::arguments::{ContestantName, Draw};

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Scenario {
    pub(crate) tenants: usize,
    pub(crate) draw: Draw,
}

impl Scenario {
    /// Each number of tenants with each way to draw; one tenant is drawn in one way only.
    pub(crate) fn all(numbers: &[usize]) -> Vec<Self> {
        let ways = |tenants| match tenants {
            1 => vec![Draw::Uniform],
            _ => vec![Draw::Uniform, Draw::Zipf],
        };
        let scenarios = numbers.iter().flat_map(|tenants| {
            ways(*tenants).into_iter().map(|draw| Self { tenants: *tenants, draw })
        });
        scenarios.collect()
    }

    /// A contestant without tenants serves one, and nothing else can be asked of it.
    pub(crate) fn suits(self, contestant: ContestantName) -> bool {
        self.tenants == 1 || contestant.has_tenants()
    }

    pub(crate) fn title(self) -> String {
        match (self.tenants, self.draw) {
            (1, _) => "1 tenant".to_owned(),
            (tenants, Draw::Uniform) => format!("{tenants} tenants, uniform"),
            (tenants, Draw::Zipf) => format!("{tenants} tenants, Zipf"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Scenario;

    #[test]
    fn one_tenant_is_one_scenario_and_more_are_two() {
        let titles: Vec<String> =
            Scenario::all(&[1, 100]).into_iter().map(Scenario::title).collect();
        assert_eq!(titles, ["1 tenant", "100 tenants, uniform", "100 tenants, Zipf"]);
    }
}
