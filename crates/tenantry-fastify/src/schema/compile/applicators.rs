//! Rules that apply other schemas: to the value itself, to items, to properties.

use super::keywords::Draft;
use super::rules::{count, limit, names, type_list};
use super::{Compiler, Site, has_rules};
use crate::schema::node::{Any, ArrayRule, Extra, Node, ObjectRule, Type};
use crate::schema::value::{Object, Value};

impl<'r> Compiler<'r> {
    pub(super) fn any_rules(
        &mut self,
        schema: &'r Object,
        site: &Site,
        node: &mut Node,
    ) -> Result<(), String> {
        if let Some(reference) = schema.get("$ref") {
            let reference = reference.as_str().ok_or("$ref value must be \"string\"")?;
            node.any.push(self.reference(reference, site)?);
        }
        if let Some(value) = schema.get("const") {
            node.any.push(Any::Const(value.clone()));
        }
        if let Some(values) = schema.get("enum") {
            match values.as_array() {
                Some([]) => return Err("enum must have non-empty array".to_owned()),
                Some(values) => node.any.push(Any::Enum(values.to_vec())),
                None => return Err("enum value must be \"array\"".to_owned()),
            }
        }
        if let Some(schema) = schema.get("not") {
            let inner = self.node(schema, &site.below("not").composite())?;
            node.any.push(Any::Not(Box::new(inner)));
        }
        for keyword in ["anyOf", "oneOf", "allOf"] {
            let Some(schemas) = schema.get(keyword) else { continue };
            let schemas =
                schemas.as_array().ok_or_else(|| format!("{keyword} value must be \"array\""))?;
            if keyword == "anyOf"
                && self.draft == Draft::Seven
                && schemas.iter().any(|schema| !has_rules(schema))
            {
                continue;
            }
            let mut parts = Vec::with_capacity(schemas.len());
            for (index, schema) in schemas.iter().enumerate() {
                let site = site.named(keyword, &index.to_string());
                let site = if keyword == "allOf" { site } else { site.composite() };
                parts.push(self.node(schema, &site)?);
            }
            node.any.push(match keyword {
                "anyOf" => Any::AnyOf(parts),
                "oneOf" => Any::OneOf(parts),
                _ => Any::AllOf(parts),
            });
        }
        self.condition(schema, site, node)
    }

