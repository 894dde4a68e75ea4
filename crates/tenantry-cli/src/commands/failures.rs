//! What went wrong with many tenants, each cause once.

use tenantry_migrate::Failure;

use crate::{console::Console, table::count};

/// How many tenants of one cause are named.
const NAMED: usize = 5;

/// Tells what went wrong: those of one cause together.
pub(super) fn tell<'a>(failures: impl Iterator<Item = (String, &'a Failure)>, console: &Console) {
    let mut causes: Vec<(&Failure, Vec<String>)> = Vec::new();
    for (name, failure) in failures {
        match causes.iter_mut().find(|(known, _)| known.is_like(failure)) {
            Some((_, names)) => names.push(name),
            None => causes.push((failure, vec![name])),
        }
    }
    for (failure, names) in causes {
        match names.as_slice() {
            [name] => console.error(format_args!("{name}: {failure}")),
            names => {
                let named = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
                let more = match names.len().saturating_sub(NAMED) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                let tenants = count(names.len(), "tenant");
                console.error(format_args!("{tenants} ({named}{more}): {failure}"));
            }
        }
    }
}
