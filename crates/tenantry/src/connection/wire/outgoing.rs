/// Finds the messages in what is sent to the server, however it is cut into pieces.
#[derive(Clone, Debug, Default)]
pub(super) struct Outgoing {
    /// The header: a byte of type, four of length.
    head: [u8; 5],
    have: usize,
    /// Bytes of the body still to pass over.
    skip: usize,
    /// How many messages were sent that are answered by a ReadyForQuery.
    pub(super) asked: u64,
}

impl Outgoing {
    /// Notes what is sent.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.walk(bytes, |_| false);
    }

    /// Notes what is sent up to the first Parse or Bind, and says where that is, if it is there.
    pub(super) fn feed_until_statement(&mut self, bytes: &[u8]) -> Option<usize> {
        self.walk(bytes, |kind| matches!(kind, b'P' | b'B'))
    }

    fn walk(&mut self, bytes: &[u8], stops_at: impl Fn(u8) -> bool) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if self.skip > 0 {
                let passed = self.skip.min(bytes.len() - at);
                self.skip -= passed;
                at += passed;
                continue;
            }
            if self.have == 0 && stops_at(bytes[at]) {
                return Some(at);
            }
            let taken = (5 - self.have).min(bytes.len() - at);
            self.head[self.have..self.have + taken].copy_from_slice(&bytes[at..at + taken]);
            self.have += taken;
            at += taken;
            if self.have == 5 {
                let [kind, length @ ..] = self.head;
                self.skip = (u32::from_be_bytes(length) as usize).saturating_sub(4);
                self.have = 0;
                self.asked += u64::from(matches!(kind, b'S' | b'Q' | b'F'));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Outgoing;

    const STREAM: &[u8] = b"C\0\0\0\x08SSSSS\0\0\0\x04Q\0\0\0\x09BPBPBB\0\0\0\x06PPS\0\0\0\x04";

    proptest! {
        #[test]
        fn a_statement_is_found_however_the_stream_is_cut(cuts in prop::collection::vec(1usize..9, 1..200)) {
            let mut outgoing = Outgoing::default();
            let mut start = 0;
            let mut found = None;
            for cut in cuts.iter().copied().cycle() {
                let piece = &STREAM[start..STREAM.len().min(start + cut)];
                if found.is_none() {
                    found = outgoing.feed_until_statement(piece).map(|at| start + at);
                    if let Some(found) = found {
                        prop_assert_eq!(outgoing.asked, 2);
                        outgoing.feed(&piece[found - start..]);
                    }
                } else {
                    outgoing.feed(piece);
                }
                start += piece.len();
                if start == STREAM.len() {
                    break;
                }
            }
            prop_assert_eq!(found, Some(24));
            prop_assert_eq!(outgoing.asked, 3);
        }
    }
}
