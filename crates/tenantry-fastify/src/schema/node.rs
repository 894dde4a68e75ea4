//! A compiled schema: what [`check`](super::check) walks along a value.

use std::collections::HashSet;
use std::sync::Arc;

use super::format::Format;
use super::pattern::Pattern;
use super::value::Value;

/// A type of JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    String,
    Number,
    Integer,
    Boolean,
    Null,
    Array,
    Object,
}

impl Type {
    pub(crate) fn by_name(name: &str) -> Option<Type> {
        Some(match name {
            "string" => Type::String,
            "number" => Type::Number,
            "integer" => Type::Integer,
            "boolean" => Type::Boolean,
            "null" => Type::Null,
            "array" => Type::Array,
            "object" => Type::Object,
            _ => return None,
        })
    }

    /// Whether a value is of this type.
    pub(crate) fn is(self, value: &Value) -> bool {
        match (self, value) {
            (Type::String, Value::String(_))
            | (Type::Boolean, Value::Bool(_))
            | (Type::Null, Value::Null)
            | (Type::Array, Value::Array(_))
            | (Type::Object, Value::Object(_)) => true,
            (Type::Number, Value::Number(number)) => number.is_finite(),
            (Type::Integer, Value::Number(number)) => number.is_finite() && number.fract() == 0.0,
            _ => false,
        }
    }
}

/// A schema or a part of one. Its rules are checked in Ajv's order: the type, those of any type, of numbers, strings,
/// arrays, objects.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// Where it stands, as `schemaPath` of errors begins.
    pub(crate) path: Box<str>,
    /// `false` as a schema: nothing fits.
    pub(crate) never: bool,
    pub(crate) types: Types,
    pub(crate) any: Vec<General>,
    pub(crate) number: Vec<NumberRule>,
    pub(crate) string: Vec<StringRule>,
    pub(crate) array: Vec<ArrayRule>,
    pub(crate) object: Vec<ObjectRule>,
    /// Properties that are set where they are missing.
    pub(crate) defaults: Vec<(String, Value)>,
    /// The same for items of a tuple.
    pub(crate) item_defaults: Vec<(usize, Value)>,
    /// `unevaluatedProperties` and `unevaluatedItems`, which come last.
    pub(crate) unevaluated_properties: Option<Box<Extra>>,
    pub(crate) unevaluated_items: Option<Box<Extra>>,
}

/// What `type` asks for.
#[derive(Debug, Default)]
pub(crate) struct Types {
    pub(crate) list: Vec<Type>,
    /// Checked before all else. Otherwise the single type has rules of its own, and is checked where they are.
    pub(crate) first: bool,
    /// The types a value may be converted to.
    pub(crate) coerce: Vec<Type>,
    /// `type` as it is written, for errors.
    pub(crate) shown: Option<Value>,
}

/// A rule about a value of any type.
#[derive(Debug)]
pub(crate) enum General {
    /// `$ref` to a schema that is compiled once, since it has references itself.
    Call(usize),
    /// `$ref` to a schema without references.
    Inline(Box<Node>),
    Const(Value),
    Enum(Vec<Value>),
    Not(Box<Node>),
    AnyOf(Vec<Node>),
    OneOf(Vec<Node>),
    AllOf(Vec<Node>),
    If {
        condition: Box<Node>,
        then: Option<Box<Node>>,
        otherwise: Option<Box<Node>>,
    },
}

/// A comparison with a limit.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Comparison {
    AtMost,
    AtLeast,
    Below,
    Above,
}

/// A rule about numbers.
#[derive(Debug)]
pub(crate) enum NumberRule {
    Limit(Comparison, f64),
    MultipleOf(f64),
    Format(Format, String),
}

/// A rule about strings.
#[derive(Debug)]
pub(crate) enum StringRule {
    MaxLength(f64),
    MinLength(f64),
    Pattern(Arc<Pattern>, String),
    Format(Format, String),
}

/// A rule about arrays.
#[derive(Debug)]
pub(crate) enum ArrayRule {
    MaxItems(f64),
    MinItems(f64),
    /// A schema for each of the first items; `None` where anything fits.
    Tuple(Vec<Option<Node>>),
    /// A schema for the items from an index on, and the keyword.
    Rest(&'static str, usize, Extra),
    Contains {
        min: usize,
        max: Option<usize>,
        node: Box<Node>,
    },
    /// `uniqueItems`; with the items' types where those are known to be simple ones.
    Unique(Vec<Type>),
}

/// A rule about objects.
#[derive(Debug)]
pub(crate) enum ObjectRule {
    MaxProperties(f64),
    MinProperties(f64),
    Required(Vec<String>),
    PropertyNames(Box<Node>),
    Additional { named: HashSet<String>, patterns: Vec<Arc<Pattern>>, extra: Extra },
    DependentRequired(&'static str, Vec<(String, Vec<String>)>),
    DependentSchemas(Vec<(String, Node)>),
    Properties(Vec<(String, Option<Node>)>),
    PatternProperties(Vec<(Arc<Pattern>, Option<Node>)>),
}

/// What is asked of properties or items that no other keyword names.
#[derive(Debug)]
pub(crate) enum Extra {
    /// There may be none.
    None,
    /// There may be any: only told where it matters what has been evaluated.
    Any,
    Schema(Box<Node>),
}
