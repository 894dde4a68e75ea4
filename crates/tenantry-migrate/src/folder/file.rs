use super::{FolderProblem, listing::Listing};
use crate::script::{Problem, Reading, Script};

/// PostgreSQL takes no message of a gigabyte or more, and a file is one, with a little around it.
const LARGEST: u64 = 1_000_000_000;

/// Reads one file of SQL.
pub(super) fn read(
    listing: &Listing,
    file: &str,
    reading: Reading,
) -> Result<Script, Vec<FolderProblem>> {
    let problem = |reason: String| vec![FolderProblem::of_file(file, reason)];
    let unreadable = |error: std::io::Error| problem(format!("it cannot be read: {error}"));
    if listing.length(file).map_err(unreadable)? > LARGEST {
        return Err(problem(
            "it has more than 1,000,000,000 bytes, the most that PostgreSQL takes at once"
                .to_owned(),
        ));
    }
    let bytes = listing.bytes(file).map_err(unreadable)?;
    let text = match String::from_utf8(bytes.into_owned()) {
        Ok(text) => text,
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let (valid, rest) = error.as_bytes().split_at(at);
            let valid = String::from_utf8_lossy(valid);
            let byte = rest.first().copied().unwrap_or_default();
            let reason = format!("it is not UTF-8 (byte 0x{byte:02x}); save it as UTF-8");
            return Err(vec![FolderProblem::at_end_of(file, &valid, reason)]);
        }
    };
    if let Some(nul) = text.find('\0') {
        let reason = "it has a NUL character in it, which PostgreSQL knows nowhere; take it out";
        return Err(vec![FolderProblem::at_end_of(file, &text[..nul], reason.to_owned())]);
    }
    Script::read(text, reading).map_err(|problems| {
        let problems = problems.into_iter();
        problems
            .map(|Problem { location, reason }| FolderProblem::new(file, location, reason))
            .collect()
    })
}
