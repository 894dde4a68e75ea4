//! Which of the tenants that a source names can be tenants here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tenantry::{Alphabet, Config, Identifier, SchemaName, Tenant, TenantId};

use super::source::Named;
use crate::Failure;

/// A tenant that a source names.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) id: String,
    pub(super) schema: String,
    pub(super) checked: Result<Checked, Box<Failure>>,
}

/// One that can be a tenant here, as far as names go.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub(super) id: TenantId,
    pub(super) schema: SchemaName,
    /// Whether the catalog has it, under this schema.
    pub(super) is_known: bool,
}

/// Checks names, one against the other and against the catalog. Lines that repeat others count once.
pub(super) fn check<'a>(
    named: Vec<Named>,
    config: &Config,
    known: impl Iterator<Item = &'a Tenant>,
) -> Vec<Candidate> {
    let mut by_id = HashMap::new();
    let mut by_schema = HashMap::new();
    for tenant in known {
        by_id.insert(tenant.id.as_str(), tenant.placement.schema.as_str());
        by_schema.insert(tenant.placement.schema.as_str(), tenant.id.as_str());
    }
    let mut seen = BTreeSet::new();
    let mut candidates: Vec<(Option<usize>, Candidate)> = Vec::with_capacity(named.len());
    for named in named {
        let (schema, checked) = parse(&named, config);
        if !seen.insert((named.id.clone(), schema.clone())) {
            continue;
        }
        let checked = checked.and_then(|(id, schema)| {
            let is_known = is_known(&id, &schema, &by_id, &by_schema)?;
            Ok(Checked { id, schema, is_known })
        });
        candidates.push((named.line, Candidate { id: named.id, schema, checked }));
    }
    refuse_repeated(&mut candidates);
    candidates.into_iter().map(|(_, candidate)| candidate).collect()
}

/// The schema's name, and what was made of both.
fn parse(named: &Named, config: &Config) -> (String, Result<(TenantId, SchemaName), Box<Failure>>) {
    let id = config.parse_tenant_id(&named.id).map_err(|error| {
        let is_legacy = TenantId::parse_with(Alphabet::Legacy, &named.id).is_ok();
        let hint = if is_legacy && config.alphabet() == Alphabet::Strict {
            "keep such ids by tenant_ids.alphabet = \"legacy\" in tenantry.toml, or give it another \
             by --csv"
        } else {
            "give it another id by --csv"
        };
        Box::new(Failure::new("TENANT_INVALID", error.to_string()).hint(hint))
    });
    let Some(schema) = &named.schema else {
        let parsed = id.and_then(|id| {
            let schema = config.isolation().schema_template.schema_for(&id);
            let schema = schema.map_err(|error| {
                let failure = Failure::new("SCHEMA_NAME_INVALID", error.to_string());
                failure.hint("name its schema: a second column of --query, or --csv")
            })?;
            Ok((id, schema))
        });
        let text = parsed.as_ref().map_or(String::new(), |(_, schema)| schema.to_string());
        return (text, parsed);
    };
    let parsed = id.and_then(|id| Ok((id, parse_schema(schema, config)?)));
    (schema.clone(), parsed)
}

fn parse_schema(schema: &str, config: &Config) -> Result<SchemaName, Box<Failure>> {
    let name = SchemaName::parse(schema).map_err(|error| {
        let failure = Failure::new("SCHEMA_NAME_INVALID", error.to_string());
        match schema.len() {
            64.. => failure.hint(
                "PostgreSQL cuts a longer name to 63 bytes when it makes a schema: give the name \
                 that the schema has",
            ),
            _ => failure,
        }
    })?;
    let isolation = config.isolation();
    let is_it = |other: &Identifier| other.as_str().eq_ignore_ascii_case(schema);
    if is_it(&isolation.shared_schema) || isolation.extension_schemas.iter().any(is_it) {
        let message = format!(
            "the schema {schema:?} is the shared schema or an extension schema, and never a tenant's"
        );
        return Err(Box::new(Failure::new("SCHEMA_NAME_INVALID", message)));
    }
    Ok(name)
}

fn is_known(
    id: &TenantId,
    schema: &SchemaName,
    by_id: &HashMap<&str, &str>,
    by_schema: &HashMap<&str, &str>,
) -> Result<bool, Box<Failure>> {
    match (by_id.get(id.as_str()), by_schema.get(schema.as_str())) {
        (Some(its), _) if *its == schema.as_str() => Ok(true),
        (Some(its), _) => {
            let message = format!("the catalog has this tenant under the schema {its:?}");
            Err(Box::new(Failure::new("TENANT_EXISTS", message)))
        }
        (None, Some(other)) => {
            let message = format!("the schema {:?} is the tenant {other:?}'s", schema.as_str());
            Err(Box::new(Failure::new("TENANT_EXISTS", message)))
        }
        (None, None) => Ok(false),
    }
}

