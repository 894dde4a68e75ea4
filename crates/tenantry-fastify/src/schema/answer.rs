//! Answers by a schema, as fast-json-stringify writes them: what the schema does not list is dropped, the rest is
//! converted to what it says.
//!
//! The value comes as JSON text, after JavaScript's own `JSON.stringify`. So a `Date` is its ISO text already, and
//! what fast-json-stringify does with dates is done to texts of exactly that shape.

mod build;
mod merge;
mod references;
mod write;

use std::sync::Arc;

use super::budget::PART;
use super::compile::Program;
use super::json;
use super::node::Type;
use super::pattern::Pattern;
use super::value::Value;

/// A compiled schema of an answer. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Serializer {
    plan: Arc<Plan>,
}

impl Serializer {
    pub(crate) fn compile(
        schema: &Arc<Value>,
        others: &[Arc<Value>],
    ) -> Result<Serializer, String> {
        Ok(Serializer { plan: Arc::new(build::build(schema, others)?) })
    }

    /// About how many bytes it takes at most, of memory that is no isolate's.
    #[must_use]
    pub fn size(&self) -> usize {
        self.plan.parts * PART
    }

    /// Writes a value, given as JSON text, as the schema says.
    ///
    /// # Errors
    ///
    /// What fast-json-stringify throws: `"name" is required!`, `The value "x" cannot be converted to a number.`, …
    pub fn write(&self, text: &str) -> Result<String, String> {
        let value = json::parse(text)?;
        write::write(&self.plan, &value, text.len())
    }
}

/// Writers that refer to each other by index.
#[derive(Debug)]
struct Plan {
    writers: Vec<Writer>,
    root: usize,
    /// How many parts were made for it of its schema.
    parts: usize,
}

/// How a value is written.
#[derive(Debug)]
struct Writer {
    kind: Kind,
    /// `null` stays `null`.
    nullable: bool,
    /// Where the schema stands, for errors.
    place: String,
}

#[derive(Debug)]
enum Kind {
    /// As it is.
    Any,
    Null,
    String,
    Moment(Moment),
    Integer,
    Number,
    Boolean,
    Object(Box<ObjectWriter>),
    Array(Items),
    /// The first type that fits.
    Types(Vec<(Type, usize)>),
    Const {
        text: String,
        or_null: bool,
    },
    /// The first schema that fits.
    OneOf(Vec<(Program, usize)>),
    If(Box<Program>, usize, usize),
    /// Another writer, for a reference.
    Same(usize),
}

/// What a date is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Both,
    Day,
    Hours,
}

#[derive(Debug, Default)]
struct ObjectWriter {
    /// In the order they are written: required ones first.
    properties: Vec<Property>,
    /// Required, but not listed.
    required: Vec<String>,
    patterns: Vec<(Pattern, usize)>,
    additional: Option<usize>,
}

#[derive(Debug)]
struct Property {
    name: String,
    /// The name in quotes, with its colon.
    quoted: String,
    writer: usize,
    required: bool,
    /// The default as JSON text.
    default: Option<String>,
}

#[derive(Debug)]
enum Items {
    All(usize),
    Tuple { items: Vec<(Vec<Type>, usize)>, more: bool },
}
