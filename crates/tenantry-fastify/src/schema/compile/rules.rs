//! Rules that stand for themselves: types, limits, patterns, formats.

use super::{Compiler, Site};
use crate::schema::format::Format;
use crate::schema::node::{Comparison, Node, NumberRule, StringRule, Type};
use crate::schema::value::{Object, Value};

/// The limit a keyword sets.
pub(super) fn limit(schema: &Object, keyword: &str) -> Result<Option<f64>, String> {
    match schema.get(keyword) {
        None => Ok(None),
        Some(Value::Number(number)) => Ok(Some(*number)),
        Some(_) => Err(format!("{keyword} value must be \"number\"")),
    }
}

/// The same, for counts.
pub(super) fn count(schema: &Object, keyword: &str) -> Result<Option<usize>, String> {
    match limit(schema, keyword)? {
        Some(number) if number < 0.0 || number.fract() != 0.0 => {
            Err(format!("{keyword} must be a count"))
        }
        Some(number) => Ok(Some(number as usize)),
        None => Ok(None),
    }
}

/// The names in a list of strings.
pub(super) fn names(value: &Value, keyword: &str) -> Result<Vec<String>, String> {
    let items = value.as_array().ok_or_else(|| format!("{keyword} value must be \"array\""))?;
    let name = |item: &Value| {
        item.as_str().map(str::to_owned).ok_or_else(|| format!("{keyword} must be strings"))
    };
    items.iter().map(name).collect()
}

impl Compiler<'_, '_> {
    pub(super) fn types(&mut self, schema: &Object, node: &mut Node) -> Result<(), String> {
        let mut list = type_list(schema.get("type"))?;
        match schema.get("nullable") {
            Some(Value::Bool(false)) if list.contains(&Type::Null) => {
                return Err("type: null contradicts nullable: false".to_owned());
            }
            Some(_) if list.is_empty() => {
                return Err("\"nullable\" cannot be used without \"type\"".to_owned());
            }
            Some(Value::Bool(true)) if !list.contains(&Type::Null) => list.push(Type::Null),
            _ => {}
        }
        let types = &mut node.types;
        if self.options.coerce {
            types.coerce = list.iter().copied().filter(|kind| *kind != Type::Object).collect();
        }
        let own_rules = match list[..] {
            [Type::Number] => has_any(
                schema,
                &[
                    "maximum",
                    "minimum",
                    "exclusiveMaximum",
                    "exclusiveMinimum",
                    "multipleOf",
                    "format",
                ],
            ),
            [Type::String] => has_any(schema, &["maxLength", "minLength", "pattern", "format"]),
            [Type::Array] => has_any(
                schema,
                &[
                    "maxItems",
                    "minItems",
                    "items",
                    "prefixItems",
                    "additionalItems",
                    "contains",
                    "uniqueItems",
                    "minContains",
                    "maxContains",
                    "unevaluatedItems",
                ],
            ),
            [Type::Object] => has_any(
                schema,
                &[
                    "maxProperties",
                    "minProperties",
                    "required",
                    "propertyNames",
                    "additionalProperties",
                    "dependencies",
                    "dependentRequired",
                    "dependentSchemas",
                    "properties",
                    "patternProperties",
                    "unevaluatedProperties",
                ],
            ),
            _ => false,
        };
        types.first = !(list.is_empty() || types.coerce.is_empty() && own_rules);
        types.list = list;
        types.shown = schema.get("type").cloned();
        Ok(())
    }

    pub(super) fn number_rules(
        &mut self,
        schema: &Object,
        site: &Site,
        node: &mut Node,
    ) -> Result<(), String> {
        for (keyword, comparison) in [
            ("maximum", Comparison::AtMost),
            ("minimum", Comparison::AtLeast),
            ("exclusiveMaximum", Comparison::Below),
            ("exclusiveMinimum", Comparison::Above),
        ] {
            if let Some(limit) = limit(schema, keyword)? {
                node.number.push(NumberRule::Limit(comparison, limit));
            }
        }
        if let Some(divisor) = limit(schema, "multipleOf")? {
            node.number.push(NumberRule::MultipleOf(divisor));
        }
        if let Some((format, name)) =
            self.format(schema, site)?.filter(|(format, _)| format.of_numbers())
        {
            node.number.push(NumberRule::Format(format, name));
        }
        Ok(())
    }

    pub(super) fn string_rules(
        &mut self,
        schema: &Object,
        site: &Site,
        node: &mut Node,
    ) -> Result<(), String> {
        if let Some(limit) = limit(schema, "maxLength")? {
            node.string.push(StringRule::MaxLength(limit));
        }
        if let Some(limit) = limit(schema, "minLength")? {
            node.string.push(StringRule::MinLength(limit));
        }
        if let Some(pattern) = schema.get("pattern") {
            let source = pattern.as_str().ok_or("pattern value must be \"string\"")?;
            let pattern = self.pattern(source);
            let pattern = self.noted(site, "pattern", pattern)?;
            node.string.push(StringRule::Pattern(pattern, source.to_owned()));
        }
        if let Some((format, name)) =
            self.format(schema, site)?.filter(|(format, _)| !format.of_numbers())
        {
            node.string.push(StringRule::Format(format, name));
        }
        Ok(())
    }

    fn format(&mut self, schema: &Object, site: &Site) -> Result<Option<(Format, String)>, String> {
        let Some(format) = schema.get("format") else { return Ok(None) };
        let format = self.known_format(format, site);
        self.noted(site, "format", format)
    }

    fn known_format(
        &self,
        format: &Value,
        site: &Site,
    ) -> Result<Option<(Format, String)>, String> {
        let name = format.as_str().ok_or("format value must be \"string\"")?;
        match Format::by_name(name) {
            Some(Format::Anything) => Ok(None),
            Some(format) => Ok(Some((format, name.to_owned()))),
            None if self.options.strict => Err(format!(
                "unknown format \"{name}\" ignored in schema at path \"{}\"",
                site.path
            )),
            None => Ok(None),
        }
    }
}

fn has_any(schema: &Object, keywords: &[&str]) -> bool {
    keywords.iter().any(|keyword| schema.contains_key(*keyword))
}

/// The types in `type`, which is a name or a list of names.
pub(crate) fn type_list(value: Option<&Value>) -> Result<Vec<Type>, String> {
    let names: Vec<&Value> = match value {
        None => Vec::new(),
        Some(Value::Array(names)) => names.iter().collect(),
        Some(name) => vec![name],
    };
    if names.len() > 7 {
        return Err("type must NOT have more than 7 items".to_owned());
    }
    let types: Option<Vec<Type>> =
        names.iter().map(|name| name.as_str().and_then(Type::by_name)).collect();
    types.ok_or_else(|| {
        let shown: Vec<String> = names
            .iter()
            .map(|name| {
                name.as_str().map_or_else(|| crate::schema::json::text(name), str::to_owned)
            })
            .collect();
        format!("type must be JSONType or JSONType[]: {}", shown.join(","))
    })
}
