//! Rules about numbers and strings.

use super::{Checked, Run};
use crate::schema::node::{Comparison, Node, NumberRule, StringRule};
use crate::schema::number;
use crate::schema::value::{Value, object};

impl Run<'_, '_> {
    pub(super) fn numbers(&mut self, node: &Node, number: f64, composite: bool) -> Checked {
        for rule in &node.number {
            if !self.number(rule, number, node, composite)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn strings(&mut self, node: &Node, text: &str, composite: bool) -> Checked {
        for rule in &node.string {
            if !self.string(rule, text, node, composite)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn number(&mut self, rule: &NumberRule, number: f64, node: &Node, composite: bool) -> Checked {
        match rule {
            NumberRule::Limit(comparison, limit) => {
                let (keyword, sign, fits) = match comparison {
                    Comparison::AtMost => ("maximum", "<=", number <= *limit),
                    Comparison::AtLeast => ("minimum", ">=", number >= *limit),
                    Comparison::Below => ("exclusiveMaximum", "<", number < *limit),
                    Comparison::Above => ("exclusiveMinimum", ">", number > *limit),
                };
                if fits {
                    return Ok(true);
                }
                let params =
                    object([("comparison", sign.into()), ("limit", Value::Number(*limit))]);
                self.fail(
                    node,
                    composite,
                    keyword,
                    params,
                    format!("must be {sign} {}", number::text(*limit)),
                )
            }
            NumberRule::MultipleOf(divisor) => {
                let times = number / divisor;
                // From 1e21 on JavaScript writes numbers in a way that does not read back as whole ones.
                if *divisor != 0.0 && times.fract() == 0.0 && times.abs() < 1e21 {
                    return Ok(true);
                }
                let params = object([("multipleOf", Value::Number(*divisor))]);
                self.fail(
                    node,
                    composite,
                    "multipleOf",
                    params,
                    format!("must be multiple of {}", number::text(*divisor)),
                )
            }
            NumberRule::Format(format, _) if format.fits_number(number) => Ok(true),
            NumberRule::Format(_, name) => self.wrong_format(name, node, composite),
        }
    }

    fn string(&mut self, rule: &StringRule, text: &str, node: &Node, composite: bool) -> Checked {
        self.steps.spend(text.len() / 64)?;
        let length = || text.chars().count() as f64;
        match rule {
            StringRule::MaxLength(limit) if length() <= *limit => Ok(true),
            StringRule::MaxLength(limit) => {
                self.limit(node, composite, "maxLength", *limit, "more", "characters")
            }
            StringRule::MinLength(limit) if length() >= *limit => Ok(true),
            StringRule::MinLength(limit) => {
                self.limit(node, composite, "minLength", *limit, "fewer", "characters")
            }
            StringRule::Pattern(pattern, source) => {
                if self.steps.is_match(pattern, text)? {
                    return Ok(true);
                }
                let params = object([("pattern", source.as_str().into())]);
                self.fail(
                    node,
                    composite,
                    "pattern",
                    params,
                    format!("must match pattern \"{source}\""),
                )
            }
            StringRule::Format(format, name) => {
                if self.steps.fits(*format, text)? {
                    return Ok(true);
                }
                self.wrong_format(name, node, composite)
            }
        }
    }

    fn wrong_format(&mut self, name: &str, node: &Node, composite: bool) -> Checked {
        let params = object([("format", name.into())]);
        self.fail(node, composite, "format", params, format!("must match format \"{name}\""))
    }
}
