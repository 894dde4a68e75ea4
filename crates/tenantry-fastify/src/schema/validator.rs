//! A schema that values are checked against.

use std::sync::Arc;

use super::budget::{Budget, PART};
use super::check::{Outcome, check};
use super::compile::{Options, Program, compile};
use super::error::{ValidationError, Violation};
use super::registry::Registry;
use super::steps::Steps;
use super::value::Value;
use super::{json, meta};

/// A compiled schema. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Validator {
    program: Arc<Program>,
}

/// A value that fits its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It fits as it is.
    Unchanged,
    /// Types were converted, defaults set or properties taken away: the value as JSON text.
    Changed(String),
}

impl Validator {
    /// Compiles a schema that may refer to `others`. The error is the reason alone.
    pub(crate) fn compile(schema: &Arc<Value>, others: &[Arc<Value>]) -> Result<Validator, String> {
        for schema in others.iter().chain([schema]) {
            meta::check(schema)?;
        }
        Validator::with_options(schema, others, Options::REQUEST)
    }

    pub(crate) fn with_options(
        schema: &Arc<Value>,
        others: &[Arc<Value>],
        options: Options,
    ) -> Result<Validator, String> {
        let mut registry = Registry::default();
        let id = schema.get("$id").and_then(Value::as_str);
        for other in others {
            // A schema that was added itself is not there twice.
            if id.is_none() || other.get("$id").and_then(Value::as_str) != id {
                registry.add(Arc::clone(other), "")?;
            }
        }
        let root = registry.add(Arc::clone(schema), "")?;
        let program = compile(&registry, &root, options, &mut Budget::default())?;
        Ok(Validator { program: Arc::new(program) })
    }

    /// About how many bytes it takes, of memory that is no isolate's.
    #[must_use]
    pub fn size(&self) -> usize {
        self.program.parts * PART
    }

    /// Checks a JSON text. `context` is what errors call it: `body`, `querystring`, `params` or `headers`.
    ///
    /// # Errors
    ///
    /// A [`ValidationError`] with Ajv's list of errors. The keyword is `limit` where the text is no JSON, nests too
    /// deep, or is too much work together with this schema.
    pub fn check(&self, context: &str, text: &str) -> Result<Checked, ValidationError> {
        let mut value =
            json::parse(text).map_err(|reason| ValidationError::limit(context, reason))?;
        match check(&self.program, &mut value, &mut Steps::of(text.len())) {
            Outcome::Fits { changed: false } => Ok(Checked::Unchanged),
            Outcome::Fits { changed: true } => Ok(Checked::Changed(json::text(&value))),
            Outcome::Errors(errors) => Err(ValidationError::new(context, &errors)),
            Outcome::GivenUp(reason) => Err(ValidationError::limit(context, reason)),
        }
    }

    /// The errors of a value, which is not changed.
    pub(crate) fn errors(&self, value: &Value, length: usize) -> Result<Vec<Violation>, String> {
        match check(&self.program, &mut value.clone(), &mut Steps::of(length)) {
            Outcome::Fits { .. } => Ok(Vec::new()),
            Outcome::Errors(errors) => Ok(errors),
            Outcome::GivenUp(reason) => Err(reason),
        }
    }
}
