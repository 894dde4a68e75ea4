//! Telling every process that tenants have been migrated.
//!
//! The announcement is a NOTIFY on a channel of its own; a payload holds ids with a space between
//! them, or [`ALL`]. Like all notifications it is a hint that any role may send: who believes a false
//! one prepares statements anew, and nothing else.

use std::sync::Arc;

use crate::{Alphabet, TenantId};

/// The channel of announcements.
pub(super) const CHANNEL: &str = "tenantry_migrated";

/// The payload for all tenants. No id's alphabet has it.
const ALL: &str = "*";

/// PostgreSQL's limit is 8,000 bytes.
const PAYLOAD: usize = 7_900;

/// With more ids than this, all tenants are meant: to say so is quicker, for those who hear it, too.
const MOST: usize = 2_000;

/// What has been migrated, or rolled back: see
/// [`TenantManager::on_migrated`](crate::TenantManager::on_migrated).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Migrated {
    /// These tenants' schemas.
    Tenants(Arc<[TenantId]>),
    /// Any of the tenants' schemas, and the shared one: there were very many, or this process was
    /// deaf for a while.
    All,
}

impl Migrated {
    /// Whether a tenant's schema may have changed.
    #[must_use]
    pub fn concerns(&self, id: &TenantId) -> bool {
        match self {
            Self::Tenants(ids) => ids.contains(id),
            Self::All => true,
        }
    }

    /// What a payload says; ids that are none are left out.
    pub(super) fn read(payload: &str) -> Self {
        if payload == ALL {
            return Self::All;
        }
        let ids = payload.split_ascii_whitespace();
        Self::Tenants(
            ids.filter_map(|id| TenantId::parse_with(Alphabet::Legacy, id).ok()).collect(),
        )
    }

    /// The payloads that say it.
    pub(super) fn payloads(&self) -> Vec<String> {
        let ids = match self {
            Self::Tenants(ids) if ids.len() <= MOST => ids,
            Self::Tenants(_) | Self::All => return vec![ALL.to_owned()],
        };
        let mut payloads: Vec<String> = Vec::new();
        for id in ids.iter() {
            match payloads.last_mut() {
                Some(last) if last.len() + 1 + id.as_str().len() <= PAYLOAD => {
                    last.push(' ');
                    last.push_str(id.as_str());
                }
                _ => payloads.push(id.as_str().to_owned()),
            }
        }
        payloads
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenants(ids: impl IntoIterator<Item = String>) -> Migrated {
        let ids = ids.into_iter().map(|id| TenantId::parse_with(Alphabet::Legacy, &id).unwrap());
        Migrated::Tenants(ids.collect())
    }

    #[test]
    fn what_is_announced_is_what_is_heard() {
        let long = |number| format!("{number:0>128}");
        let all = tenants((0..MOST).map(long));
        let payloads = all.payloads();
        assert!(payloads.iter().all(|payload| payload.len() < 8_000));
        let heard = payloads.iter().map(|payload| Migrated::read(payload));
        let heard: Vec<TenantId> = heard
            .flat_map(|one| match one {
                Migrated::Tenants(ids) => ids.to_vec(),
                Migrated::All => panic!("these are not all"),
            })
            .collect();
        assert_eq!(Migrated::Tenants(heard.into()), all);
    }

    #[test]
    fn very_many_are_all() {
        let many = tenants((0..=MOST).map(|number| format!("t{number}")));
        assert_eq!(many.payloads(), ["*"]);
        assert_eq!(Migrated::read("*"), Migrated::All);
        assert_eq!(Migrated::All.payloads(), ["*"]);
    }

    #[test]
    fn nobody_is_nobody_and_nonsense_is_nobody_too() {
        assert!(tenants([]).payloads().is_empty());
        assert_eq!(Migrated::read("a/b \u{0} acme"), tenants(["acme".to_owned()]));
    }
}
