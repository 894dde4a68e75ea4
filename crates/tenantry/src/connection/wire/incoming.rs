use super::Seen;

/// How much of a message's body is looked at: `DEALLOCATE ALL` fits.
const LOOK: usize = 14;

/// Finds the messages in what the server sends, however it is cut into pieces, and takes the
/// answers to a prefix out.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    /// The header (a byte of type, four of length) and the start of the body.
    head: [u8; 5 + LOOK],
    have: usize,
    /// How many bytes of `head` this message fills.
    want: usize,
    /// Bytes of the body still to pass over.
    skip: usize,
    /// Whether this message is taken out.
    drop: bool,
    /// How many ReadyForQuery have come.
    pub(super) answered: u64,
    prefix: Answers,
    /// Whether a row has come that is longer than it may be.
    pub(super) too_long: bool,
}

/// The answers to a prefix that are still to come.
#[derive(Clone, Copy, Debug, Default)]
struct Answers {
    /// They come after this many ReadyForQuery.
    after: u64,
    /// How many commands of the prefix have not completed.
    commands: u8,
}

/// What became of a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PrefixEnd {
    /// All its commands have completed.
    Completed,
    /// One of them failed, so what comes after it was not run.
    Failed,
}

impl Incoming {
    /// The next answers after `after` ReadyForQuery, in all, are those to a prefix of `commands`
    /// commands.
    pub(super) fn expect_prefix(&mut self, after: u64, commands: u8) {
        self.prefix = Answers { after, commands };
    }

    /// Looks at what has come. Returns how many bytes at the start of `bytes` are to be passed on,
    /// and what became of a prefix if that was among them.
    pub(super) fn feed(&mut self, bytes: &mut [u8], seen: &Seen) -> (usize, Option<PrefixEnd>) {
        let (mut at, mut kept) = (0, 0);
        let mut end = None;
        while at < bytes.len() {
            let taken = if self.skip > 0 {
                let passed = self.skip.min(bytes.len() - at);
                self.skip -= passed;
                if self.drop && self.head[0] == b'd' {
                    seen.copied().take(&bytes[at..at + passed]);
                }
                passed
            } else {
                self.read_head(&bytes[at..], seen)
            };
            if !self.drop {
                if kept != at {
                    bytes.copy_within(at..at + taken, kept);
                }
                kept += taken;
            }
            at += taken;
            if self.skip == 0 && self.have >= 5 && self.have == self.want {
                end = self.message(seen).or(end);
            }
        }
        (kept, end)
    }

    /// Reads a part of a message's head, and says how many bytes that was.
    fn read_head(&mut self, bytes: &[u8], seen: &Seen) -> usize {
        if self.have == 0 {
            self.want = 5;
            self.drop = self.is_of_prefix(bytes[0]) || seen.copied().wants(bytes[0]);
        }
        let taken = (self.want - self.have).min(bytes.len());
        self.head[self.have..self.have + taken].copy_from_slice(&bytes[..taken]);
        self.have += taken;
        if self.have == 5 && self.want == 5 && Seen::wants(self.head[0]) {
            self.want += self.body_length().min(LOOK);
        }
        taken
    }

    /// The head of a message is complete.
    fn message(&mut self, seen: &Seen) -> Option<PrefixEnd> {
        self.skip = self.body_length() - (self.want - 5);
        self.have = 0;
        let kind = self.head[0];
        self.too_long |= seen.is_too_long(kind, self.body_length());
        if !self.drop {
            seen.message(kind, &self.head[5..self.want]);
        } else if kind == b'H' {
            seen.copied().begin();
        }
        let answers_prefix = self.answers_prefix();
        if kind == b'Z' {
            self.answered += 1;
        }
        if !answers_prefix {
            return None;
        }
        match kind {
            b'C' => {
                self.prefix.commands -= 1;
                (self.prefix.commands == 0).then_some(PrefixEnd::Completed)
            }
            b'E' | b'Z' => {
                self.prefix.commands = 0;
                Some(PrefixEnd::Failed)
            }
            _ => None,
        }
    }

    /// Whether what comes now answers a prefix.
    fn answers_prefix(&self) -> bool {
        self.prefix.commands > 0 && self.answered >= self.prefix.after
    }

    /// Whether a message of this kind is an answer to a prefix: ParseComplete, BindComplete,
    /// CloseComplete, DataRow and CommandComplete. An error is passed on, since it answers the
    /// statement, too; so is what comes unasked.
    fn is_of_prefix(&self, kind: u8) -> bool {
        self.answers_prefix() && matches!(kind, b'1' | b'2' | b'3' | b'D' | b'C')
    }

