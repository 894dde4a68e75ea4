//! Rules that apply other schemas to the value itself.

use super::keywords::Draft;
use super::{Compiler, Site, has_rules};
use crate::schema::node::{General, Node};
use crate::schema::value::{Object, Value};

impl<'r> Compiler<'r, '_> {
    pub(super) fn any_rules(
        &mut self,
        schema: &'r Object,
        site: &Site,
        node: &mut Node,
    ) -> Result<(), String> {
        if let Some(reference) = schema.get("$ref") {
            let reference = reference.as_str().ok_or("$ref value must be \"string\"")?;
            let followed = self.reference(reference, site);
            node.any.push(self.noted(site, "$ref", followed)?);
        }
        if let Some(value) = schema.get("const") {
            node.any.push(General::Const(value.clone()));
        }
        if let Some(values) = schema.get("enum") {
            match values.as_array() {
                Some([]) => return Err("enum must have non-empty array".to_owned()),
                Some(values) => node.any.push(General::Enum(values.to_vec())),
                None => return Err("enum value must be \"array\"".to_owned()),
            }
        }
        if let Some(schema) = schema.get("not") {
            let inner = self.node(schema, &site.below("not").composite())?;
            node.any.push(General::Not(Box::new(inner)));
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
                "anyOf" => General::AnyOf(parts),
                "oneOf" => General::OneOf(parts),
                _ => General::AllOf(parts),
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
            node.any.push(General::If { condition, then, otherwise });
        }
        Ok(())
    }
}
