//! Rules that apply schemas to the properties of an object.

use super::keywords::Draft;
use super::rules::{limit, names};
use super::{Compiler, Site, has_rules};
use crate::schema::node::{Extra, Node, ObjectRule};
use crate::schema::steps::TooMuch;
use crate::schema::value::{Object, Value};

impl<'r> Compiler<'r, '_> {
    pub(super) fn object_rules(
        &mut self,
        schema: &'r Object,
        site: &Site,
        node: &mut Node,
    ) -> Result<(), String> {
        if let Some(limit) = limit(schema, "maxProperties")? {
            node.object.push(ObjectRule::MaxProperties(limit));
        }
        if let Some(limit) = limit(schema, "minProperties")? {
            node.object.push(ObjectRule::MinProperties(limit));
        }
        if let Some(required) = schema.get("required") {
            node.object.push(ObjectRule::Required(names(required, "required")?));
        }
        if let Some(names) = schema.get("propertyNames")
            && let Some(inner) = self.part(names, &site.below("propertyNames").composite())?
        {
            node.object.push(ObjectRule::PropertyNames(Box::new(inner)));
        }
        let map = |keyword: &str| match schema.get(keyword) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(map)),
            Some(_) => Err(format!("{keyword} value must be \"object\"")),
        };
        let (properties, patterns) = (map("properties")?, map("patternProperties")?);
        if let Some(additional) = schema.get("additionalProperties") {
            let extra = if *additional == Value::Bool(false) {
                Extra::None
            } else {
                self.extra(additional, &site.below("additionalProperties"))?
            };
            let named = properties.into_iter().flat_map(|map| map.keys().cloned()).collect();
            let patterns: Result<Vec<_>, String> = patterns
                .into_iter()
                .flat_map(|map| map.keys())
                .map(|source| self.pattern(source))
                .collect();
            node.object.push(ObjectRule::Additional { named, patterns: patterns?, extra });
        }
        if let Some(dependencies) = map("dependencies")? {
            self.dependencies(dependencies, site, node)?;
        }
        if let Some(properties) = properties {
            self.properties(properties, site, node)?;
        }
        // Where no pattern asks anything there is nothing to do, and nothing to warn of.
        if let Some(patterns) =
            patterns.filter(|map| self.draft > Draft::Seven || map.values().any(has_rules))
        {
            let mut parts = Vec::with_capacity(patterns.len());
            for (source, schema) in patterns {
                let pattern = self.pattern(source)?;
                for name in properties.into_iter().flat_map(|map| map.keys()) {
                    let found = match self.steps.is_match(&pattern, name) {
                        Err(TooMuch::Steps) => {
                            return Err(
                                "the schema is too large: it has too many patterns and properties"
                                    .to_owned(),
                            );
                        }
                        found => found.unwrap_or(false),
                    };
                    if found {
                        self.strict(format!(
                            "property {name} matches pattern {source} (use allowMatchingProperties)"
                        ))?;
                    }
                }
                parts.push((pattern, self.part(schema, &site.named("patternProperties", source))?));
            }
            node.object.push(ObjectRule::PatternProperties(parts));
        }
        if let Some(dependent) = map("dependentRequired")? {
            let parts: Result<Vec<_>, String> = dependent
                .iter()
                .map(|(name, list)| Ok((name.clone(), names(list, "dependentRequired")?)))
                .collect();
            node.object.push(ObjectRule::DependentRequired("dependentRequired", parts?));
        }
        if let Some(dependent) = map("dependentSchemas")? {
            let mut parts = Vec::new();
            for (name, schema) in dependent {
                if let Some(inner) = self.part(schema, &site.named("dependentSchemas", name))? {
                    parts.push((name.clone(), inner));
                }
            }
            node.object.push(ObjectRule::DependentSchemas(parts));
        }
        Ok(())
    }

    fn properties(
        &mut self,
        properties: &'r Object,
        site: &Site,
        node: &mut Node,
    ) -> Result<(), String> {
        let mut parts = Vec::with_capacity(properties.len());
        for (name, schema) in properties {
            if let Some(value) = self.default_of(schema, site, &format!(".{name}"))? {
                node.defaults.push((name.clone(), value));
            }
            parts.push((name.clone(), self.part(schema, &site.named("properties", name))?));
        }
        node.object.push(ObjectRule::Properties(parts));
        Ok(())
    }

    fn dependencies(
        &mut self,
        dependencies: &'r Object,
        site: &Site,
        node: &mut Node,
    ) -> Result<(), String> {
        let (mut required, mut schemas) = (Vec::new(), Vec::new());
        for (name, value) in dependencies {
            if let Value::Array(_) = value {
                required.push((name.clone(), names(value, "dependencies")?));
            } else if let Some(inner) = self.part(value, &site.named("dependencies", name))? {
                schemas.push((name.clone(), inner));
            }
        }
        node.object.push(ObjectRule::DependentRequired("dependencies", required));
        node.object.push(ObjectRule::DependentSchemas(schemas));
        Ok(())
    }

    pub(super) fn unevaluated(
        &mut self,
        schema: &'r Object,
        site: &Site,
        node: &mut Node,
    ) -> Result<(), String> {
        for keyword in ["unevaluatedItems", "unevaluatedProperties"] {
            let Some(value) = schema.get(keyword).filter(|_| self.draft > Draft::Seven) else {
                continue;
            };
            self.tracks = true;
            let extra = if *value == Value::Bool(false) {
                Extra::None
            } else {
                self.extra(value, &site.below(keyword))?
            };
            if keyword == "unevaluatedItems" {
                node.unevaluated_items = Some(Box::new(extra));
            } else {
                node.unevaluated_properties = Some(Box::new(extra));
            }
        }
        Ok(())
    }

    pub(super) fn extra(&mut self, schema: &'r Value, site: &Site) -> Result<Extra, String> {
        Ok(self.part(schema, site)?.map_or(Extra::Any, |node| Extra::Schema(Box::new(node))))
    }

    /// The default of a property or an item, where defaults are set.
    pub(super) fn default_of(
        &self,
        schema: &Value,
        site: &Site,
        place: &str,
    ) -> Result<Option<Value>, String> {
        match schema.get("default") {
            Some(value) if self.options.defaults && !site.composite => Ok(Some(value.clone())),
            Some(_) if self.options.defaults => {
                self.strict(format!("default is ignored for: data{place}")).map(|()| None)
            }
            _ => Ok(None),
        }
    }
}
