//! Values as keys of a map, so that equal ones are found without comparing each with all.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash, Hasher};

use crate::schema::value::Value;

/// A value and the hash of all that is in it.
pub(super) struct Hashed<'v> {
    hash: u64,
    value: &'v Value,
}

impl PartialEq for Hashed<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.value == other.value
    }
}

impl Eq for Hashed<'_> {}

impl Hash for Hashed<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Hashes values, with a secret of its own: nobody can look for values whose hashes are equal.
#[derive(Default)]
pub(super) struct Hashing {
    state: RandomState,
}

impl Hashing {
    pub(super) fn of<'v>(&self, value: &'v Value) -> Hashed<'v> {
        Hashed { hash: self.hash(value), value }
    }

    fn hash(&self, value: &Value) -> u64 {
        let mut hasher = self.state.build_hasher();
        match value {
            Value::Null => hasher.write_u8(0),
            Value::Bool(value) => {
                hasher.write_u8(1);
                hasher.write_u8(u8::from(*value));
            }
            Value::Number(number) => {
                hasher.write_u8(2);
                // Both zeros are equal.
                hasher.write_u64((number + 0.0).to_bits());
            }
            Value::String(text) => {
                hasher.write_u8(3);
                text.hash(&mut hasher);
            }
            Value::Array(items) => {
                hasher.write_u8(4);
                for item in items {
                    hasher.write_u64(self.hash(item));
                }
            }
            Value::Object(object) => {
                hasher.write_u8(5);
                // In whatever order: the sum of what the entries are.
                let entries = object.iter().map(|(key, value)| self.entry(key, value));
                hasher.write_u64(entries.fold(0, u64::wrapping_add));
            }
        }
        hasher.finish()
    }

    fn entry(&self, key: &str, value: &Value) -> u64 {
        let mut hasher = self.state.build_hasher();
        key.hash(&mut hasher);
        hasher.write_u64(self.hash(value));
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::json;

    #[test]
    fn equal_values_are_one_key() {
        let hashing = Hashing::default();
        for (one, other, expected) in [
            ("0", "-0", true),
            ("1", "1.0", true),
            ("1", "\"1\"", false),
            ("null", "false", false),
            ("[]", "{}", false),
            ("[1,2]", "[2,1]", false),
            ("[[1],2]", "[1,[2]]", false),
            (r#"{"a":1,"b":[2]}"#, r#"{"b":[2],"a":1}"#, true),
            (r#"{"a":1,"b":2}"#, r#"{"a":2,"b":1}"#, false),
            (r#"{"a":{"b":1}}"#, r#"{"b":{"a":1}}"#, false),
        ] {
            let (first, second) = (json::parse(one).expect(one), json::parse(other).expect(other));
            let (first, second) = (hashing.of(&first), hashing.of(&second));
            assert_eq!(first == second, expected, "{one} and {other}");
            assert_eq!(first.hash == second.hash, expected, "{one} and {other}");
        }
    }
}