    fn body_length(&self) -> usize {
        let length = u32::from_be_bytes([self.head[1], self.head[2], self.head[3], self.head[4]]);
        (length as usize).saturating_sub(4)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Incoming, PrefixEnd, Seen};

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).expect("small");
        [&[kind][..], &length.to_be_bytes(), body].concat()
    }

    /// Feeds `stream` in pieces of these lengths, and gives what was passed on.
    fn feed(
        incoming: &mut Incoming,
        seen: &Seen,
        stream: &[u8],
        cuts: &[usize],
    ) -> (Vec<u8>, Vec<PrefixEnd>) {
        let (mut passed, mut ends) = (Vec::new(), Vec::new());
        let mut rest = stream;
        for cut in cuts.iter().copied().cycle() {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            let mut piece = piece.to_vec();
            let (kept, end) = incoming.feed(&mut piece, seen);
            passed.extend_from_slice(&piece[..kept]);
            ends.extend(end);
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        (passed, ends)
    }

    fn cuts() -> impl Strategy<Value = Vec<usize>> {
        prop::collection::vec(1usize..9, 1..200)
    }

    proptest! {
        #[test]
        fn messages_are_found_however_the_stream_is_cut(cuts in cuts()) {
            let stream = [
                message(b'D', &[b'Z'; 40]),
                message(b'C', b"SELECT 1\0"),
                message(b'1', b""),
                message(b'C', b"PREPARE\0"),
                message(b'Z', b"T"),
            ].concat();
            let (seen, mut incoming) = (Seen::default(), Incoming::default());
            let (passed, _) = feed(&mut incoming, &seen, &stream, &cuts);
            prop_assert_eq!(passed, stream);
            prop_assert!(seen.has_prepared() && !seen.has_dropped());
            prop_assert!(!seen.is_idle());
            feed(&mut incoming, &seen, &message(b'Z', b"I"), &cuts);
            prop_assert!(seen.is_idle());
            let ours = [message(b'C', b"DISCARD TEMP\0"), message(b'C', b"DEALLOCATE\0")].concat();
            feed(&mut incoming, &seen, &ours, &cuts);
            prop_assert!(!seen.has_dropped());
            feed(&mut incoming, &seen, &message(b'C', b"DISCARD ALL\0"), &cuts);
            prop_assert!(seen.has_dropped());
            seen.forget_prepared();
            feed(&mut incoming, &seen, &message(b'C', b"DEALLOCATE ALL\0"), &cuts);
            prop_assert!(seen.has_dropped());
        }

        #[test]
        fn the_answers_to_a_prefix_are_taken_out_and_nothing_else(cuts in cuts()) {
            let before = [message(b'3', b""), message(b'Z', b"I")].concat();
            let notice = message(b'N', b"a notice\0");
            let prefix = [
                message(b'3', b""),
                message(b'1', b""),
                message(b'2', b""),
                message(b'C', b"PREPARE\0"),
                message(b'2', b""),
                message(b'D', &[b'C'; 30]),
            ].concat();
            let last = message(b'C', b"SELECT 1\0");
            let statement = [
                message(b'2', b""),
                message(b'D', &[b'Z'; 30]),
                message(b'C', b"SELECT 1\0"),
                message(b'Z', b"I"),
            ].concat();
            let stream = [&before, &prefix, &notice, &last, &statement].map(Vec::as_slice).concat();
            let (seen, mut incoming) = (Seen::default(), Incoming::default());
            incoming.expect_prefix(1, 2);
            let (passed, ends) = feed(&mut incoming, &seen, &stream, &cuts);
            prop_assert_eq!(passed, [before, notice, statement].concat());
            prop_assert_eq!(ends, [PrefixEnd::Completed]);
            prop_assert!(!seen.has_prepared());
        }

        #[test]
        fn the_error_of_a_prefix_is_passed_on(cuts in cuts()) {
            let prefix = [message(b'2', b""), message(b'C', b"RESET\0")].concat();
            let error = [message(b'E', b"an error\0"), message(b'Z', b"I")].concat();
            let next = [message(b'2', b""), message(b'C', b"SELECT 1\0"), message(b'Z', b"I")].concat();
            let stream = [&prefix, &error, &next].map(Vec::as_slice).concat();
            let (seen, mut incoming) = (Seen::default(), Incoming::default());
            incoming.expect_prefix(0, 3);
            let (passed, ends) = feed(&mut incoming, &seen, &stream, &cuts);
            prop_assert_eq!(passed, [error, next].concat());
            prop_assert_eq!(ends, [PrefixEnd::Failed]);
        }

        #[test]
        fn what_is_copied_is_taken_out_while_somebody_wants_it(cuts in cuts()) {
            let copy = |rows: &[&[u8]]| [
                message(b'H', &[1, 0, 0]),
                rows.iter().flat_map(|row| message(b'd', row)).collect(),
                message(b'c', b""),
            ].concat();
            let end = message(b'C', b"COPY 2\0");
            let notice = message(b'N', b"a notice\0");
            let stream = [
                &copy(&[b"first", b"", &[b'd'; 40]]), &end, &copy(&[]), &notice, &end, &message(b'Z', b"I"),
            ].map(Vec::as_slice).concat();
            let (seen, mut incoming) = (Seen::default(), Incoming::default());
            let collecting = seen.copied().collect();
            let (passed, _) = feed(&mut incoming, &seen, &stream, &cuts);
            prop_assert_eq!(passed, [&end, &notice, &end, &message(b'Z', b"I")].map(Vec::as_slice).concat());
            prop_assert_eq!(collecting.finish(), [[&b"first"[..], &[b'd'; 40]].concat(), vec![]]);
            let (passed, _) = feed(&mut incoming, &seen, &stream, &cuts);
            prop_assert_eq!(passed, stream, "nobody wants it any more");
        }
    }
}
