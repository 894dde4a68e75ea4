//! From a schema to what is checked: `$ref`s followed, patterns compiled, mistakes named.
//!
//! What Ajv refuses in its strict mode is refused here with the same words.

mod arrays;
mod blame;
mod general;
mod keywords;
mod objects;
mod rules;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

pub(crate) use self::blame::{Blame, blame};
use self::blame::{Mistake, Spot};
use super::budget::{Budget, PART};
use super::json::MAX_DEPTH;
use super::node::{General, Node};
use super::pattern::Pattern;
use super::registry::{Place, Registry};
use super::steps::Steps;
use super::uri;
use super::value::{Object, Value};
pub(crate) use rules::type_list;

/// How many parts a compiled schema may have.
const MAX_NODES: usize = 50_000;
/// The parts of a schema that a node counts for, beside what it keeps of the schema.
const NODE: usize = 6;

/// What is done to a value besides checking it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Convert types, as `coerceTypes: "array"`.
    pub(crate) coerce: bool,
    /// Set what is missing, as `useDefaults: true`.
    pub(crate) defaults: bool,
    /// Take properties away where `additionalProperties` is `false`, as `removeAdditional: true`.
    pub(crate) remove: bool,
    /// Refuse unknown keywords and formats, as `strictSchema: true`.
    pub(crate) strict: bool,
}

impl Options {
    /// Ajv as Fastify sets it up.
    pub(crate) const REQUEST: Options =
        Options { coerce: true, defaults: true, remove: true, strict: true };
    /// Only checking, for schemas of schemas.
    pub(crate) const META: Options =
        Options { coerce: false, defaults: false, remove: false, strict: false };
}

/// The functions of a compiled schema; the first is the schema itself.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) functions: Vec<Node>,
    pub(crate) options: Options,
    /// Whether anything asks what has been evaluated.
    pub(crate) tracks: bool,
    /// How many parts of a schema it counts for.
    pub(crate) parts: usize,
}

/// Compiles the schema at a place.
pub(crate) fn compile(
    registry: &Registry,
    root: &Place,
    options: Options,
    budget: &mut Budget,
) -> Result<Program, String> {
    attempt(registry, root, options, budget).map_err(|mistake| mistake.reason)
}

/// The same, with the place of what is wrong.
fn attempt(
    registry: &Registry,
    root: &Place,
    options: Options,
    budget: &mut Budget,
) -> Result<Program, Mistake> {
    let before = budget.taken();
    let schema = registry.at(root).ok_or_else(|| Mistake::somewhere("the schema is gone"))?;
    let draft = keywords::Draft::of(schema).map_err(|reason| Mistake::in_root(reason, root))?;
    let mut compiler = Compiler {
        registry,
        options,
        draft,
        functions: Vec::new(),
        known: HashMap::new(),
        patterns: HashMap::new(),
        referring: HashMap::new(),
        budget,
        steps: Steps::of(0),
        nodes: 0,
        tracks: false,
        failed: None,
    };
    if let Err(reason) = compiler.function(&Rc::new(root.clone())) {
        return Err(Mistake { reason, spot: compiler.failed });
    }
    let functions = compiler.functions.into_iter().map(Option::unwrap_or_default).collect();
    let parts = compiler.budget.taken() - before;
    Ok(Program { functions, options, tracks: compiler.tracks, parts })
}

struct Compiler<'r, 'b> {
    registry: &'r Registry,
    options: Options,
    draft: keywords::Draft,
    /// `None` while one is being compiled.
    functions: Vec<Option<Node>>,
    known: HashMap<Rc<Place>, usize>,
    patterns: HashMap<String, Arc<Pattern>>,
    /// Whether the schemas that others refer to have references themselves.
    referring: HashMap<Rc<Place>, bool>,
    budget: &'b mut Budget,
    /// For names that patterns are tried on.
    steps: Steps,
    nodes: usize,
    tracks: bool,
    /// The innermost place of the first mistake.
    failed: Option<Spot>,
}

