//! Values of JavaScript as PostgreSQL's, and back, without loss.
//!
//! | PostgreSQL | JavaScript |
//! |---|---|
//! | `int2`, `int4`, `oid`, `float4`, `float8` | number, `NaN` and infinities too |
//! | `int8` | number where it is safe (up to 2^53 - 1), else bigint; or as `database.int8` says |
//! | `numeric` | string |
//! | `bool` | boolean |
//! | `text`, `varchar`, `char`, `uuid`, `inet`, enums, `xml`, bits | string |
//! | `json`, `jsonb` | what they say |
//! | `bytea` | `Uint8Array` |
//! | `timestamptz` | `Date`, with `microseconds` (0 to 999) where they are not 0; a string outside of a `Date`'s range |
//! | `timestamp`, `date`, `time`, `timetz` | string in ISO 8601's format |
//! | `interval` | string, ISO 8601's duration |
//! | arrays | arrays |

mod binary;
mod decode;
mod encode;
mod network;
mod numeric;
mod time;

pub use self::decode::Integers;
pub(crate) use self::{
    decode::{rows, scalar_is_known},
    encode::{Kind, encode},
};
