//! TypeScript: its types are stripped, its own constructs (enums, parameter properties) turned into
//! JavaScript. With the feature `typescript`; without it, such files are refused by name.

/// A file that cannot be read as what it should be.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) message: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// TypeScript to JavaScript.
#[cfg(not(feature = "typescript"))]
pub(super) fn strip(_name: &str, _text: &str) -> Result<String, Refused> {
    let message = "TypeScript is not built in (the feature `typescript`)".to_owned();
    Err(Refused { message, line: 1, column: 1 })
}
