//! Schemas and values that come to far more than they are: what is made of them is bounded, and says so.

use tenantry_fastify::schema::{Checked, Schemas, Serializer};

fn serializer(schema: &str) -> Result<Serializer, String> {
    Schemas::new().serializer(schema).map_err(|error| error.message)
}

fn validator(schema: &str) -> Result<tenantry_fastify::schema::Validator, String> {
    Schemas::new().validator(schema).map_err(|error| error.message)
}

fn checked(schema: &str, value: &str) -> Result<Checked, String> {
    validator(schema).expect(schema).check("body", value).map_err(|error| error.message)
}

fn union(keyword: &str, prefix: &str, count: usize) -> String {
    let option = |at: usize| {
        format!(r#"{{"type":"object","properties":{{"{prefix}{at}":{{"type":"string"}}}}}}"#)
    };
    let options: Vec<String> = (0..count).map(option).collect();
    format!(r#"{{"{keyword}":[{}]}}"#, options.join(","))
}

#[test]
fn unions_that_multiply_each_other_are_refused() {
    for keyword in ["anyOf", "oneOf"] {
        let parts: Vec<String> =
            (0..5).map(|part| union(keyword, &format!("p{part}x"), 30)).collect();
        let schema = format!(r#"{{"type":"object","allOf":[{}]}}"#, parts.join(","));
        let refused = serializer(&schema).expect_err("it is too large");
        assert!(refused.contains(&format!("{keyword} is too large")), "{refused}");
        assert!(refused.contains("27000 options"), "{refused}");
    }
}

#[test]
fn unions_that_multiply_each_other_by_references_are_refused() {
    let schema = format!(
        r##"{{"definitions":{{"a":{},"b":{{"allOf":[{{"$ref":"#/definitions/a"}},{{"$ref":"#/definitions/b"}}],"anyOf":[{{}},{{}}]}}}},"$ref":"#/definitions/b"}}"##,
        union("anyOf", "p", 30)
    );
    assert!(serializer(&schema).is_err());
}

#[test]
fn unions_of_a_few_options_are_one() {
    let schema = format!(
        r#"{{"type":"object","allOf":[{},{}]}}"#,
        union("anyOf", "a", 10),
        union("anyOf", "b", 10)
    );
    let serializer = serializer(&schema).expect("it is small");
    assert_eq!(
        serializer.write(r#"{"a0":"x","b0":"y","c":3}"#).as_deref(),
        Ok(r#"{"a0":"x","b0":"y"}"#)
    );
}

/// What stands beside a union is part of each of its options.
#[test]
fn large_schemas_beside_unions_are_refused() {
    let values: Vec<String> = (0..20_000).map(|at| format!(r#""value {at}""#)).collect();
    let options: Vec<String> = (0..200).map(|at| format!(r#"{{"title":"{at}"}}"#)).collect();
    let schema = format!(
        r#"{{"type":"object","properties":{{"a":{{"enum":[{}]}}}},"anyOf":[{}]}}"#,
        values.join(","),
        options.join(",")
    );
    let refused = serializer(&schema).expect_err("it is too large");
    assert!(refused.contains("the schema is too large"), "{refused}");
}

#[test]
fn a_large_schema_that_is_referred_to_often_is_refused() {
    let values: Vec<String> = (0..20_000).map(|at| format!(r#""value {at}""#)).collect();
    let properties: Vec<String> =
        (0..200).map(|at| format!(r##""p{at}":{{"$ref":"#/definitions/e"}}"##)).collect();
    let schema = format!(
        r##"{{"definitions":{{"e":{{"enum":[{}]}}}},"type":"object","properties":{{{}}}}}"##,
        values.join(","),
        properties.join(",")
    );
    let refused = validator(&schema).expect_err("it is too large");
    assert!(refused.contains("the schema is too large"), "{refused}");
    // A few times are no matter.
    let few = schema.replace(&properties.join(","), &properties[..3].join(","));
    assert!(validator(&few).is_ok());
}

#[test]
fn long_names_above_many_schemas_are_refused() {
    let long = "x".repeat(1 << 20);
    let properties: Vec<String> =
        (0..2_000).map(|at| format!(r#""p{at}":{{"type":"string"}}"#)).collect();
    let schema = format!(
        r#"{{"type":"object","properties":{{"{long}":{{"type":"object","properties":{{{}}}}}}}}}"#,
        properties.join(",")
    );
    assert!(validator(&schema).expect_err("too large").contains("too large"));
    assert!(serializer(&schema).expect_err("too large").contains("too large"));
}

#[test]
fn references_that_only_lead_to_each_other_are_refused() {
    let mut definitions: Vec<String> = (0..10_000)
        .map(|at| format!(r##""d{at}":{{"$ref":"#/definitions/d{}"}}"##, at + 1))
        .collect();
    definitions.push(r#""d10000":{"type":"string"}"#.to_owned());
    let schema = format!(
        r##"{{"definitions":{{{}}},"type":"object","properties":{{"a":{{"$ref":"#/definitions/d0"}}}}}}"##,
        definitions.join(",")
    );
    // With as much stack as the threads of isolates have.
    let compiling = std::thread::Builder::new().stack_size(4 << 20);
    let compiled = compiling.spawn(move || serializer(&schema)).expect("a thread").join();
    let refused = compiled.expect("it does not panic").expect_err("too deep");
    assert!(refused.contains("maximum depth"), "{refused}");
}

#[test]
fn patterns_that_are_large_together_are_refused() {
    let large = r#"{"type":"string","pattern":"^(?=(a{900}){9})(?=(b{900}){9})(?=(c{900}){9})(?=(d{900}){9})(?=(e{900}){9})"}"#;
    assert!(validator(large).is_err());
    let many: Vec<String> = (1..100)
        .map(|at| format!(r#""p{at}":{{"type":"string","pattern":"^a{{1,{at}}}$"}}"#))
        .collect();
    let distinct: Vec<String> =
        (0..1_200).map(|at| format!(r#""p{at}":{{"type":"string","pattern":"^{at}$"}}"#)).collect();
    let object =
        |parts: &[String]| format!(r#"{{"type":"object","properties":{{{}}}}}"#, parts.join(","));
    assert!(validator(&object(&many)).is_ok());
    assert!(validator(&object(&distinct)).is_err());
}

#[test]
fn what_is_written_is_bounded_too() {
    let schema = format!(
        r#"{{"type":"array","items":{{"type":"object","properties":{{"a":{{"type":"string","default":"{}"}}}}}}}}"#,
        "x".repeat(100_000)
    );
    let serializer = serializer(&schema).expect("a schema");
    assert!(serializer.write("[{},{}]").is_ok());
    let many = format!("[{}]", vec!["{}"; 10_000].join(","));
    let refused = serializer.write(&many).expect_err("a gigabyte");
    assert!(refused.contains("too much text"), "{refused}");
}

#[test]
fn defaults_that_are_set_are_bounded() {
    let schema = format!(
        r#"{{"type":"array","items":{{"type":"object","properties":{{"a":{{"type":"string","default":"{}"}}}}}}}}"#,
        "x".repeat(100_000)
    );
    assert!(matches!(checked(&schema, "[{},{}]"), Ok(Checked::Changed(_))));
    let many = format!("[{}]", vec!["{}"; 10_000].join(","));
    assert_eq!(
        checked(&schema, &many),
        Err("body needs too many steps to be validated".to_owned())
    );
}

#[test]
fn long_lists_of_values_count_as_steps() {
    let values: Vec<String> = (0..20_000).map(|at| at.to_string()).collect();
    let schema = format!(r#"{{"type":"array","items":{{"enum":[{}]}}}}"#, values.join(","));
    let items = |count: usize| format!("[{}]", vec!["19999"; count].join(","));
    assert_eq!(checked(&schema, &items(100)), Ok(Checked::Unchanged));
    assert_eq!(
        checked(&schema, &items(100_000)),
        Err("body needs too many steps to be validated".to_owned())
    );
}

#[test]
fn nested_unions_that_never_fit_are_given_up() {
    let mut definitions = vec![r#""d0":{"enum":["never"]}"#.to_owned()];
    for level in 1..30 {
        let below = format!(r##"{{"$ref":"#/definitions/d{}"}}"##, level - 1);
        definitions.push(format!(r#""d{level}":{{"anyOf":[{below},{below}]}}"#));
    }
    let schema =
        format!(r##"{{"definitions":{{{}}},"$ref":"#/definitions/d29"}}"##, definitions.join(","));
    let error = checked(&schema, "1").expect_err("nothing fits");
    assert!(error.contains("too many steps") || error.contains("errors"), "{error}");
}

#[test]
fn unions_within_an_answer_share_its_steps() {
    let options: Vec<String> = (0..500).map(|at| format!(r#"{{"const":"{at}"}}"#)).collect();
    let schema = format!(r#"{{"type":"array","items":{{"anyOf":[{}]}}}}"#, options.join(","));
    let serializer = serializer(&schema).expect("a schema");
    let items = |count: usize| format!("[{}]", vec!["\"499\""; count].join(","));
    assert!(serializer.write(&items(100)).is_ok());
    let refused = serializer.write(&items(20_000)).expect_err("ten million looks");
    assert!(refused.contains("too many steps"), "{refused}");
}

#[test]
fn texts_of_too_many_values_are_refused() {
    let many = format!("[{}]", vec!["{\"\":0}"; 500_000].join(","));
    let refused = checked(r#"{"type":"array"}"#, &many).expect_err("too many");
    assert!(refused.contains("the value has more than 1500000 parts"), "{refused}");
}

#[test]
fn three_hundred_thousand_items_are_told_apart() {
    let items: Vec<String> = (0..300_000).map(|at| format!(r#"{{"a":{at}}}"#)).collect();
    let unique = r#"{"type":"array","uniqueItems":true}"#;
    assert_eq!(checked(unique, &format!("[{}]", items.join(","))), Ok(Checked::Unchanged));
    assert_eq!(
        checked(unique, r#"[{"a":1,"b":2},{"c":0},{"b":2,"a":1}]"#),
        Err("body must NOT have duplicate items (items ## 0 and 2 are identical)".to_owned())
    );
}

#[test]
fn sizes_grow_with_schemas() {
    let small = validator(r#"{"type":"string"}"#).expect("small").size();
    let large = validator(&union("anyOf", "p", 100)).expect("large").size();
    assert!(small > 0 && large > 50 * small, "{small} and {large} bytes");
    assert!(serializer(&union("anyOf", "p", 100)).expect("large").size() > 10_000);
    let mut schemas = Schemas::new();
    assert_eq!(schemas.size(), 0);
    schemas.add(r#"{"$id":"a","type":"string"}"#).expect("a schema");
    assert!(schemas.size() > 100);
}
