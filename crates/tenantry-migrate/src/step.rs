//! A migration as it is run: a file, or code.

use std::{
    borrow::Cow,
    ffi::OsStr,
    path::{Path, PathBuf},
    sync::Arc,
};

use tenantry::TenantId;

use crate::{
    Directives, Failure, FolderError, Migration, Migrations, RustMigration, Script, ledger,
    message::Spot,
    script::{Names, Rendered},
    site::Site,
};

/// The migrations of one kind in order: a folder's files, and those in Rust among them.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// Where the files are, to be named in messages.
    pub(crate) folder: PathBuf,
    steps: Vec<Step>,
}

/// One migration.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) number: i64,
    pub(crate) name: Arc<str>,
    pub(crate) checksum: Arc<str>,
    pub(crate) work: Work,
}

/// What a migration does.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    Sql(Arc<Migration>),
    Rust(Arc<dyn RustMigration>),
}

impl Series {
    pub(crate) fn new(
        files: Migrations,
        code: &[Arc<dyn RustMigration>],
    ) -> Result<Self, FolderError> {
        let folder = files.folder().to_owned();
        let mut steps: Vec<Step> = files.into_files().into_iter().map(Step::of_file).collect();
        steps.extend(code.iter().map(Step::of_code));
        steps.sort_by_key(|step| step.number);
        let twice = steps.windows(2).find_map(|pair| match pair {
            [first, second] if first.number == second.number => Some((first, second)),
            _ => None,
        });
        match twice {
            Some((first, second)) => {
                Err(FolderError::same_number(&folder, &first.name, &second.name))
            }
            None => Ok(Self { folder, steps }),
        }
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The migration of this number.
    pub(crate) fn find(&self, number: i64) -> Option<&Step> {
        let index = self.steps.binary_search_by_key(&number, |step| step.number).ok()?;
        self.steps.get(index)
    }
}

impl Step {
    fn of_file(file: Migration) -> Self {
        Self {
            number: file.number,
            name: file.name.as_str().into(),
            checksum: file.checksum.as_str().into(),
            work: Work::Sql(Arc::new(file)),
        }
    }

    fn of_code(code: &Arc<dyn RustMigration>) -> Self {
        Self {
            number: code.number(),
            name: code.name().into(),
            checksum: format!("rust:{}", code.version()).into(),
            work: Work::Rust(Arc::clone(code)),
        }
    }

    /// Whether it runs without a transaction.
    pub(crate) fn is_alone(&self) -> bool {
        match &self.work {
            Work::Sql(file) => !file.directives().transaction,
            Work::Rust(_) => false,
        }
    }

    /// Whether it names any schema, up or down.
    pub(crate) fn names_schemas(&self) -> bool {
        self.scripts().any(|(_, script)| !script.schemas_named().is_empty())
    }

    /// Its SQL, with the files' names: what applies it, and what undoes it.
    pub(crate) fn scripts(&self) -> impl Iterator<Item = (Cow<'_, str>, &Script)> {
        let file = match &self.work {
            Work::Sql(file) => Some(file),
            Work::Rust(_) => None,
        };
        file.into_iter().flat_map(|file| {
            let down = file.down_path().and_then(Path::file_name).map(OsStr::to_string_lossy);
            let up = (Cow::Borrowed(file.name.as_str()), file.up());
            [Some(up), down.zip(file.down())].into_iter().flatten()
        })
    }

    /// Whether it can be undone.
    pub(crate) fn has_down(&self) -> bool {
        match &self.work {
            Work::Sql(file) => file.down().is_some(),
            Work::Rust(code) => code.has_down(),
        }
    }

    /// What the ledger says of it.
    pub(crate) fn row(&self) -> ledger::Row<'_> {
        ledger::Row { number: self.number, name: &self.name, checksum: &self.checksum }
    }
}

/// A file's SQL, as it is run in one schema.
#[derive(Debug)]
pub(crate) struct Body<'a> {
    name: &'a str,
    script: &'a Script,
    rendered: Rendered<'a>,
}

impl<'a> Body<'a> {
    /// What applies a migration.
    pub(crate) fn up(file: &'a Migration, site: &Site, tenant: Option<&TenantId>) -> Self {
        Self::new(&file.name, file.up(), site, tenant)
    }

    /// What undoes a migration, where somebody has written that.
    pub(crate) fn down(
        file: &'a Migration,
        site: &Site,
        tenant: Option<&TenantId>,
    ) -> Option<Self> {
        Some(Self::new(&file.name, file.down()?, site, tenant))
    }

    fn new(name: &'a str, script: &'a Script, site: &Site, tenant: Option<&TenantId>) -> Self {
        let names = Names {
            schema: &site.identifier,
            tenant: tenant.map(TenantId::as_str),
            shared: &site.shared,
        };
        Self { name, script, rendered: script.render(&names) }
    }

    pub(crate) fn sql(&self) -> &str {
        self.rendered.sql()
    }

    /// How many statements it has.
    pub(crate) fn count(&self) -> usize {
        self.script.statements().len()
    }

    /// Its statements, one by one.
    pub(crate) fn statements(&self) -> impl Iterator<Item = &str> {
        self.rendered.statements()
    }

    /// Where a statement begins, in characters from the beginning of the text.
    pub(crate) fn offset(&self, statement: usize) -> usize {
        let sql = self.rendered.sql();
        self.rendered.statements().nth(statement).map_or(0, |statement| {
            let byte = statement.as_ptr().addr() - sql.as_ptr().addr();
            sql[..byte].chars().count()
        })
    }

    /// The migration's name.
    pub(crate) fn name(&self) -> &str {
        self.name
    }

    pub(crate) fn directives(&self) -> &Directives {
        self.script.directives()
    }

    /// Whether what it does cannot be read in it.
    pub(crate) fn is_opaque(&self) -> bool {
        self.script.is_opaque()
    }

    /// Whether it certainly leaves the transaction it runs in open: what it does can be read in it, and
    /// where its statements end does not depend on what a backslash means to PostgreSQL.
    pub(crate) fn is_plain(&self) -> bool {
        !self.script.is_opaque() && !self.script.has_backslash()
    }

    /// Whether what one of its statements does cannot be read in it.
    pub(crate) fn is_opaque_at(&self, statement: usize) -> bool {
        let statement = self.script.statements().get(statement);
        statement.is_some_and(|statement| statement.kind().is_opaque())
    }

    /// Says where in the file an error is.
    pub(crate) fn locate(&self, spot: Spot, failure: &mut Failure) {
        let location = match spot {
            Spot::Position(position) => self.rendered.locate(position),
            Spot::Statement(index) => self.rendered.statement_at(index),
        };
        failure.line = Some(location.line);
        failure.column = Some(location.column);
        failure.statement = Some(location.excerpt);
    }
}