/// Where a schema stands that is being compiled.
#[derive(Clone, Debug)]
struct Site {
    /// For `schemaPath` of errors.
    path: String,
    /// The id in force.
    base: String,
    /// Below `anyOf` and its like, where errors are collected and defaults have no meaning.
    composite: bool,
    depth: usize,
    /// The schema that is being followed, to which `path` leads in its first `start` bytes.
    root: Rc<Place>,
    start: usize,
}

impl Site {
    fn below(&self, keyword: &str) -> Site {
        Site { path: format!("{}/{keyword}", self.path), depth: self.depth + 1, ..self.clone() }
    }

    fn named(&self, keyword: &str, name: &str) -> Site {
        Site {
            path: format!("{}/{keyword}/{}", self.path, escape_fragment(name)),
            depth: self.depth + 1,
            ..self.clone()
        }
    }

    fn composite(self) -> Site {
        Site { composite: true, ..self }
    }
}

impl<'r> Compiler<'r, '_> {
    /// The schema at a place, as a function that others call.
    fn function(&mut self, place: &Rc<Place>) -> Result<usize, String> {
        if let Some(index) = self.known.get(place) {
            return Ok(*index);
        }
        let schema = self.registry.at(place).ok_or("the schema is gone")?;
        let index = self.functions.len();
        self.functions.push(None);
        self.known.insert(Rc::clone(place), index);
        let site = Site {
            path: "#".to_owned(),
            base: place.base.clone(),
            composite: false,
            depth: self.known.len(),
            root: Rc::clone(place),
            start: 1,
        };
        if self.options.strict && schema.get("default").is_some() && has_rules(schema) {
            let refused = self.strict("default is ignored in the schema root".to_owned());
            self.noted(&site, "default", refused)?;
        }
        let node = self.node(schema, &site)?;
        self.functions[index] = Some(node);
        Ok(index)
    }

    fn node(&mut self, schema: &'r Value, site: &Site) -> Result<Node, String> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(format!("the schema has more than {MAX_NODES} parts"));
        }
        if site.depth > MAX_DEPTH {
            return Err(format!("the schema is nested deeper than {MAX_DEPTH} levels"));
        }
        self.budget.take(NODE + (site.path.len() + site.base.len()) / PART)?;
        let mut node = Node { path: site.path.as_str().into(), ..Node::default() };
        let filled = self.fill(schema, site, &mut node);
        self.noted(site, "", filled)?;
        Ok(node)
    }

    fn fill(&mut self, schema: &'r Value, site: &Site, node: &mut Node) -> Result<(), String> {
        match schema {
            Value::Bool(fits) => node.never = !fits,
            Value::Object(object) => {
                self.budget.take(kept(object))?;
                self.check_keywords(object, site)?;
                let mut site = site.clone();
                if let Some(id) =
                    object.get("$id").and_then(Value::as_str).filter(|_| site.path != "#")
                {
                    site.base = uri::resolve(&site.base, id);
                }
                self.object_node(object, &site, node)?;
            }
            _ => return Err(format!("schema must be object or boolean at path \"{}\"", site.path)),
        }
        Ok(())
    }

    fn object_node(
        &mut self,
        schema: &'r Object,
        site: &Site,
        node: &mut Node,
    ) -> Result<(), String> {
        self.any_rules(schema, site, node)?;
        if matches!(node.any[..], [General::Call(_) | General::Inline(_)])
            && !keywords::has_rules_but_ref(schema)
        {
            return Ok(());
        }
        self.number_rules(schema, site, node)?;
        self.string_rules(schema, site, node)?;
        self.array_rules(schema, site, node)?;
        self.object_rules(schema, site, node)?;
        self.unevaluated(schema, site, node)?;
        let types = self.types(schema, node);
        self.noted(site, "type", types)
    }

    /// A schema below another, or `None` where anything fits.
    fn part(&mut self, schema: &'r Value, site: &Site) -> Result<Option<Node>, String> {
        if let Value::Object(object) = schema {
            self.check_keywords(object, site)?;
        }
        if has_rules(schema) { self.node(schema, site).map(Some) } else { Ok(None) }
    }

    fn reference(&mut self, reference: &str, site: &Site) -> Result<General, String> {
        let shown = if site.base.is_empty() { "#" } else { &site.base };
        let place = self
            .registry
            .resolve(&site.base, reference)
            .ok_or_else(|| format!("can't resolve reference {reference} from id {shown}"))?;
        let schema = self.registry.at(&place).ok_or("the schema is gone")?;
        // One of each is kept, however often it is referred to: their keys may be long.
        let (place, referring) = match self.referring.get_key_value(&place) {
            Some((place, referring)) => (Rc::clone(place), *referring),
            None => {
                let (place, referring) = (Rc::new(place), has_reference(schema));
                self.referring.insert(Rc::clone(&place), referring);
                (place, referring)
            }
        };
        if referring {
            return self.function(&place).map(General::Call);
        }
        let site = Site {
            path: reference.to_owned(),
            base: place.base.clone(),
            composite: site.composite,
            depth: site.depth + 1,
            root: place,
            start: reference.len(),
        };
        self.node(schema, &site).map(|node| General::Inline(Box::new(node)))
    }

    fn pattern(&mut self, source: &str) -> Result<Arc<Pattern>, String> {
        if let Some(pattern) = self.patterns.get(source) {
            return Ok(Arc::clone(pattern));
        }
        let pattern = Arc::new(Pattern::new(source)?);
        self.budget.take(pattern.parts() + source.len() / PART)?;
        self.patterns.insert(source.to_owned(), Arc::clone(&pattern));
        Ok(pattern)
    }

    fn strict(&self, message: String) -> Result<(), String> {
        if self.options.strict { Err(format!("strict mode: {message}")) } else { Ok(()) }
    }
}

