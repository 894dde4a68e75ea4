//! Rules about objects.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Checked, Run, SET, Seen, Step, Stop};
use crate::schema::node::{Extra, Node, ObjectRule};
use crate::schema::pattern::Pattern;
use crate::schema::value::{Object, Value, object as object_of};

impl<'p> Run<'p, '_> {
    pub(super) fn object(
        &mut self,
        node: &'p Node,
        object: &mut Object,
        composite: bool,
        seen: &mut Seen,
    ) -> Checked {
        if !composite {
            self.steps.spend(node.defaults.len() / 8)?;
            for (name, value) in &node.defaults {
                if !object.contains_key(name) {
                    self.steps.spend(SET * (value.weight() + name.len() / 64))?;
                    object.insert(name.clone(), value.clone());
                    self.changed = true;
                }
            }
        }
        for rule in &node.object {
            if !self.object_rule(rule, node, object, composite, seen)? {
                return Ok(false);
            }
        }
        match node.unevaluated_properties.as_deref() {
            Some(extra) => {
                self.steps.spend(cost_of_keys(object))?;
                let keys: Vec<String> =
                    object.keys().filter(|key| !seen.has_property(key)).cloned().collect();
                seen.all_properties = true;
                self.unevaluated(keys, extra, node, object, composite)
            }
            None => Ok(true),
        }
    }

    fn object_rule(
        &mut self,
        rule: &'p ObjectRule,
        node: &'p Node,
        object: &mut Object,
        composite: bool,
        seen: &mut Seen,
    ) -> Checked {
        let length = object.len() as f64;
        match rule {
            ObjectRule::MaxProperties(limit) if length <= *limit => Ok(true),
            ObjectRule::MaxProperties(limit) => {
                self.limit(node, composite, "maxProperties", *limit, "more", "properties")
            }
            ObjectRule::MinProperties(limit) if length >= *limit => Ok(true),
            ObjectRule::MinProperties(limit) => {
                self.limit(node, composite, "minProperties", *limit, "fewer", "properties")
            }
            ObjectRule::Required(names) => {
                self.steps.spend(names.len() / 16)?;
                match names.iter().find(|name| !object.contains_key(*name)) {
                    None => Ok(true),
                    Some(name) => {
                        let params = object_of([("missingProperty", name.as_str().into())]);
                        self.fail(
                            node,
                            composite,
                            "required",
                            params,
                            format!("must have required property '{name}'"),
                        )
                    }
                }
            }
            ObjectRule::PropertyNames(inner) => self.property_names(inner, node, object, composite),
            ObjectRule::Additional { named, patterns, extra } => {
                seen.all_properties = true;
                self.additional(named, patterns, extra, node, object, composite)
            }
            ObjectRule::DependentRequired(keyword, parts) => {
                self.steps.spend(parts.len() / 16)?;
                for (name, wanted) in parts.iter().filter(|(name, _)| object.contains_key(name)) {
                    self.steps.spend(wanted.len() / 16)?;
                    if let Some(missing) = wanted.iter().find(|name| !object.contains_key(*name)) {
                        return self
                            .missing_dependency(keyword, name, wanted, missing, node, composite);
                    }
                }
                Ok(true)
            }
            ObjectRule::DependentSchemas(parts) => {
                self.steps.spend(parts.len() / 16)?;
                for (name, inner) in parts {
                    if !object.contains_key(name) {
                        continue;
                    }
                    // The same value again: taken out and put back, since a schema changes values in place.
                    let mut value = Value::Object(std::mem::take(object));
                    let result = self.node(inner, &mut value, composite, seen);
                    if let Value::Object(changed) = value {
                        *object = changed;
                    }
                    if !result? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            ObjectRule::Properties(parts) => {
                self.steps.spend(parts.len() / 16)?;
                for (name, inner) in parts {
                    let Some(value) = object.get_mut(name) else { continue };
                    if self.program.tracks {
                        seen.properties.insert(name.clone());
                    }
                    if let Some(inner) = inner
                        && !self.part(Step::Name(name), inner, value, composite)?
                    {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            ObjectRule::PatternProperties(parts) => {
                self.pattern_properties(parts, object, composite, seen)
            }
        }
    }

    fn pattern_properties(
        &mut self,
        parts: &'p [(Arc<Pattern>, Option<Node>)],
        object: &mut Object,
        composite: bool,
        seen: &mut Seen,
    ) -> Checked {
        for (pattern, inner) in parts {
            for (key, value) in object.iter_mut() {
                if !self.steps.is_match(pattern, key)? {
                    continue;
                }
                if self.program.tracks {
                    seen.properties.insert(key.clone());
                }
                if let Some(inner) = inner
                    && !self.part(Step::Key(key.clone()), inner, value, composite)?
                {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn property_names(
        &mut self,
        inner: &'p Node,
        node: &'p Node,
        object: &Object,
        composite: bool,
    ) -> Checked {
        self.steps.spend(cost_of_keys(object))?;
        for key in object.keys() {
            let outer = self.property_name.replace(key.clone());
            let fits =
                self.node(inner, &mut Value::String(key.clone()), true, &mut Seen::default());
            self.property_name = outer;
            if !fits? {
                let params = object_of([("propertyName", key.as_str().into())]);
                return self.fail_too(
                    node,
                    composite,
                    "propertyNames",
                    params,
                    "property name must be valid".to_owned(),
                );
            }
        }
        Ok(true)
    }

    fn additional(
        &mut self,
        named: &HashSet<String>,
        patterns: &[Arc<Pattern>],
        extra: &'p Extra,
        node: &'p Node,
        object: &mut Object,
        composite: bool,
    ) -> Checked {
        self.steps.spend(cost_of_keys(object))?;
        match extra {
            Extra::Any => Ok(true),
            Extra::None if self.program.options.remove => {
                let before = object.len();
                let mut given_up = None;
                object.retain(|key, _| match self.is_additional(key, named, patterns) {
                    Ok(additional) => !additional,
                    Err(stop) => {
                        given_up = Some(stop);
                        true
                    }
                });
                self.changed |= object.len() != before;
                given_up.map_or(Ok(true), Err)
            }
            Extra::None => {
                for key in object.keys() {
                    if self.is_additional(key, named, patterns)? {
                        let params = object_of([("additionalProperty", key.as_str().into())]);
                        let message = "must NOT have additional properties".to_owned();
                        return self.fail(node, composite, "additionalProperties", params, message);
                    }
                }
                Ok(true)
            }
            Extra::Schema(inner) => {
                for (key, value) in object.iter_mut() {
                    if self.is_additional(key, named, patterns)?
                        && !self.part(Step::Key(key.clone()), inner, value, composite)?
                    {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }

    fn is_additional(
        &mut self,
        key: &str,
        named: &HashSet<String>,
        patterns: &[Arc<Pattern>],
    ) -> Result<bool, Stop> {
        if named.contains(key) {
            return Ok(false);
        }
        for pattern in patterns {
            if self.steps.is_match(pattern, key)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn unevaluated(
        &mut self,
        keys: Vec<String>,
        extra: &'p Extra,
        node: &'p Node,
        object: &mut Object,
        composite: bool,
    ) -> Checked {
        for key in keys {
            match extra {
                Extra::Any => {}
                Extra::None => {
                    let params = object_of([("unevaluatedProperty", key.as_str().into())]);
                    let message = "must NOT have unevaluated properties".to_owned();
                    return self.fail(node, composite, "unevaluatedProperties", params, message);
                }
                Extra::Schema(inner) => {
                    let Some(value) = object.get_mut(&key) else { continue };
                    if !self.part(Step::Key(key), inner, value, composite)? {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    fn missing_dependency(
        &mut self,
        keyword: &'static str,
        name: &str,
        wanted: &[String],
        missing: &str,
        node: &Node,
        composite: bool,
    ) -> Checked {
        let list = wanted.join(", ");
        let noun = if wanted.len() == 1 { "property" } else { "properties" };
        let params = object_of([
            ("property", name.into()),
            ("missingProperty", missing.into()),
            ("depsCount", Value::from(wanted.len())),
            ("deps", list.as_str().into()),
        ]);
        self.fail(
            node,
            composite,
            keyword,
            params,
            format!("must have {noun} {list} when property {name} is present"),
        )
    }
}

/// What it costs to go through an object's keys.
fn cost_of_keys(object: &Object) -> usize {
    object.len() / 8 + object.keys().map(|key| key.len() / 64).sum::<usize>()
}
