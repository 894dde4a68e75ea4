//! Tables and figures as people read them.

use comfy_table::{CellAlignment, ContentLineStyle, LineStyle, Table, TableStyle};
use tenantry_migrate::SchemaStatus;

const STYLE: TableStyle = TableStyle::new()
    .top_border(LineStyle::new('┌', '─', '┬', '┐'))
    .header_lines(ContentLineStyle::new('│', '│', '│'))
    .header_separator(LineStyle::new('├', '─', '┼', '┤'))
    .content_lines(ContentLineStyle::new('│', '│', '│'))
    .bottom_border(LineStyle::new('└', '─', '┴', '┘'));

/// A table with this header.
pub(crate) fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_header(header);
    table
}

/// Puts a column's figures under each other.
pub(crate) fn align_right(table: &mut Table, column: usize) {
    if let Some(column) = table.column_mut(column) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

/// How a schema stands, at a glance.
pub(crate) fn status(status: SchemaStatus) -> &'static str {
    match status {
        SchemaStatus::Ok => "✅ OK",
        SchemaStatus::Behind => "⚠️ Behind",
        SchemaStatus::Failed => "❌ Failed",
        SchemaStatus::Missing => "❓ Missing",
        _ => "Unknown",
    }
}

/// `1 tenant`, `2 tenants`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// `12 ms`, `3.4 s`.
pub(crate) fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..1000 => format!("{milliseconds} ms"),
        _ => format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_like_words() {
        assert_eq!(
            (count(1, "tenant"), count(0, "tenant")),
            ("1 tenant".into(), "0 tenants".into())
        );
        assert_eq!((duration(999), duration(61_250)), ("999 ms".into(), "61.2 s".into()));
    }
}
