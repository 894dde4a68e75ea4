//! A value against a compiled schema, in Ajv's order and with its errors.
//!
//! The value is changed on the way: types are converted, defaults set, what is not wanted taken away. The first
//! error ends it; below `anyOf`, `oneOf` and `propertyNames` errors are collected, one of each branch.

mod arrays;
mod distinct;
mod general;
mod objects;
mod scalars;
mod seen;

use super::coerce::coerce;
use super::compile::Program;
use super::error::Violation;
use super::node::{Node, Type};
use super::number;
use super::steps::{Steps, TooMuch};
use super::value::{Value, object};
use seen::Seen;

/// How deep schemas may be applied within each other to one value.
const MAX_APPLIED: usize = 300;
/// How many errors may be collected below `anyOf` and its like.
const MAX_ERRORS: usize = 100_000;
/// What a value costs that is put where there was none: it takes memory, and not only time.
const SET: usize = 4;

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
pub(crate) fn check(program: &Program, value: &mut Value, steps: &mut Steps) -> Outcome {
    let Some(root) = program.functions.first() else { return Outcome::Fits { changed: false } };
    let mut run = Run {
        program,
        errors: Vec::new(),
        first_error: 0,
        path: Vec::new(),
        property_name: None,
        quiet: 0,
        steps,
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

impl From<TooMuch> for Stop {
    fn from(much: TooMuch) -> Stop {
        let reason = match much {
            TooMuch::Steps => "needs too many steps to be validated",
            TooMuch::Pattern => "could not be matched with a pattern: too many steps",
        };
        Stop::GivenUp(reason.to_owned())
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

struct Run<'p, 's> {
    program: &'p Program,
    errors: Vec<Violation>,
    /// Where the errors of the function that runs begin.
    first_error: usize,
    path: Vec<Step<'p>>,
    property_name: Option<String>,
    /// Above zero where nobody looks at the errors.
    quiet: usize,
    steps: &'s mut Steps,
    depth: usize,
    changed: bool,
}

impl<'p> Run<'p, '_> {
    fn node(
        &mut self,
        node: &'p Node,
        value: &mut Value,
        composite: bool,
        seen: &mut Seen,
    ) -> Checked {
        self.steps.spend(1)?;
        if self.depth >= MAX_APPLIED {
            return Err(TooMuch::Steps.into());
        }
        self.depth += 1;
        let mut own = Seen::default();
        let result = self.rules(node, value, composite, &mut own);
        self.depth -= 1;
        if matches!(result, Ok(true)) {
            self.steps.spend(own.properties.len() / 8)?;
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
            if types.coerce.is_empty() {
                return self.wrong_type(node, composite);
            }
            self.steps.spend(cost_of_coercing(value))?;
            let Some(coerced) = coerce(value, &types.list, &types.coerce) else {
                return self.wrong_type(node, composite);
            };
            *value = coerced;
            self.changed = true;
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
            if self.errors.len() >= MAX_ERRORS {
                return Err(Stop::GivenUp(format!("has more than {MAX_ERRORS} errors")));
            }
            let violation = Violation {
                instance_path: self.instance_path(),
                schema_path: format!("{}/{keyword}", node.path),
                keyword,
                params,
                message,
                property_name: self.property_name.clone(),
            };
            let texts = [&violation.instance_path, &violation.schema_path, &violation.message];
            self.steps.spend(texts.iter().map(|text| text.len() / 16).sum())?;
            self.errors.push(violation);
        }
        if composite { Ok(false) } else { Err(Stop::Failed) }
    }

    /// A value of a schema's, for the parameters of an error.
    fn shown(&mut self, value: &Value) -> Result<Value, Stop> {
        if self.quiet > 0 {
            return Ok(Value::Null);
        }
        self.steps.spend(value.weight())?;
        Ok(value.clone())
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

/// What it costs to convert a value: the only item of an array is copied, and so is what becomes one.
fn cost_of_coercing(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() / 16,
        Value::Array(items) if items.len() == 1 => items[0].weight(),
        _ => 0,
    }
}

fn is_any(types: &[Type], value: &Value) -> bool {
    types.iter().any(|kind| kind.is(value))
}
