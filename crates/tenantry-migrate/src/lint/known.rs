use std::collections::{HashMap, HashSet};

use super::{cursor::Name, types::Type};

/// What the files so far tell of the schema.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The columns' types, as far as files have given them.
    types: HashMap<(Name, String), Type>,
    /// Checks that a column is not null: the column of each, and whether it is valid.
    not_null: HashMap<(Name, String), (String, bool)>,
    /// Tables that this file has made.
    new: HashSet<Name>,
    /// Constraints that this file has added without validating them.
    not_valid: HashSet<(Name, String)>,
}

impl Known {
    pub(super) fn begin_file(&mut self) {
        self.new.clear();
        self.not_valid.clear();
    }

    pub(super) fn make(&mut self, table: Name) {
        self.new.insert(table);
    }

    /// Whether this file has made the table, so that it is empty and nobody else sees it.
    pub(super) fn is_new(&self, table: &Name) -> bool {
        self.new.contains(table)
    }

    pub(super) fn set_type(&mut self, table: &Name, column: &str, of: Type) {
        self.types.insert((table.clone(), column.to_owned()), of);
    }

    pub(super) fn type_of(&self, table: &Name, column: &str) -> Option<&Type> {
        self.types.get(&(table.clone(), column.to_owned()))
    }

    /// A CHECK that a column is not null.
    pub(super) fn add_not_null_check(
        &mut self,
        table: &Name,
        name: &str,
        column: String,
        is_valid: bool,
    ) {
        self.not_null.insert((table.clone(), name.to_owned()), (column, is_valid));
    }

    pub(super) fn add_not_valid(&mut self, table: &Name, name: String) {
        self.not_valid.insert((table.clone(), name));
    }

    pub(super) fn validate(&mut self, table: &Name, name: &str) {
        if let Some((_, is_valid)) = self.not_null.get_mut(&(table.clone(), name.to_owned())) {
            *is_valid = true;
        }
    }

    /// Whether this file has added the constraint without validating it.
    pub(super) fn is_added_here(&self, table: &Name, name: &str) -> bool {
        self.not_valid.contains(&(table.clone(), name.to_owned()))
    }

    /// Whether a valid CHECK says that a column is not null.
    pub(super) fn is_checked_not_null(&self, table: &Name, column: &str) -> bool {
        self.not_null
            .iter()
            .any(|((of, _), (checked, is_valid))| of == table && checked == column && *is_valid)
    }
}
