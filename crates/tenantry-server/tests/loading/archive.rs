//! Archives, and what is in a folder.

use std::{fs, path::Path};

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use tar::{Builder, Header};

/// A `.tar.gz` of these files.
pub(crate) fn tgz(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, text) in files {
        let mut header = Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

/// A plugin with one file.
pub(crate) fn plugin(text: &str) -> Vec<u8> {
    tgz(&[("package/package.json", "{}"), ("package/index.mjs", text)])
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn read(root: &Path, file: &str) -> String {
    fs::read_to_string(root.join(file)).unwrap()
}

/// How many things are in a folder.
pub(crate) fn count(folder: impl AsRef<Path>) -> usize {
    fs::read_dir(folder).unwrap().count()
}
