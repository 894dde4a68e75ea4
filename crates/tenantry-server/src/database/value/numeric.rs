use std::fmt::Write as _;

use super::binary::{Bytes, Malformed};

/// `numeric`: digits of base 10,000, of which the first is worth `weight`.
pub(super) fn text(mut bytes: Bytes<'_>) -> Result<String, Malformed> {
    let count = bytes.u16()?;
    let weight = i32::from(bytes.i16()?);
    let sign = bytes.u16()?;
    let scale = usize::from(bytes.u16()?);
    match sign {
        0xC000 => return Ok("NaN".to_owned()),
        0xD000 => return Ok("Infinity".to_owned()),
        0xF000 => return Ok("-Infinity".to_owned()),
        _ => {}
    }
    let digits: Vec<u16> = (0..count).map(|_| bytes.u16()).collect::<Result<_, _>>()?;
    let digit = |place: i32| {
        let index = usize::try_from(weight - place).ok();
        index.and_then(|index| digits.get(index)).copied().unwrap_or(0)
    };
    let mut text = String::new();
    if sign == 0x4000 {
        text.push('-');
    }
    let whole = weight.max(0);
    for place in (0..=whole).rev() {
        // Writing to a String does not fail.
        let _ = if place == whole {
            write!(text, "{}", digit(place))
        } else {
            write!(text, "{:04}", digit(place))
        };
    }
    if scale > 0 {
        text.push('.');
        let start = text.len();
        let mut place = -1;
        while text.len() - start < scale {
            let _ = write!(text, "{:04}", digit(place));
            place -= 1;
        }
        text.truncate(start + scale);
    }
    Ok(text)
}
