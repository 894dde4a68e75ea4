//! How much may be made of one schema. Tenants write schemas, and what is made of them is memory that no isolate's
//! limit counts.

use super::value::{Object, Value};

/// How many parts may be made or copied for one schema in all. A part is about as much as a value: see
/// [`Value::weight`].
const MAX_PARTS: usize = 500_000;

/// About how many bytes a part takes.
pub(crate) const PART: usize = 64;

/// What is left of the parts that may be made of a schema.
#[derive(Debug)]
pub(crate) struct Budget {
    left: usize,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { left: MAX_PARTS }
    }
}

impl Budget {
    /// Takes so many parts.
    pub(crate) fn take(&mut self, parts: usize) -> Result<(), String> {
        match self.left.checked_sub(parts) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(format!(
                "the schema is too large: its references and unions make more than {MAX_PARTS} parts of it"
            )),
        }
    }

    /// A copy of a schema.
    pub(crate) fn copy(&mut self, value: &Value) -> Result<Value, String> {
        self.take(value.weight())?;
        Ok(value.clone())
    }

    /// A copy of a schema's keywords, but for some.
    pub(crate) fn copy_without(
        &mut self,
        object: &Object,
        left_out: &[&str],
    ) -> Result<Object, String> {
        let mut copy = Object::new();
        for (key, value) in object.iter().filter(|(key, _)| !left_out.contains(&key.as_str())) {
            self.take(1 + key.len() / PART)?;
            copy.insert(key.clone(), self.copy(value)?);
        }
        Ok(copy)
    }

    /// How many parts have been taken.
    pub(crate) fn taken(&self) -> usize {
        MAX_PARTS - self.left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_all_is_refused() {
        let mut budget = Budget::default();
        assert_eq!(budget.take(MAX_PARTS - 1), Ok(()));
        assert_eq!(budget.taken(), MAX_PARTS - 1);
        assert!(budget.take(2).is_err_and(|error| error.contains("too large")));
        assert!(budget.copy(&Value::Null).is_ok());
        assert!(budget.copy(&Value::Null).is_err());
    }
}
