use std::{fmt::Write as _, path::PathBuf};

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use tenantry_migrate::{
    FolderError, Layout, Migrations,
    lint::{self, Finding, Rule},
};

use crate::{
    arguments::{Global, Lint},
    console::Console,
    environment,
    failure::{Exit, Failure, Result},
    table::{count, table},
};

const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const PLACE: Style = AnsiColor::Blue.on_default().bold();
const ADVICE: Style = AnsiColor::Cyan.on_default();

/// What was found.
#[derive(Serialize)]
struct Report {
    /// How much, in all folders.
    found: usize,
    folders: Vec<Folder>,
}

#[derive(Serialize)]
struct Folder {
    folder: PathBuf,
    layout: Layout,
    /// How many there are.
    migrations: usize,
    findings: Vec<Finding>,
}

/// `tenantry lint`
pub(super) fn run(arguments: &Lint, global: &Global, console: &Console) -> Result<Exit> {
    if arguments.rules {
        let rules: Vec<RuleTold> = Rule::ALL.iter().copied().map(RuleTold::of).collect();
        console.answer(&rules, rules_text)?;
        return Ok(Exit::Done);
    }
    let folders: Vec<Folder> = migrations(arguments, global)?.iter().map(look).collect();
    let found = folders.iter().map(|folder| folder.findings.len()).sum();
    let report = Report { found, folders };
    console.answer(&report, || text(&report))?;
    Ok(if arguments.strict && found > 0 { Exit::Failed } else { Exit::Done })
}

/// The migrations of the folders that were named, or are configured.
fn migrations(arguments: &Lint, global: &Global) -> Result<Vec<Migrations>> {
    if !arguments.folders.is_empty() {
        return all(arguments.folders.iter().map(|folder| Migrations::read(folder)));
    }
    // No database is asked, so none has to be configured.
    let config =
        environment::loader(global).set("connection.url", "postgres://unused/unused").load()?;
    let folders = config.migrations();
    let tenant = Migrations::read_if_there(&folders.tenant_dir);
    let shared = Migrations::read_shared_if_there(&folders.shared_dir);
    let there = all([shared, tenant].into_iter().filter_map(Result::transpose))?;
    if there.is_empty() {
        // It says which folder is missing.
        return Ok(vec![Migrations::read(&folders.tenant_dir)?]);
    }
    Ok(there)
}

/// Each of them, or what is wrong with any.
fn all(read: impl Iterator<Item = Result<Migrations, FolderError>>) -> Result<Vec<Migrations>> {
    let (mut migrations, mut failure) = (Vec::new(), None);
    for read in read {
        match read {
            Ok(read) => migrations.push(read),
            Err(error) => {
                let error = Failure::from(error);
                failure = Some(match failure {
                    None => error,
                    Some(failure) => Failure::and(failure, error),
                });
            }
        }
    }
    failure.map_or(Ok(migrations), Err)
}

fn look(migrations: &Migrations) -> Folder {
    Folder {
        folder: migrations.folder().to_owned(),
        layout: migrations.layout(),
        migrations: migrations.files().len(),
        findings: lint::check(migrations),
    }
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for finding in report.folders.iter().flat_map(|folder| &folder.findings) {
        let _ = writeln!(text, "{}\n", told(finding));
    }
    for Folder { folder, layout, migrations, findings } in &report.folders {
        let _ = writeln!(
            text,
            "{}: {} in {layout} layout, {}",
            folder.display(),
            count(*migrations, "migration"),
            match findings.len() {
                0 => "nothing found".to_owned(),
                number => count(number, "finding"),
            }
        );
    }
    text
}

/// A finding as a person reads it, with the colors that a terminal has.
pub(crate) fn told(finding: &Finding) -> String {
    let Finding { rule, file, location, message, advice, .. } = finding;
    format!(
        "{WARNING}warning[{rule}]{WARNING:#}: {message}\n{PLACE}  -->{PLACE:#} {file}:{location}\n{}\n{ADVICE}  advice:{ADVICE:#} \
         {advice}",
        location.excerpt
    )
}

#[derive(Serialize)]
struct RuleTold {
    rule: Rule,
    about: &'static str,
}

impl RuleTold {
    fn of(rule: Rule) -> Self {
        Self { rule, about: rule.about() }
    }
}

fn rules_text() -> String {
    let mut rows = table(["Rule", "Finds"]);
    for rule in Rule::ALL {
        rows.add_row([rule.name(), rule.about()]);
    }
    format!("{rows}\n")
}
