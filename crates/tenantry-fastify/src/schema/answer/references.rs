//! References, and schemas of one value that are written as one.

use std::sync::Arc;

use super::Kind;
use super::build::{Builder, Site};
use super::merge::{absolute, absolute_object, merge};
use crate::schema::budget::PART;
use crate::schema::compile::{self, Options, Program};
use crate::schema::json::{self, MAX_DEPTH};
use crate::schema::registry::{Place, Registry};
use crate::schema::value::{Object, Value};

impl Builder {
    /// A property's default, its own or that of what it refers to.
    pub(super) fn default_of(
        &mut self,
        schema: &Value,
        site: &Site,
    ) -> Result<Option<String>, String> {
        let mut schema = schema;
        let mut base = site.base.clone();
        for _ in 0..MAX_DEPTH {
            if let Some(value) = schema.get("default") {
                self.budget.take(value.weight())?;
                return Ok(Some(json::text(value)));
            }
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
                return Ok(None);
            };
            let place = resolve(&self.registry, &base, reference)?;
            schema = self.registry.at(&place).ok_or("the schema is gone")?;
            base = place.base;
        }
        Err(format!("schema exceeds maximum depth of {MAX_DEPTH}"))
    }

    /// What a reference leads to, with the keywords beside it.
    pub(super) fn reference(
        &mut self,
        reference: &str,
        schema: &Object,
        site: &Site,
    ) -> Result<usize, String> {
        let place = resolve(&self.registry, &site.base, reference)?;
        let notes = [
            "$ref",
            "$comment",
            "title",
            "description",
            "examples",
            "deprecated",
            "readOnly",
            "writeOnly",
            "$id",
        ];
        let beside = self.budget.copy_without(schema, &notes)?;
        if beside.is_empty() {
            return self.place(&place, site.depth);
        }
        let mut target = Value::Object(Object::from_iter([(
            "$ref".to_owned(),
            Value::String(reference.to_owned()),
        )]));
        target = self.followed(&target, &site.base)?;
        if let Value::Object(target) = &mut target {
            let beside = absolute_object(&beside, &site.base, &mut self.budget)?;
            merge(target, &beside, &mut self.budget)?;
        }
        self.schema(&target, &Site { depth: site.depth + 1, ..site.clone() })
    }

    /// A schema with absolute references, itself no reference any more.
    fn followed(&mut self, schema: &Value, base: &str) -> Result<Value, String> {
        let mut base = base.to_owned();
        let mut schema = self.budget.copy(schema)?;
        for _ in 0..MAX_DEPTH {
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
                return absolute(&schema, &base, &mut self.budget);
            };
            let place = resolve(&self.registry, &base, reference)?;
            let found = self.registry.at(&place).ok_or("the schema is gone")?;
            let mut target = self.budget.copy(found)?;
            if let (Value::Object(target), Value::Object(mut beside)) =
                (&mut target, absolute(&schema, &base, &mut self.budget)?)
            {
                beside.shift_remove("$ref");
                target.shift_remove("$id");
                merge(target, &beside, &mut self.budget)?;
            }
            base = place.base;
            schema = target;
        }
        Err("Cannot resolve circular reference".to_owned())
    }

    pub(super) fn all_of(
        &mut self,
        schema: &Object,
        all: &[Value],
        site: &Site,
    ) -> Result<Value, String> {
        let own = self.budget.copy_without(schema, &["allOf"])?;
        let mut merged = absolute_object(&own, &site.base, &mut self.budget)?;
        let closed = merged.get("additionalProperties") == Some(&Value::Bool(false));
        for part in all {
            if let Value::Object(part) = self.followed(part, &site.base)? {
                merge(&mut merged, &part, &mut self.budget)?;
            }
        }
        if closed {
            merged.insert("additionalProperties".to_owned(), Value::Bool(false));
        }
        merged.shift_remove("$id");
        Ok(Value::Object(merged))
    }

    pub(super) fn one_of(
        &mut self,
        schema: &Object,
        keyword: &str,
        options: &[Value],
        site: &Site,
    ) -> Result<Kind, String> {
        let rest = self.budget.copy_without(schema, &[keyword])?;
        let mut writers = Vec::with_capacity(options.len());
        for (index, option) in options.iter().enumerate() {
            let site = site.below(&[keyword, &index.to_string()]);
            let program = self.program(option, &site)?;
            let writer = if rest.is_empty() {
                self.schema(option, &site)?
            } else {
                self.combined(&rest, option, &site)?
            };
            writers.push((program, writer));
        }
        Ok(Kind::OneOf(writers))
    }

    /// A schema and one of its branches as one.
    pub(super) fn combined(
        &mut self,
        schema: &Object,
        branch: &Value,
        site: &Site,
    ) -> Result<usize, String> {
        let mut merged = absolute_object(schema, &site.base, &mut self.budget)?;
        if let Value::Object(branch) = self.followed(branch, &site.base)? {
            merged.shift_remove("$id");
            merge(&mut merged, &branch, &mut self.budget)?;
        }
        self.schema(&Value::Object(merged), &Site { depth: site.depth + 1, ..site.clone() })
    }

    /// What tells whether a branch fits.
    pub(super) fn program(&mut self, schema: &Value, site: &Site) -> Result<Program, String> {
        self.options += 1;
        self.budget.take(4 + (site.base.len() + site.pointer.len()) / PART)?;
        let document = Arc::new(absolute(schema, &site.base, &mut self.budget)?);
        let place = self.registry.add(document, &format!("__option-{}", self.options))?;
        compile::compile(&self.registry, &place, Options::META, &mut self.budget)
    }
}

fn resolve(registry: &Registry, base: &str, reference: &str) -> Result<Place, String> {
    registry
        .resolve(base, reference)
        .ok_or_else(|| format!("Cannot find reference \"{reference}\""))
}
