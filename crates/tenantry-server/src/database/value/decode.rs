use bytes::Bytes as Shared;
use tenantry::tokio_postgres::{
    Row,
    types::{FromSql, Kind, Type},
};
use tenantry_js::Data;

use super::{
    binary::{Bytes, Malformed},
    network, numeric, time,
};
use crate::database::{error::DbError, naming::Naming};

/// How `int8` comes to JavaScript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Integers {
    /// A number where nothing is lost by that, else a bigint.
    #[default]
    Auto,
    /// Always a bigint.
    BigInt,
    /// Always a string.
    Text,
}

/// The largest integer that a number holds without loss, and all below it.
const SAFE: u64 = (1 << 53) - 1;

/// A value as PostgreSQL sent it, of any type.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Rows as objects, whose properties are the columns in their order.
pub(crate) fn rows(rows: &[Row], integers: Integers, naming: Naming) -> Result<Vec<Data>, DbError> {
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let names: Vec<String> =
        first.columns().iter().map(|column| naming.of_column(column.name())).collect();
    rows.iter().map(|row| one(row, &names, integers)).collect()
}

fn one(row: &Row, names: &[String], integers: Integers) -> Result<Data, DbError> {
    let mut entries = Vec::with_capacity(names.len());
    for (index, (column, name)) in row.columns().iter().zip(names).enumerate() {
        let raw: Option<Raw<'_>> =
            row.try_get(index).map_err(|_| unreadable(column.name(), column.type_()))?;
        let value = match raw {
            None => Data::Null,
            Some(Raw(bytes)) => value(column.type_(), Bytes(bytes), integers)
                .map_err(|_| unreadable(column.name(), column.type_()))?,
        };
        entries.push((name.clone(), value));
    }
    Ok(Data::Map(entries))
}

fn unreadable(column: &str, ty: &Type) -> DbError {
    DbError::new(
        "TYPE_NOT_SUPPORTED",
        format!(
            "the column {column:?} is of the type {}, which has no counterpart in JavaScript: write {column}::text",
            ty.name()
        ),
    )
}

/// Whether a type of PostgreSQL's own (or an extension's), by its name, comes to JavaScript as it is.
/// Others are asked for as text.
pub(crate) fn scalar_is_known(name: &str) -> bool {
    matches!(
        name,
        "bool"
            | "int2"
            | "int4"
            | "int8"
            | "oid"
            | "float4"
            | "float8"
            | "numeric"
            | "text"
            | "varchar"
            | "bpchar"
            | "char"
            | "name"
            | "citext"
            | "uuid"
            | "json"
            | "jsonb"
            | "bytea"
            | "date"
            | "time"
            | "timetz"
            | "timestamp"
            | "timestamptz"
            | "interval"
            | "inet"
            | "cidr"
            | "macaddr"
            | "macaddr8"
            | "bit"
            | "varbit"
            | "xml"
    )
}

fn value(ty: &Type, mut bytes: Bytes<'_>, integers: Integers) -> Result<Data, Malformed> {
    Ok(match *ty {
        Type::BOOL => Data::Bool(bytes.u8()? != 0),
        Type::INT2 => Data::Number(f64::from(bytes.i16()?)),
        Type::INT4 => Data::Number(f64::from(bytes.i32()?)),
        Type::OID => Data::Number(f64::from(bytes.u32()?)),
        Type::INT8 => integer(bytes.i64()?, integers),
        // The shortest text that stands for it, not its exact value as a double.
        Type::FLOAT4 => Data::Number(single(bytes.f32()?)),
        Type::FLOAT8 => Data::Number(bytes.f64()?),
        Type::NUMERIC => Data::Text(numeric::text(bytes)?),
        Type::JSON => Data::Json(bytes.text()?.to_owned()),
        Type::JSONB => match bytes.u8()? {
            1 => Data::Json(bytes.text()?.to_owned()),
            _ => return Err(Malformed),
        },
        Type::BYTEA => Data::Bytes(Shared::copy_from_slice(bytes.0)),
        Type::UUID => {
            let id: [u8; 16] = bytes.0.try_into().map_err(|_| Malformed)?;
            Data::Text(uuid::Uuid::from_bytes(id).to_string())
        }
        Type::TIMESTAMPTZ => match time::timestamptz(bytes)? {
            time::Instant::Date(millis, 0) => Data::Date(millis as f64),
            time::Instant::Date(millis, micros) => {
                Data::Moment(millis as f64, u16::try_from(micros).map_err(|_| Malformed)?)
            }
            time::Instant::Text(text) => Data::Text(text),
        },
        Type::TIMESTAMP => Data::Text(time::timestamp(bytes)?),
        Type::DATE => Data::Text(time::date(bytes)?),
        Type::TIME => Data::Text(time::time(bytes)?),
        Type::TIMETZ => Data::Text(time::timetz(bytes)?),
        Type::INTERVAL => Data::Text(time::interval(bytes)?),
        Type::INET | Type::CIDR => Data::Text(network::inet(bytes)?),
        Type::MACADDR | Type::MACADDR8 => Data::Text(network::macaddr(bytes)),
        Type::BIT | Type::VARBIT => Data::Text(network::bits(bytes)?),
        Type::VOID => Data::Null,
        Type::TEXT
        | Type::VARCHAR
        | Type::BPCHAR
        | Type::CHAR
        | Type::NAME
        | Type::XML
        | Type::UNKNOWN => Data::Text(bytes.text()?.to_owned()),
        _ => match ty.kind() {
            Kind::Enum(_) => Data::Text(bytes.text()?.to_owned()),
            Kind::Domain(base) => value(base, bytes, integers)?,
            Kind::Array(element) => array(element, bytes, integers)?,
            _ if ty.name() == "citext" => Data::Text(bytes.text()?.to_owned()),
            _ => return Err(Malformed),
        },
    })
}

fn integer(number: i64, integers: Integers) -> Data {
    match integers {
        Integers::Auto if number.unsigned_abs() <= SAFE => Data::Number(number as f64),
        Integers::Auto | Integers::BigInt => Data::BigInt(number.to_string()),
        Integers::Text => Data::Text(number.to_string()),
    }
}

/// 0.1 of single precision is 0.1, and not 0.10000000149011612.
fn single(number: f32) -> f64 {
    if number.is_finite() {
        number.to_string().parse().unwrap_or(f64::from(number))
    } else {
        f64::from(number)
    }
}

/// Arrays of any dimensions, without their lower bounds.
fn array(element: &Type, mut bytes: Bytes<'_>, integers: Integers) -> Result<Data, Malformed> {
    let dimensions = bytes.i32()?;
    let _has_nulls = bytes.i32()?;
    let _element = bytes.u32()?;
    let mut lengths = Vec::new();
    for _ in 0..dimensions {
        lengths.push(usize::try_from(bytes.i32()?).map_err(|_| Malformed)?);
        let _lower_bound = bytes.i32()?;
    }
    if lengths.is_empty() {
        return Ok(Data::List(Vec::new()));
    }
    elements(element, &lengths, &mut bytes, integers)
}

fn elements(
    element: &Type,
    lengths: &[usize],
    bytes: &mut Bytes<'_>,
    integers: Integers,
) -> Result<Data, Malformed> {
    let Some((&length, inner)) = lengths.split_first() else {
        return match usize::try_from(bytes.i32()?) {
            Err(_) => Ok(Data::Null),
            Ok(length) => value(element, Bytes(bytes.take(length)?), integers),
        };
    };
    let items = (0..length).map(|_| elements(element, inner, bytes, integers));
    Ok(Data::List(items.collect::<Result<_, _>>()?))
}
