//! A project as the table holds it and as the answer shows it.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{Queryable, Selectable};
use serde::Serialize;
use uuid::Uuid;

diesel::table! {
    projects (id) {
        id -> Uuid,
        name -> Varchar,
        description -> Nullable<Varchar>,
        owner_id -> Nullable<Uuid>,
        status -> Nullable<Varchar>,
        created_at -> Nullable<Timestamp>,
    }
}

/// One row, in JSON with the names the API gives its fields.
#[derive(Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = projects)]
#[serde(rename_all = "camelCase")]
pub(super) struct Project {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) owner_id: Option<Uuid>,
    pub(super) status: Option<String>,
    #[serde(serialize_with = "as_utc")]
    pub(super) created_at: Option<NaiveDateTime>,
}

/// The column has no time zone; the API says UTC.
fn as_utc<S: serde::Serializer>(
    time: &Option<NaiveDateTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let time: Option<DateTime<Utc>> = time.map(|time| time.and_utc());
    time.serialize(serializer)
}
