//! Schemas and values that mean harm, later drafts, and any schema at all.

use proptest::prelude::*;
use tenantry_fastify::schema::{Checked, Schemas};

fn checked(schema: &str, value: &str) -> Result<Checked, String> {
    Schemas::new()
        .validator(schema)
        .expect(schema)
        .check("body", value)
        .map_err(|error| error.message)
}

fn refused(schema: &str) -> String {
    Schemas::new().validator(schema).expect_err(schema).message
}

#[test]
fn a_schema_that_refers_to_itself_without_end_is_given_up() {
    let endless = r##"{"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}},"$ref":"#/definitions/a"}"##;
    assert_eq!(checked(endless, "1"), Err("body needs too many steps to be validated".to_owned()));
    let exploding = r##"{"definitions":{"a":{"allOf":[{"$ref":"#/definitions/b"},{"$ref":"#/definitions/b"}]},"b":{"anyOf":[{"$ref":"#/definitions/a"},{"not":{"$ref":"#/definitions/a"}}]}},"$ref":"#/definitions/a"}"##;
    assert_eq!(
        checked(exploding, "1"),
        Err("body needs too many steps to be validated".to_owned())
    );
}

#[test]
fn a_schema_that_doubles_with_each_level_is_given_up() {
    let mut definitions = vec![r#""d0":{"type":"string","minLength":1}"#.to_owned()];
    for level in 1..40 {
        let below = level - 1;
        definitions.push(format!(r##""d{level}":{{"allOf":[{{"$ref":"#/definitions/d{below}"}},{{"$ref":"#/definitions/d{below}"}}]}}"##));
    }
    let schema =
        format!(r##"{{"definitions":{{{}}},"$ref":"#/definitions/d39"}}"##, definitions.join(","));
    assert_eq!(
        checked(&schema, "\"x\""),
        Err("body needs too many steps to be validated".to_owned())
    );
    let answer = Schemas::new().serializer(&schema).expect("compiled").write("\"x\"");
    assert_eq!(answer, Ok("\"x\"".to_owned()));
}

#[test]
fn schemas_that_are_too_deep_or_too_large_are_refused() {
    let deep =
        format!("{}{}", r#"{"properties":{"a":"#.repeat(200), "{}".to_owned() + &"}}".repeat(200));
    assert!(refused(&deep).contains("nested deeper than 128 levels"));
    let wide: Vec<String> =
        (0..60_000).map(|at| format!(r#""p{at}":{{"type":"string"}}"#)).collect();
    assert!(
        refused(&format!(r#"{{"properties":{{{}}}}}"#, wide.join(",")))
            .contains("more than 50000 parts")
    );
    assert!(
        refused(r#"{"type":"string","pattern":"((a{900}){900}){900}"}"#)
            .contains("data/pattern must match format \"regex\"")
    );
}

#[test]
fn values_that_are_too_deep_are_errors() {
    let tree = r##"{"type":"array","items":{"$ref":"#"}}"##;
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(checked(tree, &deep(100)), Ok(Checked::Unchanged));
    assert_eq!(
        checked(tree, &deep(100_000)),
        Err("body the value is nested deeper than 128 levels".to_owned())
    );
}

#[test]
fn a_pattern_that_explodes_is_an_error_of_the_request() {
    let schema = r#"{"type":"string","pattern":"^(?:(a|a|b)*)*\\1c$"}"#;
    let error = checked(schema, &format!("\"{}!\"", "a".repeat(64))).expect_err("too many steps");
    assert_eq!(error, "body could not be matched with a pattern: too many steps");
    // The classic one needs no back-reference, and is linear here.
    assert!(
        checked(
            r#"{"type":"string","pattern":"^(a+)+$"}"#,
            &format!("\"{}!\"", "a".repeat(50_000))
        )
        .is_err()
    );
}

#[test]
fn many_items_are_compared_in_time() {
    let items: Vec<String> = (0..50_000).map(|at| format!(r#"{{"a":{at}}}"#)).collect();
    let started = std::time::Instant::now();
    assert_eq!(
        checked(r#"{"type":"array","uniqueItems":true}"#, &format!("[{}]", items.join(","))),
        Ok(Checked::Unchanged)
    );
    assert!(started.elapsed() < std::time::Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn later_drafts_have_their_keywords() {
    let draft = |rest: &str| {
        format!(r#"{{"$schema":"https://json-schema.org/draft/2020-12/schema",{rest}}}"#)
    };
    let tuple = draft(r#""type":"array","prefixItems":[{"type":"integer"}],"items":false"#);
    assert_eq!(checked(&tuple, r#"["1"]"#), Ok(Checked::Changed("[1]".to_owned())));
    assert_eq!(checked(&tuple, "[1,2]"), Err("body must NOT have more than 1 items".to_owned()));
    let contains = draft(r#""contains":{"const":1},"minContains":2,"maxContains":3"#);
    assert_eq!(
        checked(&contains, "[1]").expect_err("one"),
        "body must contain at least 2 and no more than 3 valid item(s)"
    );
    assert_eq!(checked(&contains, "[1,1,2]"), Ok(Checked::Unchanged));
    let dependent =
        draft(r#""dependentRequired":{"a":["b"]},"dependentSchemas":{"c":{"required":["d"]}}"#);
    assert_eq!(
        checked(&dependent, r#"{"a":1}"#),
        Err("body must have property b when property a is present".to_owned())
    );
    assert_eq!(
        checked(&dependent, r#"{"c":1}"#),
        Err("body must have required property 'd'".to_owned())
    );
    let unevaluated =
        draft(r#""allOf":[{"properties":{"a":{"type":"integer"}}}],"unevaluatedProperties":false"#);
    assert_eq!(checked(&unevaluated, r#"{"a":1}"#), Ok(Checked::Unchanged));
    assert_eq!(
        checked(&unevaluated, r#"{"a":1,"b":2}"#),
        Err("body must NOT have unevaluated properties".to_owned())
    );
    let anchor = draft(
        r##""$defs":{"x":{"$anchor":"here","type":"integer"}},"properties":{"a":{"$ref":"#here"}}"##,
    );
    assert_eq!(checked(&anchor, r#"{"a":"x"}"#), Err("body/a must be integer".to_owned()));
    assert_eq!(refused(&draft(r##""$dynamicRef":"#x""##)), "\"$dynamicRef\" is not supported");
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        (-5i64..50).prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "[a-z0-9#/$.]{0,6}".prop_map(Into::into),
        prop_oneof![
            Just("string"),
            Just("object"),
            Just("array"),
            Just("integer"),
            Just("null"),
            Just("#"),
            Just("date")
        ]
        .prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 48, 5, |inner| {
        let key = prop_oneof![
            4 => prop_oneof![
                Just("type"), Just("properties"), Just("required"), Just("items"), Just("anyOf"), Just("oneOf"), Just("allOf"), Just("not"), Just("if"),
                Just("then"), Just("else"), Just("$ref"), Just("$id"), Just("enum"), Just("const"), Just("pattern"), Just("format"), Just("default"),
                Just("additionalProperties"), Just("patternProperties"), Just("definitions"), Just("nullable"), Just("minimum"), Just("dependencies"),
                Just("contains"), Just("propertyNames"), Just("additionalItems"), Just("uniqueItems"), Just("$schema"), Just("prefixItems"),
            ].prop_map(str::to_owned),
            1 => "[a-c]",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::Array),
            prop::collection::vec((key, inner), 0..5).prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn nothing_panics(schema in any_json(), shared in any_json(), value in any_json()) {
        let mut schemas = Schemas::new();
        let _ = schemas.add(&shared.to_string());
        let value = value.to_string();
        if let Ok(validator) = schemas.validator(&schema.to_string())
            && let Ok(Checked::Changed(changed)) = validator.check("body", &value)
        {
            prop_assert!(is_json(&changed.replace("1e999", "1")), "{}", changed);
        }
        let _ = schemas.headers(&schema.to_string());
        if let Ok(serializer) = schemas.serializer(&schema.to_string())
            && let Ok(written) = serializer.write(&value)
        {
            prop_assert!(is_json(&written), "{}", written);
        }
    }

    #[test]
    fn what_was_changed_fits_as_it_is(schema in any_json(), value in any_json()) {
        let text = schema.to_string();
        // Unions may have tried branches that changed the value before one that fits.
        let words = ["anyOf", "oneOf", "not", "if", "contains", "allOf", "default"];
        if words.iter().any(|word| text.contains(word)) {
            return Ok(());
        }
        if let Ok(validator) = Schemas::new().validator(&text)
            && let Ok(Checked::Changed(changed)) = validator.check("body", &value.to_string())
            && !changed.contains("1e999")
        {
            prop_assert_eq!(validator.check("body", &changed), Ok(Checked::Unchanged));
        }
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}
