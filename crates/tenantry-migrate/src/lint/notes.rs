use super::{Finding, Rule};
use crate::{Location, Migration, script::Allow};

/// What was found in a file so far.
pub(super) struct Notes<'a> {
    migration: &'a Migration,
    statement: usize,
    findings: Vec<Note>,
    /// For each `allow` and each of its rules, whether something was.
    used: Vec<Vec<bool>>,
}

struct Note {
    rule: Rule,
    /// Where its statement begins, and where it is.
    first: usize,
    at: usize,
    message: String,
    advice: String,
}

impl<'a> Notes<'a> {
    pub(super) fn new(migration: &'a Migration) -> Self {
        let allows = migration.directives().allows.iter();
        let used = allows.map(|allow| vec![false; allow.rules.len()]).collect();
        Self { migration, statement: 0, findings: Vec::new(), used }
    }

    pub(super) fn begin_statement(&mut self, index: usize) {
        self.statement = index;
    }

    /// Whether the file is one transaction.
    pub(super) fn in_transaction(&self) -> bool {
        self.migration.directives().transaction
    }

    /// The statements that come after this one.
    pub(super) fn later(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let script = self.migration.up();
        script.statements()[self.statement + 1..]
            .iter()
            .map(|statement| statement.text(script.text()))
    }

    /// Something was found at this byte of the file.
    pub(super) fn add(
        &mut self,
        rule: Rule,
        at: usize,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        if !self.is_allowed(rule) {
            let first = self.migration.up().statements()[self.statement].range().start;
            let (message, advice) = (message.into(), advice.into());
            self.findings.push(Note { rule, first, at, message, advice });
        }
    }

    fn is_allowed(&mut self, rule: Rule) -> bool {
        let mut is_allowed = false;
        for (allow, used) in self.migration.directives().allows.iter().zip(&mut self.used) {
            let Allow { rules, statement, .. } = allow;
            if statement.is_none_or(|statement| statement == self.statement)
                && let Some(index) = rules.iter().position(|allowed| *allowed == rule)
            {
                used[index] = true;
                is_allowed = true;
            }
        }
        is_allowed
    }

    /// The findings, and what was allowed for nothing.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        for (allow, used) in self.migration.directives().allows.iter().zip(&self.used) {
            for (rule, _) in allow.rules.iter().zip(used).filter(|(_, used)| !**used) {
                self.findings.push(Note {
                    rule: Rule::UnusedAllow,
                    first: allow.at,
                    at: allow.at,
                    message: format!("{rule} is allowed, and there is nothing of the kind"),
                    advice: "Take it away, so that it does not allow what comes later.".to_owned(),
                });
            }
        }
        self.findings.sort_by_key(|note| note.at);
        let text = self.migration.up().text();
        let mut lines = tenantry_sql::Lines::new(text);
        let notes = self.findings.into_iter();
        notes
            .map(|Note { rule, first, at, message, advice }| Finding {
                rule,
                migration: self.migration.name.clone(),
                file: self.migration.path().display().to_string(),
                location: Location::after(&mut lines, text, first, at),
                message,
                advice,
            })
            .collect()
    }
}
