//! A value against a compiled schema, in Ajv's order and with its errors.
//!
//! The value is changed on the way: types are converted, defaults set, what is not wanted taken away. The first
//! error ends it; below `anyOf`, `oneOf` and `propertyNames` errors are collected, one of each branch.

mod arrays;
mod objects;
mod seen;

use super::coerce::coerce;
use super::compile::Program;
use super::error::Violation;
use super::node::{Any, Comparison, Node, NumberRule, StringRule, Type};
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
        match value {
            Value::Number(number) if number.is_finite() => {
                for rule in &node.number {
                    if !self.number(rule, *number, node, composite)? {
                        return Ok(false);
                    }
                }
            }
            Value::String(text) => {
                for rule in &node.string {
                    if !self.string(rule, text, node, composite)? {
                        return Ok(false);
                    }
                }
            }
            Value::Array(items) => {
                if !self.array(node, items, composite, seen)? {
                    return Ok(false);
                }
            }
            Value::Object(object) => {
                if !self.object(node, object, composite, seen)? {
                    return Ok(false);
                }
            }
            _ => {}
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

    fn any(
        &mut self,
        rule: &'p Any,
        node: &'p Node,
        value: &mut Value,
        composite: bool,
        seen: &mut Seen,
    ) -> Checked {
        match rule {
            Any::Call(index) => self.call(*index, value, seen),
            Any::Inline(inner) => self.node(inner, value, composite, seen),
            Any::Const(wanted) if value == wanted => Ok(true),
            Any::Const(wanted) => {
                let params = object([("allowedValue", wanted.clone())]);
                self.fail(node, composite, "const", params, "must be equal to constant".to_owned())
            }
            Any::Enum(values) if values.contains(value) => Ok(true),
            Any::Enum(values) => {
                let params = object([("allowedValues", Value::Array(values.clone()))]);
                self.fail(
                    node,
                    composite,
                    "enum",
                    params,
                    "must be equal to one of the allowed values".to_owned(),
                )
            }
            Any::Not(inner) => {
                if self.silently(inner, value, &mut Seen::default())? {
                    return self.fail(
                        node,
                        composite,
                        "not",
                        object([]),
                        "must NOT be valid".to_owned(),
                    );
                }
                Ok(true)
            }
            Any::AllOf(parts) => {
                for part in parts {
                    if !self.node(part, value, composite, seen)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Any::AnyOf(parts) => {
                let before = self.errors.len();
                let mut fits = false;
                for part in parts {
                    fits |= self.node(part, value, true, seen)?;
                    if fits && !self.program.tracks {
                        break;
                    }
                }
                if fits {
                    self.errors.truncate(before);
                    return Ok(true);
                }
                self.fail_too(
                    node,
                    composite,
                    "anyOf",
                    object([]),
                    "must match a schema in anyOf".to_owned(),
                )
            }
            Any::OneOf(parts) => self.one_of(parts, node, value, composite, seen),
            Any::If { condition, then, otherwise } => {
                let (keyword, branch) = if self.silently(condition, value, seen)? {
                    ("then", then)
                } else {
                    ("else", otherwise)
                };
                let Some(branch) = branch else { return Ok(true) };
                if self.node(branch, value, composite, seen)? {
                    return Ok(true);
                }
                let params = object([("failingKeyword", keyword.into())]);
                self.fail_too(
                    node,
                    composite,
                    "if",
                    params,
                    format!("must match \"{keyword}\" schema"),
                )
            }
        }
    }

    fn one_of(
        &mut self,
        parts: &'p [Node],
        node: &'p Node,
        value: &mut Value,
        composite: bool,
        seen: &mut Seen,
    ) -> Checked {
        let before = self.errors.len();
        let mut first = None;
        let mut passing = Value::Null;
        for (index, part) in parts.iter().enumerate() {
            if !self.node(part, value, true, seen)? {
                continue;
            }
            if let Some(first) = first.replace(index) {
                passing = Value::Array(vec![Value::from(first), Value::from(index)]);
                break;
            }
        }
        if first.is_some() && passing == Value::Null {
            self.errors.truncate(before);
            return Ok(true);
        }
        let params = object([("passingSchemas", passing)]);
        self.fail_too(
            node,
            composite,
            "oneOf",
            params,
            "must match exactly one schema in oneOf".to_owned(),
        )
    }

    /// A schema that others refer to: a failure in it is its caller's, once it has ended.
    fn call(&mut self, index: usize, value: &mut Value, seen: &mut Seen) -> Checked {
        let Some(node) = self.program.functions.get(index) else { return Ok(true) };
        let outer = std::mem::replace(&mut self.first_error, self.errors.len());
        let name = self.property_name.take();
        let result = self.node(node, value, false, seen);
        self.first_error = outer;
        self.property_name = name;
        match result {
            Err(Stop::Failed) => Ok(false),
            result => result,
        }
    }

    /// Whether a schema fits, without its errors.
    fn silently(&mut self, node: &'p Node, value: &mut Value, seen: &mut Seen) -> Checked {
        let before = self.errors.len();
        self.quiet += 1;
        let result = self.node(node, value, true, seen);
        self.quiet -= 1;
        self.errors.truncate(before);
        result
    }

    fn number(&mut self, rule: &NumberRule, number: f64, node: &Node, composite: bool) -> Checked {
        match rule {
            NumberRule::Limit(comparison, limit) => {
                let (keyword, sign, fits) = match comparison {
                    Comparison::AtMost => ("maximum", "<=", number <= *limit),
                    Comparison::AtLeast => ("minimum", ">=", number >= *limit),
                    Comparison::Below => ("exclusiveMaximum", "<", number < *limit),
                    Comparison::Above => ("exclusiveMinimum", ">", number > *limit),
                };
                if fits {
                    return Ok(true);
                }
                let params =
                    object([("comparison", sign.into()), ("limit", Value::Number(*limit))]);
                self.fail(
                    node,
                    composite,
                    keyword,
                    params,
                    format!("must be {sign} {}", number::text(*limit)),
                )
            }
            NumberRule::MultipleOf(divisor) => {
                let times = number / divisor;
                // From 1e21 on JavaScript writes numbers in a way that does not read back as whole ones.
                if *divisor != 0.0 && times.fract() == 0.0 && times.abs() < 1e21 {
                    return Ok(true);
                }
                let params = object([("multipleOf", Value::Number(*divisor))]);
                self.fail(
                    node,
                    composite,
                    "multipleOf",
                    params,
                    format!("must be multiple of {}", number::text(*divisor)),
                )
            }
            NumberRule::Format(format, _) if format.fits_number(number) => Ok(true),
            NumberRule::Format(_, name) => self.wrong_format(name, node, composite),
        }
    }

    fn string(&mut self, rule: &StringRule, text: &str, node: &Node, composite: bool) -> Checked {
        let length = || text.chars().count() as f64;
        match rule {
            StringRule::MaxLength(limit) if length() <= *limit => Ok(true),
            StringRule::MaxLength(limit) => {
                self.limit(node, composite, "maxLength", *limit, "more", "characters")
            }
            StringRule::MinLength(limit) if length() >= *limit => Ok(true),
            StringRule::MinLength(limit) => {
                self.limit(node, composite, "minLength", *limit, "fewer", "characters")
            }
            StringRule::Pattern(pattern, source) => {
                if pattern.is_match(text)? {
                    return Ok(true);
                }
                let params = object([("pattern", source.as_str().into())]);
                self.fail(
                    node,
                    composite,
                    "pattern",
                    params,
                    format!("must match pattern \"{source}\""),
                )
            }
            StringRule::Format(format, _) if format.fits(text) => Ok(true),
            StringRule::Format(_, name) => self.wrong_format(name, node, composite),
        }
    }

    fn wrong_format(&mut self, name: &str, node: &Node, composite: bool) -> Checked {
        let params = object([("format", name.into())]);
        self.fail(node, composite, "format", params, format!("must match format \"{name}\""))
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
