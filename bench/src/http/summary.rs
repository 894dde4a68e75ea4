//! The medians over all rounds.

use serde::Serialize;

use super::measure::Measurement;
use super::scenario::Scenario;
use crate::arguments::ContestantName;
use crate::load::Errors;
use crate::median::median;

/// One contestant in one scenario.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Summary {
    pub(super) contestant: ContestantName,
    #[serde(flatten)]
    pub(super) scenario: Scenario,
    pub(super) requests_per_second: f64,
    pub(super) p50_micros: f64,
    pub(super) p99_micros: f64,
    /// Of all rounds together.
    pub(super) errors: Errors,
    /// The most of any round.
    pub(super) connections: i64,
    pub(super) resident_bytes: Option<f64>,
    pub(super) cpu_micros_per_request: Option<f64>,
    pub(super) load_cpu_micros_per_request: Option<f64>,
}

/// All summaries, in the order of the first round.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Summaries(Vec<Summary>);

impl Summaries {
    pub(super) fn of(measurements: &[Measurement]) -> Self {
        let mut summaries: Vec<Summary> = Vec::new();
        for measurement in measurements {
            let known = summaries.iter().any(|summary| summary.is_of(measurement));
            if !known {
                let rounds: Vec<&Measurement> = measurements
                    .iter()
                    .filter(|other| {
                        other.contestant == measurement.contestant
                            && other.scenario == measurement.scenario
                    })
                    .collect();
                summaries.extend(summarise(&rounds));
            }
        }
        Self(summaries)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Summary> {
        self.0.iter()
    }

    pub(super) fn get(&self, contestant: ContestantName, scenario: Scenario) -> Option<&Summary> {
        self.0
            .iter()
            .find(|summary| summary.contestant == contestant && summary.scenario == scenario)
    }

    /// A contestant without tenants, in its only scenario.
    pub(super) fn bare(&self, contestant: ContestantName) -> Option<&Summary> {
        self.0.iter().find(|summary| summary.contestant == contestant)
    }
}

impl Summary {
    fn is_of(&self, measurement: &Measurement) -> bool {
        self.contestant == measurement.contestant && self.scenario == measurement.scenario
    }
}

fn summarise(rounds: &[&Measurement]) -> Option<Summary> {
    let first = rounds.first()?;
    let middle = |figure: fn(&Measurement) -> Option<f64>| {
        median(rounds.iter().filter_map(|round| figure(round)))
    };
    let mut errors = Errors::default();
    for round in rounds {
        errors += round.errors;
    }
    Some(Summary {
        contestant: first.contestant,
        scenario: first.scenario,
        requests_per_second: middle(|round| Some(round.requests_per_second))?,
        p50_micros: middle(|round| Some(round.p50_micros as f64))?,
        p99_micros: middle(|round| Some(round.p99_micros as f64))?,
        errors,
        connections: rounds.iter().map(|round| round.connections).max()?,
        resident_bytes: middle(|round| round.resident_bytes.map(|bytes| bytes as f64)),
        cpu_micros_per_request: middle(|round| round.cpu_micros_per_request),
        load_cpu_micros_per_request: middle(|round| round.load_cpu_micros_per_request),
    })
}
