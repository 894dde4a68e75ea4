//! Addresses of networks and of cards.

use std::{
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use super::binary::{Bytes, Malformed};

/// `inet` or `cidr`: without the width where it is a host's.
pub(super) fn inet(mut bytes: Bytes<'_>) -> Result<String, Malformed> {
    let _family = bytes.u8()?;
    let width = bytes.u8()?;
    let is_cidr = bytes.u8()? != 0;
    let length = usize::from(bytes.u8()?);
    let (address, full) = match bytes.take(length)? {
        &[a, b, c, d] => (IpAddr::from(Ipv4Addr::new(a, b, c, d)), 32),
        long => {
            let long: [u8; 16] = long.try_into().map_err(|_| Malformed)?;
            (IpAddr::from(Ipv6Addr::from(long)), 128)
        }
    };
    Ok(if width == full && !is_cidr { address.to_string() } else { format!("{address}/{width}") })
}

pub(super) fn macaddr(bytes: Bytes<'_>) -> String {
    let parts: Vec<String> = bytes.0.iter().map(|byte| format!("{byte:02x}")).collect();
    parts.join(":")
}

pub(super) fn bits(mut bytes: Bytes<'_>) -> Result<String, Malformed> {
    let count = usize::try_from(bytes.i32()?).map_err(|_| Malformed)?;
    let mut text = String::with_capacity(count + 8);
    for byte in bytes.0 {
        let _ = write!(text, "{byte:08b}");
    }
    text.truncate(count);
    Ok(text)
}
