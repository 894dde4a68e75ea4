//! Schemas and values as Ajv and fast-json-stringify treat them.
//!
//! `schema/validation.json` and `schema/serialization.json` were recorded by `schema/record.mjs` and
//! `schema/record-answers.mjs` with Node 20, fastify 5.12, ajv 8.20, ajv-formats 3.0 and fast-json-stringify 7.3.

use serde_json::value::RawValue;
use tenantry_fastify::schema::{Checked, Schemas};

#[derive(serde::Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    schema: Option<&'a RawValue>,
    #[serde(borrow)]
    shared: Vec<&'a RawValue>,
    error: Option<String>,
    #[serde(borrow, default)]
    cases: Vec<(&'a RawValue, Recorded<'a>)>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Recorded<'a> {
    #[serde(borrow)]
    Value(&'a RawValue),
    Errors(&'a RawValue),
    Text(String),
    Thrown(String),
}

/// Differences that are meant.
fn is_meant(schema: &str, value: &str) -> bool {
    // Ajv's generated code forgets, in the next branch of a union, what it took out of an array in the one before.
    let unions = schema.contains("\"anyOf\"") || schema.contains("\"oneOf\"");
    let taken_out =
        unions && ["[[1]]", "[\"abc\"]", "[\"\"]"].iter().any(|items| value.contains(items));
    // An item's default beyond the end of an array leaves a hole, which JSON has not.
    let hole =
        schema.contains("[{},{\"type\":\"string\",\"default\":\"d\"}]") && value == r#"{"v":[]}"#;
    taken_out || hole
}

#[test]
fn values_are_validated_as_ajv_does() {
    let mut different = Vec::new();
    let mut cases = 0;
    for line in include_str!("schema/validation.json").lines() {
        let line: Line<'_> = serde_json::from_str(line).expect("a recorded line");
        let schema = line.schema.map_or("{}", RawValue::get);
        let mut schemas = Schemas::new();
        for shared in &line.shared {
            schemas.add(shared.get()).expect("a shared schema");
        }
        let validator = match (schemas.validator(schema), line.error) {
            (Ok(validator), None) => validator,
            (Err(error), Some(expected)) if error.message == expected => continue,
            (Err(error), Some(expected)) if same_refusal(&error.message, &expected) => continue,
            // A schema without an id may refer to itself here.
            (Ok(_), Some(expected)) if expected == "can't resolve reference # from id #" => {
                continue;
            }
            (result, expected) => {
                different.push(format!(
                    "{schema}\n   ajv: {expected:?}\n  here: {:?}",
                    result.map(|_| ())
                ));
                continue;
            }
        };
        for (value, recorded) in line.cases {
            cases += 1;
            let (expected, found) = match (recorded, validator.check("body", value.get())) {
                (Recorded::Value(expected), Ok(Checked::Unchanged)) => {
                    (expected.get(), value.get().to_owned())
                }
                // JavaScript writes infinity as null.
                (Recorded::Value(expected), Ok(Checked::Changed(text))) => {
                    (expected.get(), text.replace("-1e999", "null").replace("1e999", "null"))
                }
                (Recorded::Value(expected), Err(error)) => (expected.get(), error.errors),
                (Recorded::Errors(expected), Err(error)) => (expected.get(), error.errors),
                (Recorded::Errors(expected), Ok(checked)) => {
                    (expected.get(), format!("{checked:?}"))
                }
                (Recorded::Text(_) | Recorded::Thrown(_), _) => panic!("an answer among requests"),
            };
            if expected != found && !is_meant(schema, value.get()) {
                different.push(format!(
                    "{schema}\n with: {}\n  ajv: {expected}\n here: {found}",
                    value.get()
                ));
            }
        }
    }
    assert!(cases > 3_000, "{cases} cases");
    assert!(
        different.is_empty(),
        "{} of {cases} differ:\n{}",
        different.len(),
        different.join("\n")
    );
}

/// Both refuse, in words of their own.
fn same_refusal(here: &str, ajv: &str) -> bool {
    ajv == "id.replace is not a function" && here == "schema is invalid: data/$id must be string"
}

#[test]
fn answers_are_written_as_fast_json_stringify_does() {
    let mut different = Vec::new();
    let mut cases = 0;
    for line in include_str!("schema/serialization.json").lines() {
        let line: Line<'_> = serde_json::from_str(line).expect("a recorded line");
        let schema = line.schema.map_or("{}", RawValue::get);
        let mut schemas = Schemas::new();
        for shared in &line.shared {
            schemas.add(shared.get()).expect("a shared schema");
        }
        let serializer = match (schemas.serializer(schema), line.error) {
            (Ok(serializer), None) => serializer,
            // Each refuses in its own words.
            (Err(_), Some(_)) => continue,
            (result, expected) => {
                different.push(format!(
                    "{schema}\n   fjs: {expected:?}\n  here: {:?}",
                    result.map(|_| ())
                ));
                continue;
            }
        };
        for (value, recorded) in line.cases {
            cases += 1;
            let expected = match recorded {
                Recorded::Text(text) => Ok(text),
                Recorded::Thrown(message) => Err(message),
                Recorded::Value(_) | Recorded::Errors(_) => panic!("a request among answers"),
            };
            let found = serializer.write(value.get());
            if expected != found {
                different.push(format!(
                    "{schema}\n with: {}\n  fjs: {expected:?}\n here: {found:?}",
                    value.get()
                ));
            }
        }
    }
    assert!(cases > 500, "{cases} cases");
    assert!(
        different.is_empty(),
        "{} of {cases} differ:\n{}",
        different.len(),
        different.join("\n")
    );
}
