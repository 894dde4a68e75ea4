//! Rules that apply schemas to the items of an array.

use super::keywords::Draft;
use super::rules::{count, limit, type_list};
use super::{Compiler, Site};
use crate::schema::node::{ArrayRule, Extra, Node, Type};
use crate::schema::value::{Object, Value};

impl<'r> Compiler<'r, '_> {
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
}
