//! From the schema of an answer to a plan for writing it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Items, Kind, Moment, ObjectWriter, Plan, Property, Writer};
use crate::schema::budget::{Budget, PART};
use crate::schema::compile;
use crate::schema::json::{self, MAX_DEPTH};
use crate::schema::meta;
use crate::schema::node::Type;
use crate::schema::pattern::Pattern;
use crate::schema::registry::{Place, Registry};
use crate::schema::value::{Object, Value};

const MAX_WRITERS: usize = 20_000;
/// The parts of a schema that a writer counts for, beside what it keeps of the schema.
const WRITER: usize = 4;

/// The id of a schema that has none.
const ROOT: &str = "__answer";

pub(super) fn build(schema: &Arc<Value>, others: &[Arc<Value>]) -> Result<Plan, String> {
    meta::check(schema)?;
    let mut registry = Registry::default();
    let id = schema.get("$id").and_then(Value::as_str);
    for other in others {
        if id.is_none() || other.get("$id").and_then(Value::as_str) != id {
            meta::check(other)?;
            registry.add(Arc::clone(other), "")?;
        }
    }
    let root = registry.add(Arc::clone(schema), ROOT)?;
    let mut builder = Builder {
        registry,
        writers: Vec::new(),
        places: HashMap::new(),
        unions: HashMap::new(),
        options: 0,
        budget: Budget::default(),
    };
    let root = builder.place(&root, 0)?;
    let parts = builder.budget.taken();
    let writers = builder
        .writers
        .into_iter()
        .map(|writer| writer.ok_or("a writer is missing"))
        .collect::<Result<_, _>>()?;
    Ok(Plan { writers, root, parts })
}

pub(super) struct Builder {
    pub(super) registry: Registry,
    /// `None` while one is being made.
    writers: Vec<Option<Writer>>,
    places: HashMap<Place, usize>,
    /// Schemas with unions in them, by their text: they are merged anew where they are met, and may hold themselves.
    unions: HashMap<(String, String), usize>,
    pub(super) options: usize,
    pub(super) budget: Budget,
}

/// Where a schema stands.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) base: String,
    pub(super) pointer: String,
    pub(super) depth: usize,
}

impl Site {
    pub(super) fn below(&self, keys: &[&str]) -> Site {
        Site {
            base: self.base.clone(),
            pointer: format!("{}/{}", self.pointer, keys.join("/")),
            depth: self.depth + 1,
        }
    }

    fn place(&self) -> String {
        if self.base == ROOT {
            format!("#{}", self.pointer)
        } else {
            format!("{}#{}", self.base, self.pointer)
        }
    }
}

impl Builder {
    fn reserve(&mut self) -> Result<usize, String> {
        if self.writers.len() >= MAX_WRITERS {
            return Err(format!("the schema has more than {MAX_WRITERS} parts"));
        }
        self.writers.push(None);
        Ok(self.writers.len() - 1)
    }

    /// The schema at a place, once however often it is referred to.
    pub(super) fn place(&mut self, place: &Place, depth: usize) -> Result<usize, String> {
        if let Some(index) = self.places.get(place) {
            return Ok(*index);
        }
        if depth > MAX_DEPTH {
            return Err(format!("schema exceeds maximum depth of {MAX_DEPTH}"));
        }
        let schema = self.registry.at(place).ok_or("the schema is gone")?;
        let schema = self.budget.copy(schema)?;
        let index = self.reserve()?;
        self.places.insert(place.clone(), index);
        let pointer = place.path.iter().map(|key| format!("/{key}")).collect();
        let site = Site { base: place.base.clone(), pointer, depth: depth + 1 };
        self.fill(index, &schema, &site)?;
        Ok(index)
    }

    pub(super) fn schema(&mut self, schema: &Value, site: &Site) -> Result<usize, String> {
        if site.depth > MAX_DEPTH {
            return Err(format!("schema exceeds maximum depth of {MAX_DEPTH}"));
        }
        let is_union = schema.as_object().is_some_and(|schema| {
            ["allOf", "anyOf", "oneOf", "if"].iter().any(|keyword| schema.contains_key(*keyword))
                || (schema.contains_key("$ref") && schema.len() > 1)
        });
        if is_union {
            self.budget.take(schema.weight() + site.base.len() / PART)?;
        }
        let key = is_union.then(|| (site.base.clone(), json::text(schema)));
        if let Some(index) = key.as_ref().and_then(|key| self.unions.get(key)) {
            return Ok(*index);
        }
        let index = self.reserve()?;
        if let Some(key) = key {
            self.unions.insert(key, index);
        }
        self.fill(index, schema, site)?;
        Ok(index)
    }

    fn fill(&mut self, index: usize, schema: &Value, site: &Site) -> Result<(), String> {
        self.budget.take(WRITER + (site.pointer.len() + site.base.len()) / PART)?;
        let (kind, nullable) = match schema {
            Value::Object(object) => {
                (self.kind(object, site)?, object.get("nullable") == Some(&Value::Bool(true)))
            }
            _ => (Kind::Any, false),
        };
        // What refers to others leaves null to them.
        let nullable = nullable && !matches!(kind, Kind::Same(_) | Kind::OneOf(_) | Kind::If(..));
        self.writers[index] = Some(Writer { kind, nullable, place: site.place() });
        Ok(())
    }

