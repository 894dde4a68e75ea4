//! A migration as it is run: a file, or code.

use std::{path::PathBuf, sync::Arc, time::Duration};

use crate::{
    Failure, Migration, Migrations, RustMigration, ledger, message::Spot, script, site::Site,
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
    pub(crate) fn new(files: Migrations, code: &[Arc<dyn RustMigration>]) -> Self {
        let folder = files.folder().to_owned();
        let mut steps: Vec<Step> = files.into_files().into_iter().map(Step::of_file).collect();
        steps.extend(code.iter().map(Step::of_code));
        steps.sort_by_key(|step| step.number);
        Self { folder, steps }
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

    /// What the ledger says of it.
    pub(crate) fn row(&self) -> ledger::Row<'_> {
        ledger::Row { number: self.number, name: &self.name, checksum: &self.checksum }
    }
}

/// A file's SQL, as it is run in one schema.
#[derive(Debug)]
pub(crate) struct Body {
    file: Arc<Migration>,
    count: usize,
}

impl Body {
    pub(crate) fn up(file: &Arc<Migration>, _site: &Site) -> Self {
        let count = script::check(&file.sql).unwrap_or(1);
        Self { file: Arc::clone(file), count }
    }

    pub(crate) fn sql(&self) -> &str {
        &self.file.sql
    }

    /// How many statements it has.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The file's name.
    pub(crate) fn file(&self) -> &str {
        &self.file.name
    }

    /// Its statements, one by one.
    pub(crate) fn statements(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.file.sql.as_str())
    }

    /// Where a statement begins, in characters from the beginning of the text.
    pub(crate) fn offset(&self, _statement: usize) -> usize {
        0
    }

    /// Whether it is to run in a transaction.
    pub(crate) fn is_transactional(&self) -> bool {
        true
    }

    pub(crate) fn lock_timeout(&self) -> Option<Duration> {
        None
    }

    pub(crate) fn statement_timeout(&self) -> Option<Duration> {
        None
    }

    /// Says where in the file an error is.
    pub(crate) fn locate(&self, spot: Spot, failure: &mut Failure) {
        if let Spot::Position(position) = spot {
            let last = self.file.sql.trim_end().chars().count();
            let before = self.file.sql.chars().take((position - 1).min(last));
            failure.line = Some(1 + before.filter(|&character| character == '\n').count());
        }
    }
}
