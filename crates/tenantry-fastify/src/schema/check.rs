//! A value against a compiled schema, in Ajv's order and with its errors.
//!
//! The value is changed on the way: types are converted, defaults set, what is not wanted taken away. The first
//! error ends it; below `anyOf`, `oneOf` and `propertyNames` errors are collected, one of each branch.

mod arrays;
mod general;
mod objects;
mod scalars;
mod seen;

use super::coerce::coerce;
use super::compile::Program;
use super::error::Violation;
use super::node::{Node, Type};
use super::pattern::TooManySteps;
use super::value::{Value, object};
use super::{json, number};
use seen::Seen;

/// How deep schemas may be applied within each other to one value.
const MAX_APPLIED: usize = 300;
/// How many schemas may be applied to a value, and how many more for each byte of it.
const STEPS: usize = 1_000_000;

/// What came of a check.
pub(crate) enum Outcome {
    /// It fits; whether the value was changed.
    Fits {
        changed: bool,
    },
    Errors(Vec<Violation>),
    /// It could not be told: the value and the schema together are too much work.
    GivenUp(String),
}

/// Checks a value, and changes it as the options say.
pub(crate) fn check(program: &Program, value: &mut Value, length: usize) -> Outcome {
    let Some(root) = program.functions.first() else { return Outcome::Fits { changed: false } };
    let mut run = Run {
        program,
        errors: Vec::new(),
        first_error: 0,
        path: Vec::new(),
        property_name: None,
        quiet: 0,
        steps: STEPS + length,
        depth: 0,
        changed: false,
    };
    match run.node(root, value, false, &mut Seen::default()) {
        Ok(true) => Outcome::Fits { changed: run.changed },
        Err(Stop::GivenUp(reason)) => Outcome::GivenUp(reason),
        Ok(false) | Err(Stop::Failed) => Outcome::Errors(run.errors),
    }
}

/// Why a check goes no further.
enum Stop {
    /// The error that ends it has been reported.
    Failed,
    GivenUp(String),
}

impl From<TooManySteps> for Stop {
    fn from(_: TooManySteps) -> Stop {
        Stop::GivenUp("could not be matched with a pattern: too many steps".to_owned())
    }
}

/// Whether the value fits; where it does not and errors are collected, they have been reported.
type Checked = Result<bool, Stop>;

/// A step on the way to the value looked at.
enum Step<'p> {
    Name(&'p str),
    Key(String),
    Index(usize),
}

struct Run<'p> {
    program: &'p Program,
    errors: Vec<Violation>,
    /// Where the errors of the function that runs begin.
    first_error: usize,
    path: Vec<Step<'p>>,
    property_name: Option<String>,
    /// Above zero where nobody looks at the errors.
    quiet: usize,
    steps: usize,
    depth: usize,
    changed: bool,
}

impl<'p> Run<'p> {
    fn node(
        &mut self,
        node: &'p Node,
        value: &mut Value,
        composite: bool,
        seen: &mut Seen,
    ) -> Checked {
        if self.steps == 0 || self.depth >= MAX_APPLIED {
            return Err(Stop::GivenUp("needs too many steps to be validated".to_owned()));
        }
        self.steps -= 1;
        self.depth += 1;
        let mut own = Seen::default();
        let result = self.rules(node, value, composite, &mut own);
        self.depth -= 1;
        if matches!(result, Ok(true)) {
            seen.merge(own);
        }
        result
    }

