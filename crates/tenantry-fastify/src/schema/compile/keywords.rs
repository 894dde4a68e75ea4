//! Which keywords there are, in which draft.

use super::{Compiler, Site};
use crate::schema::value::{Object, Value};

/// Keywords that ask something of a value, in all drafts.
const RULES: [&str; 36] = [
    "$ref",
    "type",
    "nullable",
    "const",
    "enum",
    "not",
    "anyOf",
    "oneOf",
    "allOf",
    "if",
    "then",
    "else",
    "maximum",
    "minimum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "multipleOf",
    "maxLength",
    "minLength",
    "pattern",
    "format",
    "maxItems",
    "minItems",
    "uniqueItems",
    "items",
    "additionalItems",
    "contains",
    "maxProperties",
    "minProperties",
    "required",
    "propertyNames",
    "additionalProperties",
    "dependencies",
    "properties",
    "patternProperties",
    "id",
];

/// Keywords that the drafts after 07 brought.
const NEWER: [&str; 7] = [
    "prefixItems",
    "minContains",
    "maxContains",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Keywords that say something about a schema, and ask nothing of a value.
const NOTES: [&str; 18] = [
    "$schema",
    "$id",
    "$defs",
    "$vocabulary",
    "$comment",
    "definitions",
    "$async",
    "title",
    "description",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "examples",
    "contentMediaType",
    "contentEncoding",
    "contentSchema",
    "",
];

/// The draft a schema says it is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Draft {
    Seven,
    Draft201909,
    Draft202012,
}

impl Draft {
    pub(super) fn of(schema: &Value) -> Result<Draft, String> {
        let Some(name) = schema.get("$schema") else { return Ok(Draft::Seven) };
        let Some(name) = name.as_str() else { return Err("$schema must be a string".to_owned()) };
        match name.trim_end_matches('#') {
            "http://json-schema.org/draft-07/schema" | "http://json-schema.org/schema" => {
                Ok(Draft::Seven)
            }
            "https://json-schema.org/draft/2019-09/schema" => Ok(Draft::Draft201909),
            "https://json-schema.org/draft/2020-12/schema" => Ok(Draft::Draft202012),
            _ => Err(format!("no schema with key or ref \"{name}\"")),
        }
    }
}

/// Whether a keyword asks something of a value.
pub(super) fn is_rule(keyword: &str) -> bool {
    RULES.contains(&keyword) || NEWER.contains(&keyword)
}

/// Whether anything but `$ref` asks something of a value.
pub(super) fn has_rules_but_ref(schema: &Object) -> bool {
    schema.keys().any(|key| key != "$ref" && is_rule(key))
}

impl Compiler<'_, '_> {
    /// Refuses keywords that nobody knows, and those that are known and not supported.
    pub(super) fn check_keywords(&mut self, schema: &Object, site: &Site) -> Result<(), String> {
        for (keyword, value) in schema {
            let checked = self.check_keyword(keyword, value);
            self.noted(site, keyword, checked)?;
        }
        Ok(())
    }

    fn check_keyword(&self, keyword: &str, value: &Value) -> Result<(), String> {
        let newer = self.draft > Draft::Seven;
        match keyword {
            "id" if self.options.strict => {
                Err("NOT SUPPORTED: keyword \"id\", use \"$id\" for schema ID".to_owned())
            }
            "$async" if *value == Value::Bool(true) => {
                Err("\"$async\" schemas are not supported".to_owned())
            }
            "$dynamicRef" | "$recursiveRef" if newer => {
                Err(format!("\"{keyword}\" is not supported"))
            }
            "formatMaximum"
            | "formatMinimum"
            | "formatExclusiveMaximum"
            | "formatExclusiveMinimum" => Err(format!("\"{keyword}\" is not supported")),
            "$anchor" | "$dynamicAnchor" | "$recursiveAnchor" if newer => Ok(()),
            _ if RULES.contains(&keyword) || NOTES.contains(&keyword) => Ok(()),
            _ if newer && NEWER.contains(&keyword) => Ok(()),
            _ => self.strict(format!("unknown keyword: \"{keyword}\"")),
        }
    }
}