    fn kind(&mut self, schema: &Object, site: &Site) -> Result<Kind, String> {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return self.reference(reference, schema, site).map(Kind::Same);
        }
        if let Some(Value::Array(all)) = schema.get("allOf") {
            let merged = self.all_of(schema, all, site)?;
            let site = Site { depth: site.depth + 1, ..site.clone() };
            return self.schema(&merged, &site).map(Kind::Same);
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(options)) = schema.get(keyword) {
                return self.one_of(schema, keyword, options, site);
            }
        }
        if let Some(condition) =
            schema.get("if").filter(|_| schema.contains_key("then") || schema.contains_key("else"))
        {
            let rest = self.budget.copy_without(schema, &["if", "then", "else"])?;
            let program = self.program(condition, site)?;
            let mut branch = |keyword| match schema.get(keyword) {
                Some(branch) => self.combined(&rest, branch, site),
                None => self.schema(&Value::Object(rest.clone()), site),
            };
            let (then, otherwise) = (branch("then")?, branch("else")?);
            return Ok(Kind::If(Box::new(program), then, otherwise));
        }
        if let Some(constant) = schema.get("const") {
            let null = schema
                .get("type")
                .and_then(Value::as_array)
                .is_some_and(|types| types.contains(&"null".into()));
            self.budget.take(constant.weight())?;
            return Ok(Kind::Const { text: json::text(constant), or_null: null });
        }
        match schema.get("type") {
            Some(Value::Array(types)) => {
                let mut kinds = Vec::with_capacity(types.len());
                for name in types {
                    let kind = name
                        .as_str()
                        .and_then(Type::by_name)
                        .ok_or_else(|| format!("{} unsupported", json::text(name)))?;
                    let mut single = self.budget.copy_without(schema, &[])?;
                    single.insert("type".to_owned(), name.clone());
                    kinds.push((kind, self.schema(&Value::Object(single), site)?));
                }
                kinds.sort_by_key(|(kind, _)| *kind != Type::Null);
                Ok(Kind::Types(kinds))
            }
            Some(name) => self.single(name.as_str().unwrap_or_default(), schema, site),
            None => self.single(inferred(schema), schema, site),
        }
    }

    fn single(&mut self, kind: &str, schema: &Object, site: &Site) -> Result<Kind, String> {
        Ok(match kind {
            "" => Kind::Any,
            "null" => Kind::Null,
            "string" => match schema.get("format").and_then(Value::as_str) {
                Some("date-time") => Kind::Moment(Moment::Both),
                Some("date") => Kind::Moment(Moment::Day),
                Some("time") => Kind::Moment(Moment::Hours),
                _ => Kind::String,
            },
            "integer" => Kind::Integer,
            "number" => Kind::Number,
            "boolean" => Kind::Boolean,
            "object" => Kind::Object(Box::new(self.object(schema, site)?)),
            "array" => Kind::Array(self.array(schema, site)?),
            other => return Err(format!("{other} unsupported")),
        })
    }

    fn object(&mut self, schema: &Object, site: &Site) -> Result<ObjectWriter, String> {
        let mut writer = ObjectWriter::default();
        let names: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .unwrap_or_default()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let required: HashSet<&str> = names.iter().copied().collect();
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, property) in properties.into_iter().flatten() {
            let index = self.schema(property, &site.below(&["properties", name]))?;
            let default = self.default_of(property, site)?;
            self.budget.take(2 + name.len() / PART)?;
            let mut quoted = String::new();
            json::write_string(name, &mut quoted);
            quoted.push(':');
            let required = required.contains(name.as_str());
            writer.properties.push(Property {
                name: name.clone(),
                quoted,
                writer: index,
                required,
                default,
            });
        }
        writer.properties.sort_by_key(|property| !property.required);
        let listed = |name: &str| properties.is_some_and(|map| map.contains_key(name));
        self.budget.take(names.iter().map(|name| 1 + name.len() / PART).sum())?;
        writer.required =
            names.into_iter().filter(|name| !listed(name)).map(str::to_owned).collect();
        for (source, schema) in
            schema.get("patternProperties").and_then(Value::as_object).into_iter().flatten()
        {
            let index = self.schema(schema, &site.below(&["patternProperties", source]))?;
            let pattern = Pattern::new(source)?;
            self.budget.take(pattern.parts())?;
            writer.patterns.push((pattern, index));
        }
        writer.additional = match schema.get("additionalProperties") {
            None | Some(Value::Bool(false)) => None,
            Some(schema) => Some(self.schema(schema, &site.below(&["additionalProperties"]))?),
        };
        Ok(writer)
    }

    fn array(&mut self, schema: &Object, site: &Site) -> Result<Items, String> {
        let site = site.below(&["items"]);
        match schema.get("items") {
            Some(Value::Array(tuple)) => {
                let mut items = Vec::with_capacity(tuple.len());
                for (index, item) in tuple.iter().enumerate() {
                    let mut types = compile::type_list(item.get("type")).unwrap_or_default();
                    if item.get("nullable") == Some(&Value::Bool(true)) {
                        types.push(Type::Null);
                    }
                    items.push((types, self.schema(item, &site.below(&[&index.to_string()]))?));
                }
                let more =
                    schema.get("additionalItems").is_some_and(|more| *more != Value::Bool(false));
                Ok(Items::Tuple { items, more })
            }
            Some(items) => self.schema(items, &site).map(Items::All),
            None => self.schema(&Value::Bool(true), &site).map(Items::All),
        }
    }
}

/// The type that a schema's keywords speak of, where it names none.
fn inferred(schema: &Object) -> &'static str {
    let groups: [(&str, &[&str]); 4] = [
        (
            "object",
            &[
                "properties",
                "required",
                "additionalProperties",
                "patternProperties",
                "maxProperties",
                "minProperties",
                "dependencies",
            ],
        ),
        ("array", &["items", "additionalItems", "maxItems", "minItems", "uniqueItems", "contains"]),
        ("string", &["maxLength", "minLength", "pattern"]),
        ("number", &["multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"]),
    ];
    groups
        .iter()
        .find(|(_, keywords)| keywords.iter().any(|keyword| schema.contains_key(*keyword)))
        .map_or("", |(kind, _)| kind)
}
