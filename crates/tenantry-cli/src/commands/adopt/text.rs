//! What is to be adopted, as a person reads it.

use std::{collections::BTreeMap, fmt::Write as _};

use tenantry_migrate::{AdoptAction, AdoptLedger, AdoptPlan, AdoptTenant};

use crate::table::{align_right, count, table};

/// The most tenants that are shown each by itself, unless that is asked for.
const EACH: usize = 20;
/// The most failures of one kind that are told each by itself.
const TOLD: usize = 10;
/// The most tenants of a group that are named.
const NAMED: usize = 3;

pub(super) fn text(plan: &AdoptPlan, each: bool) -> String {
    let mut text = if plan.tenants.is_empty() {
        "There are no tenants to adopt.\n".to_owned()
    } else if each || plan.tenants.len() <= EACH {
        one_by_one(plan)
    } else {
        grouped(plan)
    };
    if let Some(shared) = &plan.shared {
        let _ = writeln!(
            text,
            "Shared schema {}: {}, {} applied, {} pending: {}",
            shared.schema,
            ledger(shared.ledger.as_ref()),
            shared.applied,
            shared.pending,
            action(shared.action, plan.dry_run)
        );
    }
    let _ = writeln!(text, "{}", summary(plan));
    if plan.dry_run {
        text.push_str("Nothing was written.\n");
    }
    text
}

fn summary(plan: &AdoptPlan) -> String {
    let summary = plan.summary;
    let mut parts = Vec::new();
    for (number, of) in [
        (summary.adopted, AdoptAction::Adopt),
        (summary.updated, AdoptAction::Update),
        (summary.unchanged, AdoptAction::Unchanged),
        (summary.left_out, AdoptAction::LeaveOut),
    ] {
        if number > 0 {
            parts.push(format!("{number} {}", action(of, plan.dry_run)));
        }
    }
    let parts = parts.join(", ");
    let separator = if parts.is_empty() { "" } else { ": " };
    format!("{}{separator}{parts}", count(summary.total, "tenant"))
}

fn one_by_one(plan: &AdoptPlan) -> String {
    let mut rows = table(["Tenant", "Schema", "Ledger", "Applied", "Pending", "Action"]);
    for tenant in &plan.tenants {
        rows.add_row([
            tenant.id.clone(),
            tenant.schema.clone(),
            ledger(tenant.ledger.as_ref()),
            tenant.applied.to_string(),
            tenant.pending.to_string(),
            action(tenant.action, plan.dry_run).to_owned(),
        ]);
    }
    align_right(&mut rows, 3);
    align_right(&mut rows, 4);
    let mut text = format!("{rows}\n");
    for tenant in plan.tenants.iter().filter(|tenant| tenant.error.is_none()) {
        for note in &tenant.notes {
            let _ = writeln!(text, "{}: {note}", tenant.id);
        }
    }
    text
}

fn grouped(plan: &AdoptPlan) -> String {
    type Kind<'a> = (&'static str, String, usize, usize, &'a [String]);
    let mut groups: BTreeMap<Kind<'_>, Vec<&AdoptTenant>> = BTreeMap::new();
    for tenant in &plan.tenants {
        let action = action(tenant.action, plan.dry_run);
        let ledger = ledger(tenant.ledger.as_ref());
        let kind: Kind<'_> = (action, ledger, tenant.applied, tenant.pending, &tenant.notes);
        groups.entry(kind).or_default().push(tenant);
    }
    let mut rows = table(["Tenants", "Which", "Ledger", "Applied", "Pending", "Action"]);
    let mut notes = String::new();
    for ((action, ledger, applied, pending, told), tenants) in groups {
        let names = names(&tenants);
        for note in told {
            let _ = writeln!(notes, "{names}: {note}");
        }
        rows.add_row([
            tenants.len().to_string(),
            names,
            ledger,
            applied.to_string(),
            pending.to_string(),
            action.to_owned(),
        ]);
    }
    for column in [0, 3, 4] {
        align_right(&mut rows, column);
    }
    format!("{rows}\n{notes}")
}

fn names(tenants: &[&AdoptTenant]) -> String {
    let mut names: Vec<&str> = tenants.iter().take(NAMED).map(|it| it.id.as_str()).collect();
    if tenants.len() > NAMED {
        names.push("…");
    }
    names.join(", ")
}

fn ledger(ledger: Option<&AdoptLedger>) -> String {
    ledger.map_or_else(|| "none".to_owned(), |ledger| ledger.tool.clone())
}

/// What will be done, or was.
fn action(action: AdoptAction, dry_run: bool) -> &'static str {
    match (action, dry_run) {
        (AdoptAction::Adopt, true) => "to adopt",
        (AdoptAction::Adopt, false) => "adopted",
        (AdoptAction::Update, true) => "to update",
        (AdoptAction::Update, false) => "updated",
        (AdoptAction::Unchanged, _) => "unchanged",
        (AdoptAction::LeaveOut, _) => "left out",
        (other, _) => other.as_str(),
    }
}

/// Why tenants are left out; where it is many for one reason, the first of them.
pub(super) fn failures(plan: &AdoptPlan) -> Vec<String> {
    let mut told = Vec::new();
    let mut by_code: BTreeMap<&str, usize> = BTreeMap::new();
    for (whose, failure) in plan.failures() {
        let number = by_code.entry(failure.code).or_default();
        *number += 1;
        if *number <= TOLD {
            told.push(format!("{whose}: {failure}"));
        }
    }
    for (code, number) in by_code {
        if let Some(more) = number.checked_sub(TOLD).filter(|more| *more > 0) {
            told.push(format!("{code}: and {} (--json has them all)", count(more, "more tenant")));
        }
    }
    told
}
