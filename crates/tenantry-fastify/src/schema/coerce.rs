//! Conversion of types, by Ajv's table for `coerceTypes: "array"`.

use super::node::Type;
use super::number;
use super::value::Value;

/// What a value of the wrong type becomes, where it can be one of the types wanted.
///
/// `types` are those that fit, `targets` those to convert to, in order. The only item of an array stands for the
/// array; one that fits is taken as it is where a single type is wanted, else converted like any other.
pub(crate) fn coerce(value: &Value, types: &[Type], targets: &[Type]) -> Option<Value> {
    let mut value = value;
    if let Value::Array(items) = value
        && let [item] = &items[..]
    {
        let single =
            matches!(types, [_] | [Type::Number, Type::Integer] | [Type::Integer, Type::Number]);
        if single && types.iter().any(|kind| kind.is(item)) {
            return Some(item.clone());
        }
        value = item;
    }
    targets.iter().find_map(|target| to(value, *target))
}

fn to(value: &Value, target: Type) -> Option<Value> {
    match (target, value) {
        (Type::String, Value::Number(number)) => Some(Value::String(number::text(*number))),
        (Type::String, Value::Bool(value)) => Some(Value::String(value.to_string())),
        (Type::String, Value::Null) => Some(Value::String(String::new())),
        (Type::Number | Type::Integer, Value::Bool(value)) => {
            Some(Value::Number(f64::from(u8::from(*value))))
        }
        (Type::Number | Type::Integer, Value::Null) => Some(Value::Number(0.0)),
        (Type::Number | Type::Integer, Value::String(text)) if !text.is_empty() => {
            let number = number::parse(text);
            let whole = target == Type::Number || number.is_infinite() || number.fract() == 0.0;
            (!number.is_nan() && whole).then_some(Value::Number(number))
        }
        (Type::Boolean, Value::Null) => Some(Value::Bool(false)),
        (Type::Boolean, Value::Number(number)) if *number == 0.0 || *number == 1.0 => {
            Some(Value::Bool(*number == 1.0))
        }
        (Type::Boolean, Value::String(text)) => text.parse().ok().map(Value::Bool),
        (Type::Null, Value::Bool(false)) => Some(Value::Null),
        (Type::Null, Value::Number(number)) if *number == 0.0 => Some(Value::Null),
        (Type::Null, Value::String(text)) if text.is_empty() => Some(Value::Null),
        (Type::Array, Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null) => {
            Some(Value::Array(vec![value.clone()]))
        }
        _ => None,
    }
}
