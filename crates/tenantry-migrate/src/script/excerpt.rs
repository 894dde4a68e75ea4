use std::fmt::Write as _;

/// How many characters of a line are shown.
const WIDTH: usize = 100;
/// How many lines of a statement are shown before the one that matters.
const BEFORE: usize = 3;

/// The lines of a statement up to a place in it, with a caret under that. `first` is the byte where the statement begins,
/// `at` the place, and `line` its line.
///
/// ```text
///   1 | CREATE TABLE tasks (
///   2 |   owner int REFERENCES usrs (id)
///     |                        ^
/// ```
pub(crate) fn excerpt(text: &str, first: usize, at: usize, line: usize) -> String {
    let begin = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    let margin = line.to_string().len();
    let mut shown = String::new();
    if first < begin {
        let lines: Vec<&str> =
            text[..begin - 1][start_of_line(text, first)..].split('\n').collect();
        let skipped = lines.len().saturating_sub(BEFORE);
        for (index, text) in lines.iter().enumerate() {
            // The statement's first line tells which it is.
            if index == 0 || index > skipped {
                let number = line - lines.len() + index;
                let text = window(text, 0).0;
                let _ = writeln!(shown, "{number:>margin$} | {text}", margin = margin + 2);
            } else if index == 1 {
                let _ = writeln!(shown, "{:>margin$} | …", "", margin = margin + 2);
            }
        }
    }
    let column = text[begin..at].chars().count();
    let (text, caret) = window(&text[begin..end], column);
    let _ = writeln!(shown, "{line:>margin$} | {text}", margin = margin + 2);
    let _ =
        write!(shown, "{:>margin$} | {:>caret$}", "", "^", margin = margin + 2, caret = caret + 1);
    shown
}

fn start_of_line(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// As much of a line as can be shown, around a column, and where that column is in it.
fn window(line: &str, column: usize) -> (String, usize) {
    let line = line.trim_end();
    let skipped = if column < WIDTH { 0 } else { column - WIDTH / 2 };
    let mut shown = String::new();
    let mut characters = line.chars().skip(skipped);
    if skipped > 0 {
        shown.push('…');
    }
    // A tab would stand for as many blanks as the terminal likes.
    shown.extend(characters.by_ref().take(WIDTH).map(|c| if c.is_control() { ' ' } else { c }));
    if characters.next().is_some() {
        shown.push('…');
    }
    (shown, column - skipped + usize::from(skipped > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, what: &str) -> String {
        let at = text.find(what).unwrap();
        let first = text[..at].rfind(';').map_or(0, |end| end + 2);
        excerpt(text, first, at, 1 + text[..at].matches('\n').count())
    }

    #[test]
    fn the_lines_of_the_statement_lead_to_the_place() {
        insta::assert_snapshot!(at("SELECT 1;\nSELECT 2,\n\tключ, nonsense\nFROM t", "nonsense"));
        insta::assert_snapshot!(at("SELECT 1;\nSELECT 2", "SELECT 2"));
    }

    #[test]
    fn of_a_long_statement_the_first_line_and_the_last_are_shown() {
        let sql = "CREATE TABLE t (\n a int,\n b int,\n c int,\n d int,\n e nonsense)";
        insta::assert_snapshot!(at(sql, "nonsense"));
    }

    #[test]
    fn of_a_long_line_the_part_around_the_place_is_shown() {
        let sql = format!("SELECT {}nonsense{}", "1, ".repeat(50), ", 1".repeat(60));
        insta::assert_snapshot!(at(&sql, "nonsense"));
    }
}
