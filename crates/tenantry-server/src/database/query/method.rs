//! The methods of a table.

use tenantry_js::Data;

use super::{
    filter::condition,
    options::{Options, invalid},
    order::order_by,
    statement::{Statement, join},
    write::{assignments, insert, set},
};
use crate::database::{
    catalog::{Column, Table},
    error::DbError,
    naming,
};

/// What of a statement's answer the method gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// All rows.
    Rows,
    /// The first row, or null.
    Row,
    /// `{ count }`: how many rows were written.
    Count,
    /// The number in the first row.
    Number,
    /// The same, without asking PostgreSQL: nothing was to be written.
    Nothing,
}

const METHODS: [&str; 13] = [
    "findById",
    "findUnique",
    "findFirst",
    "findMany",
    "count",
    "create",
    "createMany",
    "update",
    "updateMany",
    "upsert",
    "delete",
    "deleteMany",
    "aggregate",
];

/// Whether a method only reads.
fn only_reads(method: &str) -> bool {
    method.starts_with("find") || method == "count"
}

/// What a method with these arguments means.
pub(crate) fn build(
    table: &Table,
    method: &str,
    args: &[Data],
    is_shared: bool,
) -> Result<(Statement, Answer), DbError> {
    if is_shared && METHODS.contains(&method) && !only_reads(method) {
        return Err(DbError::new(
            "SHARED_READ_ONLY",
            format!("db.shared.{}.{method}: shared tables are read, not written", table.name),
        ));
    }
    let build = Build { table, method, args };
    match method {
        "findById" => build.find_by_id(),
        "findUnique" => build.find_unique(),
        "findFirst" => build.find(Answer::Row),
        "findMany" => build.find(Answer::Rows),
        "count" => build.count(),
        "create" => build.create(),
        "createMany" => build.create_many(),
        "update" => build.update(),
        "updateMany" => build.update_many(),
        "upsert" => build.upsert(),
        "delete" => build.delete(),
        "deleteMany" => build.delete_many(),
        other => {
            let nearest = naming::nearest(METHODS[..12].iter().copied(), other);
            let hint =
                nearest.map(|nearest| format!(": did you mean {nearest}?")).unwrap_or_default();
            Err(DbError::new("METHOD_NOT_FOUND", format!("a table has no method {other}{hint}")))
        }
    }
}

struct Build<'a> {
    table: &'a Table,
    method: &'a str,
    args: &'a [Data],
}

type Built = Result<(Statement, Answer), DbError>;