    fn rules(
        &mut self,
        node: &'p Node,
        value: &mut Value,
        composite: bool,
        seen: &mut Seen,
    ) -> Checked {
        if node.never {
            return self.fail(
                node,
                composite,
                "false schema",
                object([]),
                "boolean schema is false".to_owned(),
            );
        }
        let types = &node.types;
        if types.first && !types.list.iter().any(|kind| kind.is(value)) {
            match coerce(value, &types.list, &types.coerce) {
                Some(coerced) if !types.coerce.is_empty() => {
                    *value = coerced;
                    self.changed = true;
                }
                _ => return self.wrong_type(node, composite),
            }
        }
        for rule in &node.any {
            if !self.any(rule, node, value, composite, seen)? {
                return Ok(false);
            }
        }
        let fits = match value {
            Value::Number(number) if number.is_finite() => {
                self.numbers(node, *number, composite)?
            }
            Value::String(text) => self.strings(node, text, composite)?,
            Value::Array(items) => self.array(node, items, composite, seen)?,
            Value::Object(object) => self.object(node, object, composite, seen)?,
            _ => true,
        };
        if !fits {
            return Ok(false);
        }
        match types.list[..] {
            [kind] if !types.first && !kind.is(value) => self.wrong_type(node, composite),
            _ => Ok(true),
        }
    }

    fn wrong_type(&mut self, node: &Node, composite: bool) -> Checked {
        let shown = match &node.types.shown {
            Some(Value::Array(names)) => {
                names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")
            }
            Some(name) => name.as_str().unwrap_or_default().to_owned(),
            None => String::new(),
        };
        let params = object([("type", node.types.shown.clone().unwrap_or(Value::Null))]);
        self.fail(node, composite, "type", params, format!("must be {shown}"))
    }

    fn limit(
        &mut self,
        node: &Node,
        composite: bool,
        keyword: &'static str,
        limit: f64,
        word: &str,
        what: &str,
    ) -> Checked {
        let params = object([("limit", Value::Number(limit))]);
        let message = format!("must NOT have {word} than {} {what}", number::text(limit));
        self.fail(node, composite, keyword, params, message)
    }

    /// Reports an error in the place of those the function has so far, and ends it; below a composite keyword it is
    /// added to them.
    fn fail(
        &mut self,
        node: &Node,
        composite: bool,
        keyword: &'static str,
        params: Value,
        message: String,
    ) -> Checked {
        if !composite {
            self.errors.truncate(self.first_error);
        }
        self.fail_too(node, composite, keyword, params, message)
    }

    /// Reports an error beside those that led to it.
    fn fail_too(
        &mut self,
        node: &Node,
        composite: bool,
        keyword: &'static str,
        params: Value,
        message: String,
    ) -> Checked {
        if self.quiet == 0 {
            let violation = Violation {
                instance_path: self.instance_path(),
                schema_path: format!("{}/{keyword}", node.path),
                keyword,
                params,
                message,
                property_name: self.property_name.clone(),
            };
            self.errors.push(violation);
        }
        if composite { Ok(false) } else { Err(Stop::Failed) }
    }

    fn instance_path(&self) -> String {
        let mut path = String::new();
        for step in &self.path {
            path.push('/');
            match step {
                Step::Index(index) => path.push_str(&index.to_string()),
                Step::Name(name) => path.push_str(&name.replace('~', "~0").replace('/', "~1")),
                Step::Key(key) => path.push_str(&key.replace('~', "~0").replace('/', "~1")),
            }
        }
        path
    }

    /// A schema for a part of the value.
    fn part(
        &mut self,
        step: Step<'p>,
        node: &'p Node,
        value: &mut Value,
        composite: bool,
    ) -> Checked {
        self.path.push(step);
        let result = self.node(node, value, composite, &mut Seen::default());
        // After a failure that ends the check nobody needs the path; after one in a function its caller does.
        self.path.pop();
        result
    }
}

/// A text that equal values have in common: keys in order, numbers as they are written.
fn canonical(value: &Value) -> String {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
            Value::Object(object) => {
                let mut object: super::value::Object =
                    object.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
                object.sort_keys();
                Value::Object(object)
            }
            value => value.clone(),
        }
    }
    json::text(&sorted(value))
}

fn is_any(types: &[Type], value: &Value) -> bool {
    types.iter().any(|kind| kind.is(value))
}
