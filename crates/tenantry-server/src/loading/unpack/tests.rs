use flate2::{Compression, write::GzEncoder};
use std::io::Write;
use tar::{Builder, Header};
use tempfile::TempDir;

use super::*;

type Archived = Builder<GzEncoder<Vec<u8>>>;

fn archive(fill: impl FnOnce(&mut Archived)) -> Vec<u8> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    fill(&mut builder);
    builder.into_inner().unwrap().finish().unwrap()
}

fn header(kind: EntryType, name: &[u8], size: u64) -> Header {
    let mut header = Header::new_gnu();
    // Not by `set_path`, which refuses what is to be refused here.
    header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_mode(0o6777);
    header.set_size(size);
    header.set_cksum();
    header
}

fn add(builder: &mut Archived, name: &str, text: &str) {
    let header = header(EntryType::Regular, name.as_bytes(), text.len() as u64);
    builder.append(&header, text.as_bytes()).unwrap();
}

fn limits() -> ArchiveLimits {
    ArchiveLimits { packed: 1 << 20, unpacked: 1 << 20, files: 100 }
}

fn try_unpack(packed: &[u8]) -> Result<Vec<String>, LoadingError> {
    let around = TempDir::new().unwrap();
    let into = around.path().join("into");
    fs::create_dir(&into).unwrap();
    let result = unpack("acme.tgz", packed, &into, limits());
    let outside: Vec<_> = fs::read_dir(around.path()).unwrap().collect();
    assert_eq!(outside.len(), 1, "something was made outside");
    result?;
    let mut files = Vec::new();
    let mut folders = vec![into.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(&into).unwrap().display().to_string();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(format!("{name}: {}", fs::read_to_string(&path).unwrap())),
            }
        }
    }
    files.sort();
    Ok(files)
}

#[track_caller]
fn refused(packed: &[u8]) -> String {
    let error = try_unpack(packed).unwrap_err();
    assert!(["LOADING_ARCHIVE_INVALID", "LOADING_TOO_LARGE"].contains(&error.code()), "{error:?}");
    error.to_string()
}

#[test]
fn files_and_folders_are_unpacked() {
    let packed = archive(|tar| {
        tar.append(&header(EntryType::Directory, b"./", 0), &[][..]).unwrap();
        add(tar, "./config.json", "{}");
        add(tar, "routes/v1/index.mjs", "export default 1");
    });
    let files = try_unpack(&packed).unwrap();
    assert_eq!(files, ["config.json: {}", "routes/v1/index.mjs: export default 1"]);
}

#[test]
fn modes_of_the_archive_do_not_count() {
    use std::os::unix::fs::PermissionsExt;
    let into = TempDir::new().unwrap();
    let packed = archive(|tar| add(tar, "setuid.js", ""));
    unpack("acme.tgz", &*packed, into.path(), limits()).unwrap();
    let mode = fs::metadata(into.path().join("setuid.js")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7133, 0, "{mode:o}");
}

#[test]
fn a_folder_around_everything_is_taken_off_and_a_tenants_own_is_not() {
    let packed = archive(|tar| {
        add(tar, "package/package.json", "{}");
        add(tar, "package/package/index.js", "1");
    });
    assert_eq!(try_unpack(&packed).unwrap(), ["package.json: {}", "package/index.js: 1"]);
    let packed = archive(|tar| add(tar, "routes/index.mjs", "1"));
    assert_eq!(try_unpack(&packed).unwrap(), ["routes/index.mjs: 1"]);
    let packed = archive(|tar| add(tar, "index.mjs", "1"));
    assert_eq!(try_unpack(&packed).unwrap(), ["index.mjs: 1"]);
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in ["../x", "/etc/x", "a/../../x", "a/../x", "..", "a\\..\\x", "C:x", "a\nb", "\u{1}"]
    {
        let packed = archive(|tar| {
            add(tar, "good.mjs", "");
            add(tar, name, "");
        });
        let message = refused(&packed);
        assert!(message.contains(&name.escape_debug().to_string()), "{message}");
    }
    let packed = archive(|tar| {
        tar.append(&header(EntryType::Regular, b"a\xff", 0), &[][..]).unwrap();
    });
    assert!(refused(&packed).contains("UTF-8"));
}

