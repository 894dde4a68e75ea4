//! Reading ledgers by COPY, in its binary format.
//!
//! PostgreSQL plans nothing for a COPY of a table: it does not open the table's index, let alone read
//! from it, which is most of what a SELECT of five rows costs. Of ten thousand ledgers each is read once.

use std::fmt::Write as _;

use tenantry::{Result, SharedDb};

use super::{Entry, Ledger, Progress};
use crate::site::Site;

/// What the format begins with: a signature, flags and the length of an extension, both 0.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What these ledgers say, in one transaction. Fails where one of them can't be read.
pub(super) async fn copy(db: &SharedDb, sites: &[&Site]) -> Result<Vec<Option<Ledger>>> {
    let mut sql = String::new();
    for site in sites {
        write!(
            sql,
            "COPY {} (number, name, checksum, duration_ms, done) TO STDOUT (FORMAT binary);",
            site.ledger
        )
        .expect("a String takes whatever is written to it");
    }
    let copied = db.copy_out(&sql).await?;
    Ok(sites.iter().enumerate().map(|(index, _)| parse(copied.get(index)?)).collect())
}

/// A ledger from what COPY has sent; `None` where its columns have other types than ours.
fn parse(copied: &[u8]) -> Option<Ledger> {
    let mut rest = copied.strip_prefix(HEADER)?;
    let mut ledger = Ledger::new();
    loop {
        match i16::from_be_bytes(take(&mut rest)?) {
            // The trailer.
            -1 => return rest.is_empty().then_some(ledger),
            5 => {}
            _ => return None,
        }
        let number = integer(field(&mut rest)?)??;
        let name = text(field(&mut rest)?)?;
        let checksum = text(field(&mut rest)?)?;
        let is_timed = field(&mut rest)?.is_some();
        let done = integer(field(&mut rest)?)?;
        ledger.insert(number, Entry { name, checksum, progress: Progress::of(is_timed, done) });
    }
}

fn take<const LENGTH: usize>(rest: &mut &[u8]) -> Option<[u8; LENGTH]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

/// A field's bytes, or `None` inside for NULL.
fn field<'a>(rest: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
    match i32::from_be_bytes(take(rest)?) {
        -1 => Some(None),
        length => {
            let (taken, left) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            *rest = left;
            Some(Some(taken))
        }
    }
}

/// An `integer` or a `bigint`.
fn integer(field: Option<&[u8]>) -> Option<Option<i64>> {
    let Some(bytes) = field else { return Some(None) };
    let short = || bytes.try_into().ok().map(|bytes| i32::from_be_bytes(bytes).into());
    let long = || bytes.try_into().ok().map(i64::from_be_bytes);
    short().or_else(long).map(Some)
}

fn text(field: Option<&[u8]>) -> Option<String> {
    String::from_utf8(field?.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fields: &[Option<&[u8]>]) -> Vec<u8> {
        let mut row = 5_i16.to_be_bytes().to_vec();
        for field in fields {
            let length = field.map_or(-1, |bytes| i32::try_from(bytes.len()).expect("short"));
            row.extend_from_slice(&length.to_be_bytes());
            row.extend_from_slice(field.unwrap_or_default());
        }
        row
    }

    fn copied(rows: &[Vec<u8>]) -> Vec<u8> {
        [HEADER, &rows.concat(), &[0xff, 0xff]].concat()
    }

    #[test]
    fn rows_are_read_in_whatever_order_they_come() {
        let (one, two) = (1_i64.to_be_bytes(), 2_i32.to_be_bytes());
        let later =
            row(&[Some(&two), Some(b"b.sql"), Some(b"y"), None, Some(&3_i32.to_be_bytes())]);
        let first = row(&[Some(&one), Some(b"a\t\\.sql"), Some(b"x"), Some(&two), None]);
        let ledger = parse(&copied(&[later, first])).expect("it is well formed");
        let entries: Vec<_> = ledger.into_iter().collect();
        let entry = |name: &str, checksum: &str, progress| Entry {
            name: name.to_owned(),
            checksum: checksum.to_owned(),
            progress,
        };
        assert_eq!(
            entries,
            [
                (1, entry("a\t\\.sql", "x", Progress::Finished)),
                (2, entry("b.sql", "y", Progress::Statements(3))),
            ]
        );
        assert_eq!(parse(&copied(&[])), Some(Ledger::new()));
    }

    #[test]
    fn what_is_cut_short_or_of_other_types_is_none() {
        let whole =
            copied(&[row(&[Some(&1_i64.to_be_bytes()), Some(b"a"), Some(b"x"), None, None])]);
        assert!(parse(&whole).is_some());
        for length in 0..whole.len() {
            assert_eq!(parse(&whole[..length]), None, "{length}");
        }
        let uuid = row(&[Some(&[0; 16]), Some(b"a"), Some(b"x"), None, None]);
        let nameless = row(&[Some(&1_i64.to_be_bytes()), None, Some(b"x"), None, None]);
        for other in [uuid, nameless] {
            assert_eq!(parse(&copied(&[other])), None);
        }
    }
}
