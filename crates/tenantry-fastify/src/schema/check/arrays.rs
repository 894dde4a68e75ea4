//! Rules about arrays.

use std::collections::HashMap;

use super::distinct::{Hashed, Hashing};
use super::{Checked, Run, SET, Seen, Step, is_any};
use crate::schema::node::{ArrayRule, Extra, Node, Type};
use crate::schema::value::{Value, object};

impl<'p> Run<'p, '_> {
    pub(super) fn array(
        &mut self,
        node: &'p Node,
        items: &mut Vec<Value>,
        composite: bool,
        seen: &mut Seen,
    ) -> Checked {
        if !composite {
            self.steps.spend(node.item_defaults.len() / 8)?;
            for (index, value) in &node.item_defaults {
                if *index == items.len() {
                    self.steps.spend(SET * value.weight())?;
                    items.push(value.clone());
                    self.changed = true;
                }
            }
        }
        for rule in &node.array {
            if !self.array_rule(rule, node, items, composite, seen)? {
                return Ok(false);
            }
        }
        match node.unevaluated_items.as_deref() {
            Some(extra) if !seen.all_items => {
                let from = seen.items;
                seen.all_items = true;
                self.rest("unevaluatedItems", from, extra, node, items, composite)
            }
            _ => Ok(true),
        }
    }

    fn array_rule(
        &mut self,
        rule: &'p ArrayRule,
        node: &'p Node,
        items: &mut [Value],
        composite: bool,
        seen: &mut Seen,
    ) -> Checked {
        let length = items.len() as f64;
        match rule {
            ArrayRule::MaxItems(limit) if length <= *limit => Ok(true),
            ArrayRule::MaxItems(limit) => {
                self.limit(node, composite, "maxItems", *limit, "more", "items")
            }
            ArrayRule::MinItems(limit) if length >= *limit => Ok(true),
            ArrayRule::MinItems(limit) => {
                self.limit(node, composite, "minItems", *limit, "fewer", "items")
            }
            ArrayRule::Tuple(parts) => {
                seen.items = seen.items.max(parts.len());
                for (index, (part, item)) in parts.iter().zip(items).enumerate() {
                    if let Some(part) = part
                        && !self.part(Step::Index(index), part, item, composite)?
                    {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            ArrayRule::Rest(keyword, from, extra) => {
                seen.all_items = true;
                self.rest(keyword, *from, extra, node, items, composite)
            }
            ArrayRule::Contains { min, max, node: inner } => {
                seen.all_items = true;
                self.contains(*min, *max, inner, node, items, composite)
            }
            ArrayRule::Unique(types) => self.unique(types, node, items, composite),
        }
    }

    fn rest(
        &mut self,
        keyword: &'static str,
        from: usize,
        extra: &'p Extra,
        node: &'p Node,
        items: &mut [Value],
        composite: bool,
    ) -> Checked {
        match extra {
            Extra::Any => Ok(true),
            Extra::None if items.len() <= from => Ok(true),
            Extra::None => self.limit(node, composite, keyword, from as f64, "more", "items"),
            Extra::Schema(part) => {
                for (index, item) in items.iter_mut().enumerate().skip(from) {
                    if !self.part(Step::Index(index), part, item, composite)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }

    fn contains(
        &mut self,
        min: usize,
        max: Option<usize>,
        inner: &'p Node,
        node: &'p Node,
        items: &mut [Value],
        composite: bool,
    ) -> Checked {
        let before = self.errors.len();
        let mut found = 0;
        for (index, item) in items.iter_mut().enumerate() {
            found += usize::from(self.part(Step::Index(index), inner, item, true)?);
            let enough = found >= min && max.is_none();
            if enough || max.is_some_and(|max| found > max) {
                break;
            }
        }
        if found >= min && max.is_none_or(|max| found <= max) {
            self.errors.truncate(before);
            return Ok(true);
        }
        let mut params = object([("minContains", Value::from(min))]);
        let mut message = format!("must contain at least {min}");
        if let (Some(max), Value::Object(params)) = (max, &mut params) {
            params.insert("maxContains".to_owned(), Value::from(max));
            message.push_str(&format!(" and no more than {max}"));
        }
        message.push_str(" valid item(s)");
        self.fail(node, composite, "contains", params, message)
    }

    /// Which pair is named where several are alike follows from the way Ajv looks: from the end, and for items of
    /// simple types remembering those it has seen, for others comparing with all before.
    fn unique(
        &mut self,
        types: &[Type],
        node: &'p Node,
        items: &[Value],
        composite: bool,
    ) -> Checked {
        let hashing = Hashing::default();
        let mut last: HashMap<Hashed<'_>, usize> = HashMap::new();
        let mut pair: Option<(usize, usize)> = None;
        for (index, item) in items.iter().enumerate().rev() {
            if !types.is_empty() && !is_any(types, item) {
                continue;
            }
            self.steps.spend(2 * item.weight())?;
            if let Some(later) = last.insert(hashing.of(item), index) {
                let (low, high) = (index, later);
                let better = match pair {
                    None => true,
                    Some((_, best)) => types.is_empty() && high > best,
                };
                if better {
                    pair = Some((low, high));
                }
            }
        }
        let Some((low, high)) = pair else { return Ok(true) };
        let (i, j) = if types.is_empty() { (high, low) } else { (low, high) };
        let params = object([("i", Value::from(i)), ("j", Value::from(j))]);
        let message = format!("must NOT have duplicate items (items ## {j} and {i} are identical)");
        self.fail(node, composite, "uniqueItems", params, message)
    }
}