#[test]
fn a_long_name_leads_nowhere_else_either() {
    let name = format!("{}../../x", "a/".repeat(80));
    let packed = archive(|tar| {
        let long = header(EntryType::GNULongName, b"././@LongLink", name.len() as u64);
        tar.append(&long, name.as_bytes()).unwrap();
        add(tar, "short", "");
    });
    assert!(refused(&packed).contains(".."));
    let packed = archive(|tar| {
        tar.append_pax_extensions([("path", &b"/etc/tenantry"[..])]).unwrap();
        add(tar, "short", "");
    });
    assert!(refused(&packed).contains("absolute"));
}

#[test]
fn links_devices_and_pipes_are_refused() {
    for (kind, word) in [
        (EntryType::Symlink, "link"),
        (EntryType::Link, "link"),
        (EntryType::Char, "device"),
        (EntryType::Block, "device"),
        (EntryType::Fifo, "pipe"),
        (EntryType::new(b'Z'), "neither"),
    ] {
        let packed = archive(|tar| {
            let mut header = header(kind, b"routes", 0);
            header.as_gnu_mut().unwrap().linkname[..4].copy_from_slice(b"/etc");
            header.set_cksum();
            tar.append(&header, &[][..]).unwrap();
            add(tar, "routes/passwd", "");
        });
        let message = refused(&packed);
        assert!(message.contains(word) && message.contains("routes"), "{message}");
    }
}

#[test]
fn the_same_name_twice_is_refused() {
    for (first, second) in [("a", "a"), ("a", "./a"), ("a", "a/b"), ("a/b", "a")] {
        let packed = archive(|tar| {
            add(tar, first, "1");
            add(tar, second, "2");
        });
        assert!(refused(&packed).contains("twice"), "{first} {second}");
    }
}

#[test]
fn bombs_are_refused_by_size_and_by_number() {
    let zeros = "\0".repeat(64 << 10);
    let many = archive(|tar| (0..17).for_each(|at| add(tar, &format!("{at}"), &zeros)));
    assert!(refused(&many).contains("1048576 bytes"));
    let files = archive(|tar| (0..101).for_each(|at| add(tar, &format!("{at}"), "")));
    assert!(refused(&files).contains("100 files"));
    let folders = archive(|tar| {
        for at in 0..101 {
            let name = format!("{at}/");
            tar.append(&header(EntryType::Directory, name.as_bytes(), 0), &[][..]).unwrap();
        }
    });
    assert!(refused(&folders).contains("100 files"));
    // By what a header says.
    let said = archive(|tar| {
        let header = header(EntryType::Regular, b"huge", 1 << 40);
        tar.append(&header, &[0; 512][..]).unwrap();
    });
    assert!(refused(&said).contains("1048576 bytes"));
}

#[test]
fn a_bomb_in_what_is_no_file_is_refused() {
    let long_name = "x".repeat(4 << 20);
    let packed = archive(|tar| {
        let header = header(EntryType::GNULongName, b"././@LongLink", long_name.len() as u64);
        tar.append(&header, long_name.as_bytes()).unwrap();
        add(tar, "short", "");
    });
    assert!(refused(&packed).contains("1048576 bytes"), "a name of 4 MB");
    let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
    let good = archive(|tar| add(tar, "a", ""));
    io::copy(&mut MultiGzDecoder::new(&*good), &mut bomb).unwrap();
    for _ in 0..64 {
        bomb.write_all(&[0; 64 << 10]).unwrap();
    }
    assert!(refused(&bomb.finish().unwrap()).contains("1048576 bytes"), "what follows the end");
}

#[test]
fn what_is_cut_off_damaged_or_no_archive_is_refused() {
    let packed = archive(|tar| {
        add(tar, "a.mjs", &"let a = 1;".repeat(500));
        add(tar, "b.mjs", &"let b = 2;".repeat(500));
    });
    for length in [1, 10, packed.len() / 2, packed.len() - 9, packed.len() - 8, packed.len() - 1] {
        refused(&packed[..length]);
    }
    let mut damaged = packed.clone();
    let at = damaged.len() - 6;
    damaged[at] ^= 1;
    refused(&damaged);
    refused(b"");
    refused(b"PK\x03\x04 a zip");
    refused(b"<html>Not here</html>");
    refused(&archive(|_| ()));
}
