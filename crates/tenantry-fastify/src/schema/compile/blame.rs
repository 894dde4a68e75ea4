//! Which schema is to blame where one does not compile, and where in it.
//!
//! Whoever compiles gets the reason alone. Its place is found out by doing all of it again, so that what is right pays
//! nothing for what is wrong.

use std::sync::Arc;

use super::{Compiler, Options, Site, attempt, escape_pointer};
use crate::schema::budget::Budget;
use crate::schema::registry::{Place, Registry};
use crate::schema::validator::Validator;
use crate::schema::value::Value;
use crate::schema::{json, meta};

/// The schema that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blame {
    /// The `$id` of one that was added; `None` for the one that was to be compiled.
    pub(crate) shared: Option<String>,
    /// A JSON pointer to what is wrong in it.
    pub(crate) pointer: String,
}

/// Finds what could not be compiled for this reason, if it is any of these.
pub(crate) fn blame(
    reason: &str,
    schema: &Arc<Value>,
    others: &[Arc<Value>],
    options: Options,
) -> Option<Blame> {
    let blamed = |document: &Value, pointer: String| {
        let id = id(document).filter(|id| others.iter().any(|other| self::id(other) == Some(*id)));
        Some(Blame { shared: id.map(str::to_owned), pointer })
    };
    for document in others.iter().chain([schema]) {
        if meta::check(document).is_err_and(|found| found == reason) {
            return blamed(document, against_meta(document));
        }
    }
    let own = id(schema);
    let mut registry = Registry::default();
    let mut documents = Vec::new();
    let mut root = None;
    for document in others.iter().filter(|other| own.is_none() || id(other) != own).chain([schema])
    {
        match registry.add(Arc::clone(document), "") {
            Ok(place) => root = Some(place),
            Err(found) if found == reason => return blamed(document, String::new()),
            Err(_) => return None,
        }
        documents.push(document);
    }
    let mistake = attempt(&registry, &root?, options, &mut Budget::default()).err()?;
    let spot = mistake.spot.filter(|_| is_same(reason, &mistake.reason))?;
    blamed(documents.get(spot.document)?, spot.pointer)
}

fn id(schema: &Value) -> Option<&str> {
    schema.get("$id").and_then(Value::as_str)
}

/// Where a schema is none by the schema of schemas.
fn against_meta(schema: &Value) -> String {
    let errors = json::parse(include_str!("../draft-07.json"))
        .and_then(|draft| Validator::with_options(&Arc::new(draft), &[], Options::META))
        .and_then(|draft| draft.errors(schema, json::text(schema).len()));
    // The first is of the innermost value, whatever else is not true because of it.
    let first = errors.ok().and_then(|errors| errors.into_iter().next());
    first.map(|error| error.instance_path).unwrap_or_default()
}

/// Whether it is the same mistake: answers have words of their own for a reference to nowhere.
fn is_same(reason: &str, found: &str) -> bool {
    let reference = reason.strip_prefix("Cannot find reference \"");
    reason == found
        || reference.and_then(|reference| reference.strip_suffix('"')).is_some_and(|reference| {
            found.starts_with(&format!("can't resolve reference {reference} from id "))
        })
}

/// Why a schema does not compile.
pub(super) struct Mistake {
    pub(super) reason: String,
    /// Where, if it stands in one place.
    pub(super) spot: Option<Spot>,
}

impl Mistake {
    pub(super) fn somewhere(reason: &str) -> Mistake {
        Mistake { reason: reason.to_owned(), spot: None }
    }

    /// In the dialect that the schema says it is written in.
    pub(super) fn in_root(reason: String, root: &Place) -> Mistake {
        let spot = Spot { document: root.document, pointer: "/$schema".to_owned() };
        Mistake { reason, spot: Some(spot) }
    }
}

/// A place in one of the registry's documents.
pub(super) struct Spot {
    document: usize,
    pointer: String,
}

impl Site {
    fn spot(&self, keyword: &str) -> Spot {
        let mut pointer = String::new();
        for key in &self.root.path {
            pointer.push('/');
            pointer.push_str(&escape_pointer(key));
        }
        let below = self.path.get(self.start..).unwrap_or_default();
        pointer.push_str(&percent_encoding::percent_decode_str(below).decode_utf8_lossy());
        if !keyword.is_empty() {
            pointer.push('/');
            pointer.push_str(&escape_pointer(keyword));
        }
        Spot { document: self.root.document, pointer }
    }
}

impl Compiler<'_, '_> {
    /// Keeps the place of the first error there is, which is the innermost one: a keyword, or all of the schema.
    pub(super) fn noted<T>(
        &mut self,
        site: &Site,
        keyword: &str,
        made: Result<T, String>,
    ) -> Result<T, String> {
        if made.is_err() && self.failed.is_none() {
            self.failed = Some(site.spot(keyword));
        }
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is blamed for the error of a schema, with these added.
    fn blamed(schema: &str, others: &[&str]) -> Option<(Option<String>, String)> {
        let read = |text: &str| Arc::new(json::parse(text).expect(text));
        let others: Vec<_> = others.iter().map(|text| read(text)).collect();
        let schema = read(schema);
        let reason = Validator::compile(&schema, &others).expect_err("it is wrong");
        let blame = blame(&reason, &schema, &others, Options::REQUEST)?;
        Some((blame.shared, blame.pointer))
    }

    #[test]
    fn the_schema_itself_is_blamed_with_the_keyword() {
        for (schema, pointer) in [
            (r#"{"type":"objekt"}"#, "/type"),
            (r#"{"properties":{"a/b":{"pattern":"("}}}"#, "/properties/a~1b/pattern"),
            (r#"{"properties":{"ä":{"$ref":"nope#"}}}"#, "/properties/ä/$ref"),
            (r#"{"items":{"format":"colour","type":"string"}}"#, "/items/format"),
            (r#"{"allOf":[{},{"requird":["a"]}]}"#, "/allOf/1/requird"),
            (r#"{"$schema":"http://nowhere.example/schema"}"#, "/$schema"),
        ] {
            assert_eq!(blamed(schema, &[]), Some((None, pointer.to_owned())), "{schema}");
        }
    }

    #[test]
    fn a_schema_that_was_added_is_blamed_by_its_id() {
        let user = r##"{"$id":"user","definitions":{"name":{"type":"string","format":"nime"}},
            "properties":{"name":{"$ref":"#/definitions/name"}}}"##;
        let found = Some((Some("user".to_owned()), "/definitions/name/format".to_owned()));
        assert_eq!(blamed(r#"{"$ref":"user#"}"#, &[user]), found);
        assert_eq!(
            blamed(r#"{"properties":{"u":{"$ref":"user#/definitions/name"}}}"#, &[user]),
            found
        );
        // One that nobody refers to has to be a schema, too.
        let pet = r#"{"$id":"pet","properties":{"age":{"minimum":"1"}}}"#;
        let found = Some((Some("pet".to_owned()), "/properties/age/minimum".to_owned()));
        assert_eq!(blamed("{}", &[pet]), found);
    }

    #[test]
    fn a_reference_of_an_answer_is_blamed_as_well() {
        assert!(is_same("Cannot find reference \"a#\"", "can't resolve reference a# from id #"));
        assert!(!is_same("Cannot find reference \"a#\"", "can't resolve reference ab# from id #"));
    }
}
