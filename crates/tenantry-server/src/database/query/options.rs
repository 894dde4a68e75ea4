//! What a method is given: an object of options, each of which is known.

use tenantry_js::Data;

use crate::database::{
    catalog::{Column, Table},
    error::DbError,
    naming,
};

/// The options of a method.
#[derive(Clone, Copy)]
pub(super) struct Options<'a> {
    method: &'a str,
    data: &'a Data,
}

impl<'a> Options<'a> {
    /// Those given, if they are among the `known`. Nothing at all is no option.
    pub(super) fn read(
        method: &'a str,
        data: Option<&'a Data>,
        known: &[&'static str],
    ) -> Result<Self, DbError> {
        let data = data.unwrap_or(&Data::Undefined);
        match data {
            Data::Undefined | Data::Null => {}
            Data::Map(entries) => {
                for (name, _) in entries {
                    if !known.contains(&name.as_str()) {
                        let hint = naming::nearest(known.iter().copied(), name).map_or_else(
                            || format!(": there are {}", known.join(", ")),
                            |nearest| format!(": did you mean {nearest:?}?"),
                        );
                        return Err(invalid(format!("{method} has no option {name:?}{hint}")));
                    }
                }
            }
            _ => {
                return Err(invalid(format!(
                    "{method} takes an object: {{ {} }}",
                    known.join(", ")
                )));
            }
        }
        Ok(Self { method, data })
    }

    /// An option, unless it is undefined.
    pub(super) fn get(&self, name: &str) -> Option<&'a Data> {
        self.data.get(name).filter(|value| !matches!(value, Data::Undefined))
    }

    /// An option that must be there.
    pub(super) fn need(&self, name: &str) -> Result<&'a Data, DbError> {
        self.get(name).ok_or_else(|| invalid(format!("{} needs {name}", self.method)))
    }

    /// A number of rows.
    pub(super) fn count(&self, name: &str) -> Result<Option<u64>, DbError> {
        match self.get(name) {
            None | Some(Data::Null) => Ok(None),
            Some(&Data::Number(number))
                if number >= 0.0 && number.fract() == 0.0 && number <= 9e15 =>
            {
                Ok(Some(number as u64))
            }
            Some(_) => Err(invalid(format!("{name} is a whole number, 0 or more"))),
        }
    }

    /// The columns to be read: all, or those of `select`.
    pub(super) fn columns(&self, table: &'a Table) -> Result<Vec<&'a Column>, DbError> {
        let selected: Vec<&Column> = match self.get("select") {
            None | Some(Data::Null) => return Ok(table.columns.iter().collect()),
            Some(Data::List(names)) => {
                let column = |name: &Data| table.column(name.as_text().unwrap_or_default());
                names.iter().map(column).collect::<Result<_, _>>()?
            }
            Some(Data::Map(entries)) => {
                let mut columns = Vec::new();
                for (name, wanted) in entries {
                    let column = table.column(name)?;
                    match wanted {
                        Data::Bool(true) => columns.push(column),
                        Data::Bool(false) | Data::Undefined => {}
                        _ => return Err(invalid(format!("select.{name} is true or false"))),
                    }
                }
                columns
            }
            Some(_) => {
                return Err(invalid("select is { column: true } or an array of names".into()));
            }
        };
        if selected.is_empty() {
            return Err(invalid("select names no column".into()));
        }
        Ok(selected)
    }
}

pub(super) fn invalid(message: String) -> DbError {
    DbError::new("QUERY_INVALID", message)
}