    fn condition(
        &mut self,
        schema: &'r Object,
        site: &Site,
        node: &mut Node,
    ) -> Result<(), String> {
        let (then, otherwise) = (schema.get("then"), schema.get("else"));
        let Some(condition) = schema.get("if") else {
            for keyword in
                ["then", "else"].into_iter().filter(|keyword| schema.contains_key(*keyword))
            {
                self.strict(format!("\"{keyword}\" without \"if\" is ignored"))?;
            }
            return Ok(());
        };
        if then.is_none() && otherwise.is_none() {
            self.strict("\"if\" without \"then\" and \"else\" is ignored".to_owned())?;
        }
        let mut branch = |schema: Option<&'r Value>, keyword| match schema {
            Some(schema) => self.part(schema, &site.below(keyword)),
            None => Ok(None),
        };
        let (then, otherwise) =
            (branch(then, "then")?.map(Box::new), branch(otherwise, "else")?.map(Box::new));
        if then.is_some() || otherwise.is_some() {
            let condition = Box::new(self.node(condition, &site.below("if").composite())?);
            node.any.push(Any::If { condition, then, otherwise });
        }
        Ok(())
    }

    pub(super) fn array_rules(
        &mut self,
        schema: &'r Object,
        site: &Site,
        node: &mut Node,
    ) -> Result<(), String> {
        if let Some(limit) = limit(schema, "maxItems")? {
            node.array.push(ArrayRule::MaxItems(limit));
        }
        if let Some(limit) = limit(schema, "minItems")? {
            node.array.push(ArrayRule::MinItems(limit));
        }
        let items = schema.get("items");
        if self.draft == Draft::Draft202012 {
            let prefix = schema
                .get("prefixItems")
                .map(|prefix| prefix.as_array().ok_or("prefixItems value must be \"array\""))
                .transpose()?;
            let from = prefix.map_or(0, <[Value]>::len);
            if let Some(prefix) = prefix {
                self.tuple(prefix, "prefixItems", site, node)?;
            }
            if matches!(items, Some(Value::Array(_))) {
                return Err("items value must be [\"object\",\"boolean\"]".to_owned());
            }
            if let Some(items) = items {
                let extra = match items {
                    Value::Bool(false) if prefix.is_some() => Extra::None,
                    items => self.extra(items, &site.below("items"))?,
                };
                node.array.push(ArrayRule::Rest("items", from, extra));
            }
        } else {
            let tuple = items.and_then(Value::as_array);
            if let Some(additional) = schema.get("additionalItems") {
                match tuple {
                    None => self.strict(
                        "\"additionalItems\" is ignored when \"items\" is not an array of schemas"
                            .to_owned(),
                    )?,
                    Some(tuple) => {
                        let extra = if *additional == Value::Bool(false) {
                            Extra::None
                        } else {
                            self.extra(additional, &site.below("additionalItems"))?
                        };
                        node.array.push(ArrayRule::Rest("additionalItems", tuple.len(), extra));
                    }
                }
            }
            match (items, tuple) {
                (_, Some(tuple)) => self.tuple(tuple, "items", site, node)?,
                (Some(items), None) => {
                    let extra = self.extra(items, &site.below("items"))?;
                    node.array.push(ArrayRule::Rest("items", 0, extra));
                }
                _ => {}
            }
        }
        self.contains(schema, site, node)?;
        match schema.get("uniqueItems") {
            Some(Value::Bool(true)) => {
                let types = type_list(items.and_then(|items| items.get("type")))?;
                let simple = !types.iter().any(|kind| matches!(kind, Type::Object | Type::Array));
                node.array.push(ArrayRule::Unique(if simple { types } else { Vec::new() }));
            }
            None | Some(Value::Bool(false)) => {}
            Some(_) => return Err("uniqueItems value must be \"boolean\"".to_owned()),
        }
        Ok(())
    }

    fn tuple(
        &mut self,
        schemas: &'r [Value],
        keyword: &str,
        site: &Site,
        node: &mut Node,
    ) -> Result<(), String> {
        let mut parts = Vec::with_capacity(schemas.len());
        for (index, schema) in schemas.iter().enumerate() {
            if let Some(value) = self.default_of(schema, site, &format!("[{index}]"))? {
                node.item_defaults.push((index, value));
            }
            parts.push(self.part(schema, &site.named(keyword, &index.to_string()))?);
        }
        node.array.push(ArrayRule::Tuple(parts));
        Ok(())
    }

    fn contains(&mut self, schema: &'r Object, site: &Site, node: &mut Node) -> Result<(), String> {
        let newer = self.draft > Draft::Seven;
        let (min, max) = (
            count(schema, "minContains")?.filter(|_| newer),
            count(schema, "maxContains")?.filter(|_| newer),
        );
        let Some(contains) = schema.get("contains") else {
            for keyword in ["minContains", "maxContains"]
                .into_iter()
                .filter(|keyword| schema.contains_key(*keyword))
            {
                self.strict(format!("\"{keyword}\" without \"contains\" is ignored"))?;
            }
            return Ok(());
        };
        let min = min.unwrap_or(1);
        if min == 0 && max.is_none() {
            return self.strict(
                "\"minContains\" == 0 without \"maxContains\": \"contains\" keyword ignored"
                    .to_owned(),
            );
        }
        if max.is_some_and(|max| min > max) {
            self.strict("\"minContains\" > \"maxContains\" is always invalid".to_owned())?;
        }
        let inner = self.node(contains, &site.below("contains").composite())?;
        node.array.push(ArrayRule::Contains { min, max, node: Box::new(inner) });
        Ok(())
    }

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
        if let Some(names) = schema.get("propertyNames") {
            if let Some(inner) = self.part(names, &site.below("propertyNames").composite())? {
                node.object.push(ObjectRule::PropertyNames(Box::new(inner)));
            }
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
                    if pattern.is_match(name).unwrap_or(false) {
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

    fn extra(&mut self, schema: &'r Value, site: &Site) -> Result<Extra, String> {
        Ok(self.part(schema, site)?.map_or(Extra::Any, |node| Extra::Schema(Box::new(node))))
    }

    /// The default of a property or an item, where defaults are set.
    fn default_of(
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
