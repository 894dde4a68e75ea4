/// Tells lines and columns of places in a text, which are asked for in ascending order: the text is
/// gone through once.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    column: usize,
}

impl<'a> Lines<'a> {
    /// At the beginning of a text.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1, column: 1 }
    }

    /// The line and the column, in characters, both from 1, of a byte. A place before the one asked for last
    /// is searched for from the beginning.
    pub fn at(&mut self, byte: usize) -> (usize, usize) {
        if byte < self.at {
            *self = Self::new(self.text);
        }
        let byte = byte.min(self.text.len());
        let between = &self.text.as_bytes()[self.at..byte];
        let is_character = |byte: &&u8| **byte & 0xc0 != 0x80;
        match between.iter().rposition(|&byte| byte == b'\n') {
            Some(last) => {
                self.line += between.iter().filter(|&&byte| byte == b'\n').count();
                self.column = 1 + between[last + 1..].iter().filter(is_character).count();
            }
            None => self.column += between.iter().filter(is_character).count(),
        }
        self.at = byte;
        (self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_end_with_a_newline() {
        let text = "ab\r\nключ x\n\nend";
        let at = |text_at: usize| Lines::new(text).at(text_at);
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(text.find("ab").unwrap() + 1), (1, 2));
        assert_eq!(at(text.find("ключ").unwrap()), (2, 1));
        assert_eq!(at(text.find('x').unwrap()), (2, 6));
        assert_eq!(at(text.find("end").unwrap()), (4, 1));
        assert_eq!(at(usize::MAX), (4, 4));
        let mut lines = Lines::new(text);
        assert_eq!((lines.at(12).0, lines.at(3)), (2, (1, 4)), "also backwards");
    }
}
