//! Reading an HTTP/1.1 answer with as little work as will do.

/// The head of an answer: where its body begins and ends, and what it says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) body_start: usize,
    pub(crate) body_end: usize,
    /// The server will close the connection after this answer.
    pub(crate) closes: bool,
}

/// The bytes are not the beginning of an answer this reader knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct NotHttp;

/// Reads the head from the bytes received so far: `None` while it is incomplete.
///
/// The body must come with a Content-Length; every server measured here sends one.
pub(crate) fn head(received: &[u8]) -> Result<Option<Head>, NotHttp> {
    let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let mut lines = received[..end].split(|byte| *byte == b'\n');
    let status = lines.next().and_then(status).ok_or(NotHttp)?;
    let mut length = None;
    let mut closes = false;
    for line in lines {
        let line = line.trim_ascii_end();
        if let Some(value) = value_of(line, b"content-length:") {
            length = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
        } else if let Some(value) = value_of(line, b"connection:") {
            closes = value.eq_ignore_ascii_case(b"close");
        }
    }
    let length: usize = length.ok_or(NotHttp)?;
    let body_start = end + 4;
    Ok(Some(Head { status, body_start, body_end: body_start + length, closes }))
}

fn status(line: &[u8]) -> Option<u16> {
    let digits = line.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn value_of<'line>(line: &'line [u8], name: &[u8]) -> Option<&'line [u8]> {
    let (start, value) = line.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then(|| value.trim_ascii_start())
}

/// Finds what an answer must hold. One server writes its fields in one order, so the place where
/// it was the last time is looked at first.
#[derive(Debug, Default)]
pub(super) struct Finder {
    last: usize,
}

impl Finder {
    pub(super) fn holds(&mut self, body: &[u8], expected: &[u8]) -> bool {
        if body.get(self.last..).is_some_and(|rest| rest.starts_with(expected)) {
            return true;
        }
        let found = body.windows(expected.len()).position(|part| part == expected);
        self.last = found.unwrap_or(self.last);
        found.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::{Finder, Head, NotHttp, head};

    #[test]
    fn reads_status_and_length_whatever_the_case_of_the_names() {
        let bytes = b"HTTP/1.1 404 Not Found\r\nServer: x\r\nContent-Length:  5\r\n\r\nhello";
        let expected =
            Head { status: 404, body_start: bytes.len() - 5, body_end: bytes.len(), closes: false };
        assert_eq!(head(bytes), Ok(Some(expected)));
    }

    #[test]
    fn waits_for_the_whole_head() {
        let bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n";
        for end in 0..bytes.len() {
            assert_eq!(head(&bytes[..end]), Ok(None), "{end} bytes");
        }
        assert!(head(bytes).is_ok_and(|head| head.is_some()));
    }

    #[test]
    fn notices_that_the_server_will_close() {
        let bytes = b"HTTP/1.1 503 Busy\r\nConnection: Close\r\ncontent-length: 0\r\n\r\n";
        assert!(head(bytes).is_ok_and(|head| head.is_some_and(|head| head.closes)));
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        assert_eq!(head(b"SSH-2.0\r\n\r\n"), Err(NotHttp));
        assert_eq!(head(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"), Err(NotHttp));
    }

    #[test]
    fn finds_the_name_wherever_it_moves_and_no_other() {
        let mut finder = Finder::default();
        assert!(finder.holds(br#"{"id":1,"name":"of t0001"}"#, br#""of t0001""#));
        assert!(finder.holds(br#"{"name":"of t0001","id":1}"#, br#""of t0001""#));
        assert!(!finder.holds(br#"{"name":"of t0002","id":1}"#, br#""of t0001""#));
        assert!(!finder.holds(b"", br#""of t0001""#));
    }
}