/// Two schemas for one id, two ids for one schema: nobody can say which is right.
fn refuse_repeated(candidates: &mut [(Option<usize>, Candidate)]) {
    let mut by_id: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut by_schema: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, (_, candidate)) in candidates.iter().enumerate() {
        by_id.entry(candidate.id.clone()).or_default().push(index);
        if !candidate.schema.is_empty() {
            by_schema.entry(candidate.schema.clone()).or_default().push(index);
        }
    }
    let mut refuse = |repeated: BTreeMap<String, Vec<usize>>,
                      code,
                      what: fn(&Candidate) -> &str,
                      why: &str| {
        for indexes in repeated.into_values().filter(|indexes| indexes.len() > 1) {
            let told: Vec<String> = indexes
                .iter()
                .map(|index| {
                    let (line, candidate) = &candidates[*index];
                    let line = line.map_or(String::new(), |line| format!(" (line {line})"));
                    format!("{:?}{line}", what(candidate))
                })
                .collect();
            for index in indexes {
                let checked = &mut candidates[index].1.checked;
                if checked.is_ok() {
                    *checked =
                        Err(Box::new(Failure::new(code, format!("{why}: {}", told.join(", ")))));
                }
            }
        }
    };
    let schema: fn(&Candidate) -> &str = |candidate| &candidate.schema;
    let id: fn(&Candidate) -> &str = |candidate| &candidate.id;
    refuse(by_id, "TENANT_REPEATED", schema, "it is named with several schemas");
    refuse(by_schema, "SCHEMA_REPEATED", id, "its schema is named for several tenants");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(alphabet: &str) -> Config {
        let loader = Config::builder().set("connection.url", "postgres://localhost/app");
        loader.set("tenant_ids.alphabet", alphabet).load().unwrap()
    }

    fn checked(lines: &[(&str, Option<&str>)], alphabet: &str) -> Vec<String> {
        let named = lines.iter().enumerate().map(|(index, (id, schema))| Named {
            id: (*id).to_owned(),
            schema: schema.map(ToOwned::to_owned),
            line: Some(index + 1),
        });
        let candidates = check(named.collect(), &config(alphabet), std::iter::empty());
        let told = candidates.into_iter().map(|candidate| match candidate.checked {
            Ok(checked) => format!("{} in {}", checked.id, checked.schema),
            Err(failure) => format!("{}: {failure}", failure.code),
        });
        told.collect()
    }

    #[test]
    fn schemas_keep_their_names_whatever_they_are() {
        let lines = [("acme", Some("Kunde 7, \"x\"")), ("globex", None)];
        assert_eq!(
            checked(&lines, "strict"),
            ["acme in Kunde 7, \"x\"", "globex in tenant_globex"]
        );
    }

    #[test]
    fn what_cannot_be_a_tenant_is_told_with_what_to_do() {
        let long = "t".repeat(64);
        let told = checked(
            &[
                ("Acme.1", Some("a")),
                ("b", Some("public")),
                ("c", Some("pg_temp")),
                ("d", Some(&long)),
                ("", Some("e")),
            ],
            "strict",
        );
        insta::assert_snapshot!(told.join("\n"), @r#"
        TENANT_INVALID: invalid tenant id "Acme.1": 'A' at position 1 is not in a-z 0-9 - _
          keep such ids by tenant_ids.alphabet = "legacy" in tenantry.toml, or give it another by --csv
        SCHEMA_NAME_INVALID: invalid schema name "public": a tenant's schema is never public, tenantry, information_schema or pg_*
        SCHEMA_NAME_INVALID: invalid schema name "pg_temp": a tenant's schema is never public, tenantry, information_schema or pg_*
        SCHEMA_NAME_INVALID: invalid schema name "tttttttttttttttttttttttttttttttttttttttt"…: it has 64 bytes, and PostgreSQL allows 63
          PostgreSQL cuts a longer name to 63 bytes when it makes a schema: give the name that the schema has
        TENANT_INVALID: invalid tenant id "": it is empty, and needs 1 to 63 of a-z 0-9 - _
          give it another id by --csv
        "#);
        assert_eq!(checked(&[("Acme.1", Some("a"))], "legacy"), ["Acme.1 in a"]);
        insta::assert_snapshot!(checked(&[("Acme.1", None)], "legacy").join("\n"), @r#"
        SCHEMA_NAME_INVALID: invalid schema name "tenant_Acme.1" for tenant "Acme.1": an id of the legacy alphabet has no schema by template; the catalog must name it
          name its schema: a second column of --query, or --csv
        "#);
    }

    #[test]
    fn what_is_named_twice_is_told_once_or_refused() {
        let same = [("a", Some("x")), ("a", Some("x"))];
        assert_eq!(checked(&same, "strict"), ["a in x"]);
        let told = checked(&[("a", Some("x")), ("a", Some("y")), ("b", Some("y"))], "strict");
        insta::assert_snapshot!(told.join("\n"), @r#"
        TENANT_REPEATED: it is named with several schemas: "x" (line 1), "y" (line 2)
        TENANT_REPEATED: it is named with several schemas: "x" (line 1), "y" (line 2)
        SCHEMA_REPEATED: its schema is named for several tenants: "a" (line 2), "b" (line 3)
        "#);
    }
}
