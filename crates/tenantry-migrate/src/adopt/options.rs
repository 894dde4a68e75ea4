use super::csv::{self, InvalidCsv};

/// Where [`Migrator::adopt`](crate::Migrator::adopt) gets the tenants from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AdoptSource {
    /// Those that are known already: what the other tool's ledgers say since.
    Known,
    /// A query on the shared database: a column of ids and, if there is a second, one of schemas; those
    /// without one have the schema that `isolation.schema_template` names.
    Query(String),
    /// Lines of a file, with the ids and schemas: see [`AdoptSource::csv`].
    Csv(Vec<(usize, String, String)>),
    /// The schemas of the database that fit this template, such as `tenant_{id}`, read backwards.
    Template(String),
}

impl AdoptSource {
    /// Reads lines of `id,schema`, a header among them or not; fields in double quotes may hold
    /// anything.
    ///
    /// # Errors
    ///
    /// [`InvalidCsv`], with the line.
    pub fn csv(text: &str) -> Result<Self, InvalidCsv> {
        csv::read(text).map(Self::Csv)
    }
}

/// How a database is taken over.
#[derive(Clone, Debug)]
#[must_use]
pub struct AdoptOptions {
    pub(crate) source: AdoptSource,
    pub(crate) ledger: Option<String>,
    pub(crate) force: bool,
}

impl AdoptOptions {
    /// Takes over these tenants, and the shared schema.
    pub fn new(source: AdoptSource) -> Self {
        Self { source, ledger: None, force: false }
    }

    /// The name of the other tool's table in each tenant's schema, where it is not the tool's usual one
    /// or there are several.
    pub fn ledger(mut self, table: impl Into<String>) -> Self {
        self.ledger = Some(table.into());
        self
    }

    /// Takes over tenants whose ledger does not match the files, too, as far as it does: a file that
    /// was changed counts as applied as it is now; a row without a file, or of a migration that failed, is
    /// left out; a schema without a ledger is taken for one to which nothing was applied.
    pub fn force(mut self) -> Self {
        self.force = true;
        self
    }
}
