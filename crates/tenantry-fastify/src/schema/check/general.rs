//! Rules about a value of any type: other schemas for it, and what it may be.

use super::{Checked, Run, Seen, Stop};
use crate::schema::node::{General, Node};
use crate::schema::value::{Value, object};

impl<'p> Run<'p, '_> {
    pub(super) fn any(
        &mut self,
        rule: &'p General,
        node: &'p Node,
        value: &mut Value,
        composite: bool,
        seen: &mut Seen,
    ) -> Checked {
        match rule {
            General::Call(index) => self.call(*index, value, seen),
            General::Inline(inner) => self.node(inner, value, composite, seen),
            General::Const(wanted) => {
                if self.is_one_of(value, std::slice::from_ref(wanted))? {
                    return Ok(true);
                }
                let params = object([("allowedValue", self.shown(wanted)?)]);
                self.fail(node, composite, "const", params, "must be equal to constant".to_owned())
            }
            General::Enum(values) => {
                if self.is_one_of(value, values)? {
                    return Ok(true);
                }
                let mut shown = Vec::new();
                if self.quiet == 0 {
                    for value in values {
                        shown.push(self.shown(value)?);
                    }
                }
                let params = object([("allowedValues", Value::Array(shown))]);
                self.fail(
                    node,
                    composite,
                    "enum",
                    params,
                    "must be equal to one of the allowed values".to_owned(),
                )
            }
            General::Not(inner) => {
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
            General::AllOf(parts) => {
                for part in parts {
                    if !self.node(part, value, composite, seen)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            General::AnyOf(parts) => {
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
            General::OneOf(parts) => self.one_of(parts, node, value, composite, seen),
            General::If { condition, then, otherwise } => {
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

    /// Whether a value is among others. To compare whole arrays and objects costs what is in them.
    fn is_one_of(&mut self, value: &Value, values: &[Value]) -> Result<bool, Stop> {
        self.steps.spend(values.len() / 8)?;
        if !matches!(value, Value::Array(_) | Value::Object(_)) {
            return Ok(values.contains(value));
        }
        for other in values {
            let alike = match (value, other) {
                (Value::Array(items), Value::Array(others)) => items.len() == others.len(),
                (Value::Object(object), Value::Object(other)) => object.len() == other.len(),
                _ => false,
            };
            if alike {
                self.steps.spend(other.weight())?;
                if value == other {
                    return Ok(true);
                }
            }
        }
        Ok(false)
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
}