impl<'a> Build<'a> {
    fn options(&self, index: usize, known: &[&'static str]) -> Result<Options<'a>, DbError> {
        Options::read(self.method, self.args.get(index), known)
    }

    fn select(&self, options: &Options<'a>) -> Result<Statement, DbError> {
        let mut statement = Statement::default();
        statement.push("SELECT ");
        outputs(&mut statement, &options.columns(self.table)?)?;
        statement.push(" FROM ").push(&self.table.sql);
        Ok(statement)
    }

    fn find_by_id(&self) -> Built {
        let options = self.options(1, &["select"])?;
        let mut statement = self.select(&options)?;
        statement.push(" WHERE ");
        self.is_id(&mut statement, self.args.first())?;
        Ok((statement, Answer::Row))
    }

    /// The row with this primary key.
    fn is_id(&self, statement: &mut Statement, id: Option<&Data>) -> Result<(), DbError> {
        let column = self.table.id()?;
        match id {
            None | Some(Data::Undefined | Data::Null) => {
                Err(invalid(format!("{} needs the value of {:?}", self.method, column.name)))
            }
            Some(Data::Map(_) | Data::List(_)) => {
                Err(invalid(format!("{} takes the value of {:?} alone", self.method, column.name)))
            }
            Some(id) => {
                statement.push(&column.sql()).push(" = ").value(id, column.kind)?;
                Ok(())
            }
        }
    }

    fn find_unique(&self) -> Built {
        let options = self.options(0, &["where", "select"])?;
        let filter = options.need("where")?;
        self.names_one(filter)?;
        let mut statement = self.select(&options)?;
        statement.push(" WHERE ");
        condition(&mut statement, self.table, filter)?;
        Ok((statement, Answer::Row))
    }

    fn find(&self, answer: Answer) -> Built {
        let options = self.options(0, &["where", "orderBy", "skip", "take", "select"])?;
        let mut statement = self.select(&options)?;
        self.add_where(&mut statement, &options)?;
        if let Some(order) = options.get("orderBy") {
            order_by(&mut statement, self.table, order)?;
        }
        let take = if answer == Answer::Row { Some(1) } else { options.count("take")? };
        if let Some(take) = take {
            statement.push(" LIMIT ").number(take)?;
        }
        if let Some(skip) = options.count("skip")? {
            statement.push(" OFFSET ").number(skip)?;
        }
        Ok((statement, answer))
    }

    fn add_where(&self, statement: &mut Statement, options: &Options<'a>) -> Result<(), DbError> {
        match options.get("where") {
            None | Some(Data::Null) => Ok(()),
            Some(filter) => {
                statement.push(" WHERE ");
                condition(statement, self.table, filter)
            }
        }
    }

    fn count(&self) -> Built {
        let options = self.options(0, &["where"])?;
        let mut statement = Statement::default();
        statement.push("SELECT pg_catalog.count(*) FROM ").push(&self.table.sql);
        self.add_where(&mut statement, &options)?;
        Ok((statement, Answer::Number))
    }

    fn create(&self) -> Built {
        let (data, select) = self.row_given()?;
        let mut statement = Statement::default();
        insert(&mut statement, self.table, &[assignments(self.table, data)?])?;
        self.returning(&mut statement, &select)?;
        Ok((statement, Answer::Row))
    }

    /// The row itself, with `{ select }` beside it; or `{ data, select }`, if the table has no column
    /// `data`.
    fn row_given(&self) -> Result<(&'a Data, Options<'a>), DbError> {
        let given = self.args.first().unwrap_or(&Data::Undefined);
        let is_wrapped = matches!(given.get("data"), Some(Data::Map(_)))
            && !self.table.columns.iter().any(|column| column.name == "data");
        if is_wrapped {
            let options = self.options(0, &["data", "select"])?;
            return Ok((options.need("data")?, options));
        }
        Ok((given, self.options(1, &["select"])?))
    }

    fn create_many(&self) -> Built {
        let (rows, skips) = match self.args.first() {
            Some(Data::List(rows)) => (rows, false),
            _ => {
                let options = self.options(0, &["data", "skipDuplicates"])?;
                let Data::List(rows) = options.need("data")? else {
                    return Err(invalid("createMany takes an array of rows".into()));
                };
                (rows, matches!(options.get("skipDuplicates"), Some(Data::Bool(true))))
            }
        };
        if rows.is_empty() {
            return Ok((Statement::default(), Answer::Nothing));
        }
        let rows =
            rows.iter().map(|row| assignments(self.table, row)).collect::<Result<Vec<_>, _>>()?;
        let mut statement = Statement::default();
        insert(&mut statement, self.table, &rows)?;
        if skips {
            statement.push(" ON CONFLICT DO NOTHING");
        }
        Ok((statement, Answer::Count))
    }

    fn update(&self) -> Built {
        let mut statement = Statement::default();
        statement.push("UPDATE ").push(&self.table.sql).push(" SET ");
        let is_options = matches!(self.args.first(), Some(Data::Map(_)));
        let options = if is_options {
            let options = self.options(0, &["where", "data", "select"])?;
            let filter = options.need("where")?;
            self.names_one(filter)?;
            self.set(&mut statement, options.need("data")?)?;
            statement.push(" WHERE ");
            condition(&mut statement, self.table, filter)?;
            options
        } else {
            let options = self.options(2, &["select"])?;
            self.set(&mut statement, self.args.get(1).unwrap_or(&Data::Undefined))?;
            statement.push(" WHERE ");
            self.is_id(&mut statement, self.args.first())?;
            options
        };
        self.returning(&mut statement, &options)?;
        Ok((statement, Answer::Row))
    }

    fn set(&self, statement: &mut Statement, data: &Data) -> Result<(), DbError> {
        let assignments = assignments(self.table, data)?;
        if assignments.is_empty() {
            return Err(invalid(format!("{} has nothing to change: data is empty", self.method)));
        }
        set(statement, &assignments)
    }

    fn update_many(&self) -> Built {
        let options = self.options(0, &["where", "data"])?;
        let mut statement = Statement::default();
        statement.push("UPDATE ").push(&self.table.sql).push(" SET ");
        self.set(&mut statement, options.need("data")?)?;
        statement.push(" WHERE ");
        condition(&mut statement, self.table, options.need("where")?)?;
        Ok((statement, Answer::Count))
    }

    fn delete(&self) -> Built {
        let mut statement = Statement::default();
        statement.push("DELETE FROM ").push(&self.table.sql).push(" WHERE ");
        let options = if let Some(Data::Map(_)) = self.args.first() {
            let options = self.options(0, &["where", "select"])?;
            let filter = options.need("where")?;
            self.names_one(filter)?;
            condition(&mut statement, self.table, filter)?;
            options
        } else {
            self.is_id(&mut statement, self.args.first())?;
            self.options(1, &["select"])?
        };
        self.returning(&mut statement, &options)?;
        Ok((statement, Answer::Row))
    }

    fn delete_many(&self) -> Built {
        let options = self.options(0, &["where"])?;
        let mut statement = Statement::default();
        statement.push("DELETE FROM ").push(&self.table.sql).push(" WHERE ");
        condition(&mut statement, self.table, options.need("where")?)?;
        Ok((statement, Answer::Count))
    }

    fn upsert(&self) -> Built {
        let options = self.options(0, &["where", "create", "update", "select"])?;
        let key = self.key_named(options.need("where")?)?;
        let created = assignments(self.table, options.need("create")?)?;
        let updated = assignments(self.table, options.need("update")?)?;
        let mut statement = Statement::default();
        insert(&mut statement, self.table, &[created])?;
        statement.push(" ON CONFLICT (");
        join(&mut statement, ", ", key, |statement, &index| {
            statement.push(&self.table.columns[index].sql());
            Ok(())
        })?;
        statement.push(") DO UPDATE SET ");
        if updated.is_empty() {
            // So that the row that is there is returned.
            let column = self.table.columns[key[0]].sql();
            statement.push(&column).push(" = EXCLUDED.").push(&column);
        } else {
            set(&mut statement, &updated)?;
        }
        self.returning(&mut statement, &options)?;
        Ok((statement, Answer::Row))
    }

    fn returning(&self, statement: &mut Statement, options: &Options<'a>) -> Result<(), DbError> {
        statement.push(" RETURNING ");
        outputs(statement, &options.columns(self.table)?)
    }

    /// Fails unless `filter` gives the values of a unique key, so that there is one row or none.
    fn names_one(&self, filter: &Data) -> Result<(), DbError> {
        let Data::Map(entries) = filter else {
            return Err(invalid("where is an object of columns and what they are to be".into()));
        };
        let mut given = Vec::new();
        for (name, value) in entries {
            let is_value = matches!(
                value,
                Data::Bool(_)
                    | Data::Number(_)
                    | Data::BigInt(_)
                    | Data::Text(_)
                    | Data::Bytes(_)
                    | Data::Date(_)
            );
            if is_value && !["AND", "OR", "NOT"].contains(&name.as_str()) {
                given.push(self.table.index(name)?);
            }
        }
        if self.table.keys.iter().any(|key| key.iter().all(|index| given.contains(index))) {
            return Ok(());
        }
        let keys: Vec<String> = self.table.keys.iter().map(|key| self.key_names(key)).collect();
        let keys = if keys.is_empty() { "none".to_owned() } else { keys.join("; ") };
        Err(invalid(format!(
            "{}: where must give the values of a unique key of {:?} (there are: {keys}); findMany, updateMany and deleteMany take any condition",
            self.method, self.table.name
        )))
    }

    /// The unique key whose columns `filter` names, and no others.
    fn key_named(&self, filter: &Data) -> Result<&'a [usize], DbError> {
        self.names_one(filter)?;
        let Data::Map(entries) = filter else { return Err(invalid("where is an object".into())) };
        let named = entries
            .iter()
            .map(|(name, _)| self.table.index(name))
            .collect::<Result<Vec<_>, _>>()?;
        let is_it = |key: &&Vec<usize>| {
            key.len() == named.len() && key.iter().all(|index| named.contains(index))
        };
        self.table.keys.iter().find(is_it).map(Vec::as_slice).ok_or_else(|| {
            invalid("upsert: where names the columns of one unique key and nothing else".into())
        })
    }

    fn key_names(&self, key: &[usize]) -> String {
        let names: Vec<&str> =
            key.iter().map(|&index| self.table.columns[index].name.as_str()).collect();
        names.join(", ")
    }
}

fn outputs(statement: &mut Statement, columns: &[&Column]) -> Result<(), DbError> {
    join(statement, ", ", columns, |statement, column| {
        statement.push(&column.output());
        Ok(())
    })
}
