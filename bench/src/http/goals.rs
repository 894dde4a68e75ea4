//! What was to be reached, and whether it was.

use serde::Serialize;

use super::scenario::Scenario;
use super::summary::{Summaries, Summary};
use crate::arguments::{ContestantName, Draw};
use crate::figures;

/// A bound on one figure.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Goal {
    pub(super) text: String,
    pub(super) bound: f64,
    pub(super) measured: f64,
    pub(super) met: bool,
}

impl Goal {
    fn at_least(text: impl Into<String>, bound: f64, measured: f64) -> Self {
        Self { text: text.into(), bound, measured, met: measured >= bound }
    }

    fn at_most(text: impl Into<String>, bound: f64, measured: f64) -> Self {
        Self { text: text.into(), bound, measured, met: measured <= bound }
    }

    /// The cells of its row in the table.
    pub(super) fn cells(&self) -> Vec<String> {
        let met = if self.met { "yes" } else { "no" };
        vec![
            self.text.clone(),
            figures::ratio(self.bound),
            figures::ratio(self.measured),
            met.to_owned(),
        ]
    }
}

/// The goals whose contestants and scenarios were all measured.
pub(super) fn goals(summaries: &Summaries) -> Vec<Goal> {
    let uniform = |tenants| Scenario { tenants, draw: Draw::Uniform };
    let times = |tenants, rival| {
        let ours = summaries.get(ContestantName::ProjectsApi, uniform(tenants))?;
        let theirs = summaries.get(rival, uniform(tenants))?;
        Some(ours.requests_per_second / theirs.requests_per_second)
    };
    let rates = [
        ("1 tenant: part of bare axum on the same driver", 1, ContestantName::BareDiesel, 0.9),
        ("1 tenant: times Node, 50 pools of 10", 1, ContestantName::NodeDefaults, 3.5),
        ("1 tenant: times Node, 100 pools of 20", 1, ContestantName::NodeExample, 3.5),
        ("100 tenants: times Node, 50 pools of 10", 100, ContestantName::NodeDefaults, 25.0),
        ("100 tenants: times Node, 100 pools of 20", 100, ContestantName::NodeExample, 1.5),
        ("1,000 tenants: times Node, 50 pools of 10", 1000, ContestantName::NodeDefaults, 25.0),
        ("1,000 tenants: times Node, 100 pools of 20", 1000, ContestantName::NodeExample, 25.0),
    ];
    let mut goals: Vec<Goal> = rates
        .into_iter()
        .filter_map(|(text, tenants, rival, bound)| {
            Some(Goal::at_least(text, bound, times(tenants, rival)?))
        })
        .collect();
    let ours: Vec<&Summary> = summaries
        .iter()
        .filter(|summary| summary.contestant == ContestantName::ProjectsApi)
        .collect();
    if let Some(connections) = ours.iter().map(|summary| summary.connections).max() {
        goals.push(Goal::at_most("connections", 20.0, connections as f64));
        let errors: u64 = ours.iter().map(|summary| summary.errors.total()).sum();
        goals.push(Goal::at_most("errors", 0.0, errors as f64));
    }
    let memory = ours.iter().filter_map(|summary| part_of_nodes_memory(summaries, summary));
    if let Some(part) = memory.reduce(f64::max) {
        goals.push(Goal::at_most("memory: part of Node's", 0.25, part));
    }
    goals
}

/// Ours by the smaller of Node's two in the same scenario.
fn part_of_nodes_memory(summaries: &Summaries, ours: &Summary) -> Option<f64> {
    let nodes = [ContestantName::NodeDefaults, ContestantName::NodeExample];
    let smallest = nodes
        .into_iter()
        .filter_map(|node| summaries.get(node, ours.scenario)?.resident_bytes)
        .reduce(f64::min)?;
    Some(ours.resident_bytes? / smallest)
}

#[cfg(test)]
mod tests {
    use super::goals;
    use crate::arguments::{ContestantName, Draw};
    use crate::http::measure::Measurement;
    use crate::http::scenario::Scenario;
    use crate::http::summary::Summaries;
    use crate::load::Errors;

    fn measured(contestant: ContestantName, round: usize, rate: f64, errors: u64) -> Measurement {
        Measurement {
            contestant,
            scenario: Scenario { tenants: 1, draw: Draw::Uniform },
            round,
            requests_per_second: rate,
            p50_micros: 1_000,
            p99_micros: 2_000,
            errors: Errors { status: errors, ..Errors::default() },
            connections: 16 + i64::try_from(round).expect("few rounds"),
            resident_bytes: Some(20_000_000),
            cpu_micros_per_request: Some(30.0),
            load_cpu_micros_per_request: Some(6.0),
        }
    }

    #[test]
    fn rates_are_medians_and_errors_and_connections_those_of_all_rounds() {
        let rounds = [
            measured(ContestantName::BareDiesel, 1, 30_000.0, 0),
            measured(ContestantName::ProjectsApi, 1, 27_600.0, 0),
            measured(ContestantName::ProjectsApi, 2, 1_000.0, 2),
            measured(ContestantName::ProjectsApi, 3, 28_000.0, 1),
        ];
        let goals = goals(&Summaries::of(&rounds));
        let seen: Vec<(&str, f64, bool)> =
            goals.iter().map(|goal| (goal.text.as_str(), goal.measured, goal.met)).collect();
        assert_eq!(
            seen,
            [
                ("1 tenant: part of bare axum on the same driver", 0.92, true),
                ("connections", 19.0, true),
                ("errors", 3.0, false),
            ]
        );
    }
}
