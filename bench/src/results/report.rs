//! A report: a title, then paragraphs and tables.

use comfy_table::{CellAlignment, Table, presets};

/// What is printed and saved.
#[derive(Debug)]
pub(crate) struct Report {
    title: String,
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Heading(String),
    Text(String),
    Table(Grid),
}

/// A table whose first columns are words and whose others are figures.
#[derive(Debug)]
pub(crate) struct Grid {
    header: Vec<&'static str>,
    words: usize,
    rows: Vec<Vec<String>>,
}

impl Grid {
    /// The first `words` columns are set left, the others right.
    pub(crate) fn new(header: &[&'static str], words: usize) -> Self {
        Self { header: header.to_vec(), words, rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.header.len());
        self.rows.push(cells);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn for_terminal(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_header(&self.header);
        table.add_rows(&self.rows);
        for column in table.column_iter_mut().skip(self.words) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table.to_string()
    }

    fn as_markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let header: Vec<String> = self.header.iter().map(ToString::to_string).collect();
        let rule: Vec<String> = (0..self.header.len())
            .map(|column| if column < self.words { "---" } else { "---:" }.to_owned())
            .collect();
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        line(&header) + &line(&rule) + &rows
    }
}

impl Report {
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), parts: Vec::new() }
    }

    pub(crate) fn heading(&mut self, heading: impl Into<String>) {
        self.parts.push(Part::Heading(heading.into()));
    }

    pub(crate) fn text(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Text(text.into()));
    }

    pub(crate) fn table(&mut self, table: Grid) {
        self.parts.push(Part::Table(table));
    }

    pub(crate) fn for_terminal(&self) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Heading(text) | Part::Text(text) => format!("\n{text}\n"),
            Part::Table(table) => format!("{}\n", table.for_terminal()),
        });
        format!("\n{}\n{}", self.title, parts.collect::<String>())
    }

    pub(crate) fn as_markdown(&self) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Heading(heading) => format!("\n## {heading}\n"),
            Part::Text(text) => format!("\n{text}\n"),
            Part::Table(table) => format!("\n{}", table.as_markdown()),
        });
        format!("# {}\n{}", self.title, parts.collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::{Grid, Report};

    #[test]
    fn a_report_is_valid_markdown() {
        let mut grid = Grid::new(&["server", "requests/s"], 1);
        grid.row(vec!["bare".to_owned(), "28,000".to_owned()]);
        let mut report = Report::new("Requests");
        report.text("Medians of 3 rounds.");
        report.table(grid);
        assert_eq!(
            report.as_markdown(),
            "# Requests\n\nMedians of 3 rounds.\n\n\
             | server | requests/s |\n| --- | ---: |\n| bare | 28,000 |\n"
        );
        assert!(report.for_terminal().contains("28,000"));
    }
}
