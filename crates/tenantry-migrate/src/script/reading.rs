use std::sync::Arc;

use tenantry_sql::Statement;

use super::{
    MARK, NamedSchema, Parts, Problem, Script, directives, placeholders, problem::Problems,
    refusals,
};

/// How a file is to be read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading {
    /// Whether a text in quotes may hold placeholders. In another tool's files a brace in a string is a brace.
    pub(crate) strings: bool,
    /// Whether it is a shared schema's, where there is no tenant.
    pub(crate) shared: bool,
    /// Whether a first line `-- no-transaction` means that, as it does to sqlx, whose files without pairs are named as ours.
    pub(crate) first_line: bool,
    /// Whether something beside the file says that it runs without a transaction.
    pub(crate) no_transaction: bool,
}

impl Script {
    /// Reads a file's text: the script, or everything that is wrong with it.
    pub(crate) fn read(text: String, reading: Reading) -> Result<Self, Vec<Problem>> {
        let (text, marked) = match text.strip_prefix(MARK) {
            Some(rest) => (rest.to_owned(), true),
            None => (text, false),
        };
        let mut problems = Problems::default();
        let statements: Vec<Statement> = tenantry_sql::statements(&text).collect();
        let mut parts = Parts {
            marked,
            directives: directives::read(&text, &statements, reading, &mut problems),
            ..Parts::default()
        };
        for statement in &statements {
            refusals::check(&text, statement, &parts.directives, &mut problems);
            let found = placeholders::find(&text, statement, reading, &mut problems);
            parts.placeholders.extend(found);
            parts.opaque |= statement.kind().is_opaque();
        }
        if statements.is_empty() {
            let reason = "it holds no statement; write one, or take the file away".to_owned();
            return Err(vec![Problem { location: None, reason }]);
        }
        let problems = problems.finish(&text);
        if !problems.is_empty() {
            return Err(problems);
        }
        parts.schemas = schemas(&text, &statements);
        parts.backslash = text.contains('\\');
        (parts.text, parts.statements) = (text, statements);
        Ok(Self(Arc::new(parts)))
    }
}

/// The schemas named, each once.
fn schemas(text: &str, statements: &[Statement]) -> Vec<NamedSchema> {
    let mut found: Vec<NamedSchema> = Vec::new();
    let mut known = std::collections::HashSet::new();
    let mut lines = tenantry_sql::Lines::new(text);
    for statement in statements {
        for schema in tenantry_sql::schemas(text, statement) {
            if !known.contains(&*schema.name) {
                let (line, column) = lines.at(schema.at);
                let name = schema.name.into_owned();
                known.insert(name.clone());
                found.push(NamedSchema { name, line, column, at: schema.at });
            }
        }
    }
    found
}