/// How much a node keeps of a schema, beside those of its parts.
fn kept(schema: &Object) -> usize {
    let default = |schema: &Value| schema.get("default").map_or(0, Value::weight);
    let keyword = |(key, value): (&String, &Value)| match (key.as_str(), value) {
        ("enum" | "const" | "type" | "required" | "pattern", value) => value.weight(),
        ("dependencies" | "dependentRequired", Value::Object(map)) => {
            let list = |value: &Value| value.as_array().map_or(0, |_| value.weight());
            map.iter().map(|(name, value)| 1 + name.len() / PART + list(value)).sum()
        }
        ("properties" | "patternProperties" | "dependentSchemas", Value::Object(map)) => {
            map.iter().map(|(name, value)| 1 + name.len() / PART + default(value)).sum()
        }
        ("items" | "prefixItems", Value::Array(items)) => items.iter().map(default).sum(),
        _ => 0,
    };
    schema.iter().map(keyword).sum()
}

/// Whether a schema asks for anything.
fn has_rules(schema: &Value) -> bool {
    match schema {
        Value::Bool(fits) => !fits,
        Value::Object(object) => object.keys().any(|key| keywords::is_rule(key)),
        _ => true,
    }
}

/// Whether a reference stands anywhere in a schema.
fn has_reference(schema: &Value) -> bool {
    match schema {
        Value::Object(object) => object.iter().any(|(key, value)| {
            matches!(
                key.as_str(),
                "$ref" | "$recursiveRef" | "$recursiveAnchor" | "$dynamicRef" | "$dynamicAnchor"
            ) || has_reference(value)
        }),
        Value::Array(items) => items.iter().any(has_reference),
        _ => false,
    }
}

/// A key as part of a JSON pointer in a URI.
fn escape_fragment(key: &str) -> String {
    const KEPT: percent_encoding::AsciiSet = percent_encoding::NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'!')
        .remove(b'~')
        .remove(b'*')
        .remove(b'\'')
        .remove(b'(')
        .remove(b')');
    percent_encoding::utf8_percent_encode(&escape_pointer(key), &KEPT).to_string()
}

/// A key as part of a JSON pointer.
fn escape_pointer(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
