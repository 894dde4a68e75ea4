use axum::http::StatusCode;
use chrono::NaiveDateTime;
use diesel::{
    prelude::*,
    result::{DatabaseErrorKind::UniqueViolation, Error::DatabaseError},
};
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};
use tenantry_web::{ApiError, Json, TenantDb};
use uuid::Uuid;

use crate::{error::Result, fields::Fields, page::Page, schema::users, time::iso};

#[derive(Queryable, Selectable, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    id: Uuid,
    email: String,
    name: String,
    active: Option<bool>,
    #[serde(serialize_with = "iso")]
    created_at: Option<NaiveDateTime>,
}

#[derive(Deserialize, Insertable)]
#[diesel(table_name = users)]
#[serde(default)]
#[derive(Default)]
pub(crate) struct NewUser {
    email: String,
    name: String,
}

pub(crate) async fn list(mut db: TenantDb, page: Page) -> Result<Json<Vec<User>>> {
    let users = users::table
        .order((users::created_at, users::id))
        .limit(page.limit())
        .offset(page.offset())
        .select(User::as_select())
        .load(&mut db)
        .await?;
    Ok(Json(users))
}

pub(crate) async fn create(
    mut db: TenantDb,
    Json(new): Json<NewUser>,
) -> Result<(StatusCode, Json<User>)> {
    Fields::default().email("email", &new.email).text("name", &new.name, 255).done()?;
    let user = diesel::insert_into(users::table)
        .values(new)
        .returning(User::as_returning())
        .get_result(&mut db)
        .await
        .map_err(|error| match error {
            DatabaseError(UniqueViolation, _) => {
                ApiError::conflict("a user with this email is there already")
            }
            error => error.into(),
        })?;
    Ok((StatusCode::CREATED, Json(user)))
}
