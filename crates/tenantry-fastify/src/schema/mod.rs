//! JSON Schema for routes, as Fastify has it by Ajv and fast-json-stringify.
//!
//! A [`Schemas`] holds what `addSchema` was given in one scope, and compiles a route's schemas once: to a
//! [`Validator`] for a part of a request, to a [`Serializer`] for an answer. JSON text in, JSON text out, so that a
//! value crosses from JavaScript and back in one piece, and a route without a schema pays nothing.
//!
//! Validation is Ajv 8's with Fastify's options, in its order and with its errors: `coerceTypes: "array"`,
//! `useDefaults`, `removeAdditional`, `allErrors: false`, strict mode, the formats of ajv-formats. Draft 07 unless
//! `$schema` says 2019-09 or 2020-12.
//!
//! Schemas are written by tenants, and what they make here no isolate's limit counts or interrupts. So all of it is
//! bounded: the parts that are made of a schema, its depth, the size of its patterns, the values of a JSON text, and
//! the steps for each value.

mod answer;
mod budget;
mod check;
mod coerce;
mod compile;
mod error;
mod format;
mod headers;
mod json;
mod meta;
mod node;
mod number;
mod pattern;
mod registry;
mod steps;
mod store;
mod uri;
mod validator;
mod value;

pub use answer::Serializer;
pub use error::{SchemaError, ValidationError};
pub(crate) use json::MAX_DEPTH;
pub use store::Schemas;
pub use validator::{Checked, Validator};
