use std::fmt;

/// A file of tenants that can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidCsv {
    line: usize,
    reason: &'static str,
}

impl InvalidCsv {
    /// The line, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }
}

impl fmt::Display for InvalidCsv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}; a line is id,schema", self.line, self.reason)
    }
}

impl std::error::Error for InvalidCsv {}

/// The lines, with their numbers, without the header and empty ones.
pub(super) fn read(text: &str) -> Result<Vec<(usize, String, String)>, InvalidCsv> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = Vec::new();
    for (number, fields) in records(text)? {
        let bad = |reason| Err(InvalidCsv { line: number, reason });
        match <[String; 2]>::try_from(fields) {
            Ok([id, schema]) if id.eq_ignore_ascii_case("id") && schema == "schema" => {}
            Ok([id, _]) if id.is_empty() => return bad("the id is empty"),
            Ok([_, schema]) if schema.is_empty() => return bad("the schema is empty"),
            Ok([id, schema]) => lines.push((number, id, schema)),
            Err(fields) if fields == [""] => {}
            Err(fields) if fields.len() == 1 => return bad("there is no schema"),
            Err(_) => return bad("there are more than two fields"),
        }
    }
    Ok(lines)
}

fn records(text: &str) -> Result<Vec<(usize, Vec<String>)>, InvalidCsv> {
    let mut records = Vec::new();
    let mut chars = text.chars().peekable();
    let mut line = 1;
    while chars.peek().is_some() {
        let begins = line;
        let mut fields = vec![String::new()];
        let mut quoted = false;
        let mut was_quoted = false;
        loop {
            let field = fields.last_mut().expect("there is always one");
            match chars.next() {
                None if quoted => {
                    return Err(InvalidCsv { line: begins, reason: "a quote is not closed" });
                }
                None => break,
                Some('"') if quoted && chars.peek() == Some(&'"') => {
                    chars.next();
                    field.push('"');
                }
                Some('"') if quoted => quoted = false,
                Some('"') if field.is_empty() && !was_quoted => (quoted, was_quoted) = (true, true),
                Some('\n') if !quoted => {
                    line += 1;
                    break;
                }
                Some('\r') if !quoted && matches!(chars.peek(), Some('\n') | None) => {}
                Some(',') if !quoted => {
                    fields.push(String::new());
                    was_quoted = false;
                }
                Some(_) if !quoted && was_quoted => {
                    return Err(InvalidCsv { line, reason: "there is text after a closing quote" });
                }
                Some(character) => {
                    line += usize::from(character == '\n');
                    field.push(character);
                }
            }
        }
        records.push((begins, fields));
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: usize, id: &str, schema: &str) -> (usize, String, String) {
        (number, id.to_owned(), schema.to_owned())
    }

    #[test]
    fn lines_are_ids_and_schemas() {
        let text = "\u{feff}id,schema\r\nacme,tenant_acme\r\n\r\n\"a \"\"b\"\"\",\"x,y\"\nlast,t";
        let expected =
            [line(2, "acme", "tenant_acme"), line(4, "a \"b\"", "x,y"), line(5, "last", "t")];
        assert_eq!(read(text).unwrap(), expected);
        assert_eq!(read("").unwrap(), []);
        assert_eq!(read("a,\"b\nc\"\nd,e").unwrap()[1], line(3, "d", "e"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let wrong = |text: &str| read(text).unwrap_err().to_string();
        assert_eq!(wrong("a,b\nc"), "line 2: there is no schema; a line is id,schema");
        assert_eq!(wrong("a,b,c"), "line 1: there are more than two fields; a line is id,schema");
        assert_eq!(wrong(",b"), "line 1: the id is empty; a line is id,schema");
        assert_eq!(wrong("a,"), "line 1: the schema is empty; a line is id,schema");
        assert_eq!(wrong("a,\"b"), "line 1: a quote is not closed; a line is id,schema");
        assert_eq!(
            wrong("a,\"b\"c"),
            "line 1: there is text after a closing quote; a line is id,schema"
        );
    }
}
