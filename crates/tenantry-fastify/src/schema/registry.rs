//! Where a `$ref` leads: the documents a schema may speak of, their ids and anchors.

use std::collections::HashMap;
use std::sync::Arc;

use super::uri;
use super::value::Value;

/// Keywords below which a name is not a keyword, so that an `$id` there is only somebody's property.
const MAPS: [&str; 6] =
    ["properties", "patternProperties", "definitions", "$defs", "dependencies", "dependentSchemas"];
/// Keywords whose values are no schemas.
const VALUES: [&str; 4] = ["enum", "const", "default", "examples"];

/// How many bytes the places of all schemas may have together: each has the keys that lead to it.
const MAX_BYTES: usize = 64 << 20;

/// The documents of one compilation: the schema itself, and all that were added.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    documents: Vec<Arc<Value>>,
    /// Ids and anchors, resolved, to the place of what they name.
    ids: HashMap<String, Place>,
    /// The bytes of all places that were made to find them.
    bytes: usize,
}

/// A schema inside of a document.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) document: usize,
    /// The keys that lead there.
    pub(crate) path: Vec<String>,
    /// The id in force there.
    pub(crate) base: String,
}

impl Registry {
    /// Takes a document in. `fallback` is its id where it has none of its own.
    pub(crate) fn add(&mut self, document: Arc<Value>, fallback: &str) -> Result<Place, String> {
        let index = self.documents.len();
        let id = document.get("$id").and_then(Value::as_str).unwrap_or(fallback);
        let place =
            Place { document: index, path: Vec::new(), base: uri::normalize(id).to_owned() };
        self.documents.push(Arc::clone(&document));
        self.insert(place.base.clone(), place.clone())?;
        self.index(&document, &place)?;
        Ok(place)
    }

    fn insert(&mut self, id: String, place: Place) -> Result<(), String> {
        match self.ids.get(&id) {
            Some(other) if *other != place && self.at(other) != self.at(&place) => {
                Err(format!("reference \"{id}\" resolves to more than one schema"))
            }
            _ => {
                self.ids.insert(id, place);
                Ok(())
            }
        }
    }

    /// Finds the ids and anchors inside of a schema.
    fn index(&mut self, schema: &Value, place: &Place) -> Result<(), String> {
        match schema {
            Value::Object(object) => {
                for name in ["$anchor", "$dynamicAnchor"] {
                    if let Some(anchor) = object.get(name).and_then(Value::as_str) {
                        self.insert(format!("{}#{anchor}", place.base), place.clone())?;
                    }
                }
                for (key, value) in object.iter().filter(|(key, _)| !VALUES.contains(&key.as_str()))
                {
                    if MAPS.contains(&key.as_str()) {
                        for (name, value) in value.as_object().into_iter().flatten() {
                            self.index_below(value, place, &[key, name])?;
                        }
                    } else {
                        self.index_below(value, place, &[key])?;
                    }
                }
            }
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.index_below(item, place, &[&at.to_string()])?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn index_below(&mut self, schema: &Value, above: &Place, keys: &[&str]) -> Result<(), String> {
        if !matches!(schema, Value::Object(_) | Value::Array(_)) {
            return Ok(());
        }
        let mut place = above.clone();
        let path: usize = place.path.iter().map(|key| 24 + key.len()).sum();
        self.bytes += place.base.len() + path;
        if self.bytes > MAX_BYTES {
            return Err("the schema is too large: its keys are too long for its depth".to_owned());
        }
        place.path.extend(keys.iter().map(|key| (*key).to_owned()));
        if let Some(id) = schema.get("$id").and_then(Value::as_str) {
            let id = uri::resolve(&above.base, id);
            if !id.contains('#') {
                place.base.clone_from(&id);
            }
            self.insert(id, place.clone())?;
        }
        self.index(schema, &place)
    }

    /// The schema at a place.
    pub(crate) fn at(&self, place: &Place) -> Option<&Value> {
        let mut schema = &**self.documents.get(place.document)?;
        for key in &place.path {
            schema = step(schema, key)?;
        }
        Some(schema)
    }

    /// Where a reference leads that stands where `base` is the id in force.
    pub(crate) fn resolve(&self, base: &str, reference: &str) -> Option<Place> {
        let full = uri::resolve(base, reference);
        if let Some(place) = self.ids.get(&full) {
            return Some(place.clone());
        }
        let (id, fragment) = uri::split(&full);
        let mut place = self.ids.get(id)?.clone();
        let mut schema = self.at(&place)?;
        for key in fragment.strip_prefix('/')?.split('/') {
            let key = percent_encoding::percent_decode_str(key)
                .decode_utf8()
                .ok()?
                .replace("~1", "/")
                .replace("~0", "~");
            schema = step(schema, &key)?;
            if let Some(id) =
                schema.get("$id").and_then(Value::as_str).filter(|_| !MAPS.contains(&key.as_str()))
            {
                let id = uri::resolve(&place.base, id);
                if !id.contains('#') {
                    place.base = id;
                }
            }
            place.path.push(key);
        }
        Some(place)
    }
}

fn step<'a>(schema: &'a Value, key: &str) -> Option<&'a Value> {
    match schema {
        Value::Object(object) => object.get(key),
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    }
}
