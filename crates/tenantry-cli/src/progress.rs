use indicatif::{ProgressBar, ProgressStyle};
use tenantry_migrate::{MigrateStatus, Progress};

use crate::console::Console;

/// A bar on stderr while tenants are migrated; nothing where nobody would see it.
#[derive(Clone)]
pub(crate) struct MigrationBar {
    bar: ProgressBar,
    is_shown: bool,
}

impl MigrationBar {
    pub(crate) fn new(console: &Console) -> Self {
        Self { bar: ProgressBar::hidden(), is_shown: console.shows_progress() }
    }

    /// Shows how far it is.
    pub(crate) fn show(&self, progress: Progress<'_>) {
        if !self.is_shown {
            return;
        }
        match progress {
            Progress::Planned { to_do, .. } if to_do > 0 => {
                let style = ProgressStyle::with_template(
                    "{bar:30} {pos}/{len} tenants  {per_sec}  {eta} left  {wide_msg}",
                );
                if let Ok(style) = style {
                    self.bar.set_style(style);
                }
                self.bar.set_length(to_do.try_into().unwrap_or(u64::MAX));
                self.bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
            }
            Progress::Stage { number, of, tenants } => {
                self.bar.set_message(format!("stage {number} of {of}: {tenants} tenants"));
            }
            Progress::Waiting { tenant, .. } => {
                self.bar.set_message(format!("{tenant} is locked, and tried again later"));
            }
            Progress::Started(tenant) => self.bar.set_message(tenant.to_string()),
            Progress::Applied { tenant, file } => {
                self.bar.set_message(format!("{tenant}: {file}"));
            }
            Progress::Finished(report) => {
                if report.status == MigrateStatus::Failed {
                    self.bar.set_message(format!("{} failed", report.id));
                }
                self.bar.inc(1);
            }
            _ => {}
        }
    }

    /// Takes the bar away: what comes now is the result.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// A bar on stderr for things that are counted; nothing where nobody would see it.
pub(crate) struct CountBar(Option<ProgressBar>);

impl CountBar {
    pub(crate) fn new(console: &Console, things: &str) -> Self {
        Self(console.shows_progress().then(|| {
            let bar = ProgressBar::new(0);
            let template =
                format!("{{bar:30}} {{pos}}/{{len}} {things}  {{per_sec}}  {{eta}} left");
            match ProgressStyle::with_template(&template) {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        }))
    }

    /// Shows how far it is.
    pub(crate) fn show(&self, done: usize, total: usize) {
        if let Some(bar) = &self.0 {
            bar.set_length(total.try_into().unwrap_or(u64::MAX));
            bar.set_position(done.try_into().unwrap_or(u64::MAX));
        }
    }

    /// Takes the bar away: what comes now is the result.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
