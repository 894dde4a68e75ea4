use axum::http::StatusCode;
use chrono::NaiveDateTime;
use diesel::{
    prelude::*,
    result::{DatabaseErrorKind::ForeignKeyViolation, Error::DatabaseError},
};
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};
use tenantry_web::{ApiError, FieldError, Json, Path, TenantDb};
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    fields::Fields,
    page::Page,
    schema::projects,
    time::iso,
};

pub(crate) const NOT_FOUND: Error = Error::NotFound("Project not found");

#[derive(Queryable, Selectable, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Project {
    id: Uuid,
    name: String,
    description: Option<String>,
    owner_id: Option<Uuid>,
    status: Option<String>,
    #[serde(serialize_with = "iso")]
    created_at: Option<NaiveDateTime>,
}

#[derive(Default, Deserialize, Insertable)]
#[diesel(table_name = projects)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct NewProject {
    name: String,
    description: Option<String>,
    owner_id: Option<Uuid>,
}

pub(crate) async fn list(mut db: TenantDb, page: Page) -> Result<Json<Vec<Project>>> {
    let projects = projects::table
        .order((projects::created_at, projects::id))
        .limit(page.limit())
        .offset(page.offset())
        .select(Project::as_select())
        .load(&mut db)
        .await?;
    Ok(Json(projects))
}

pub(crate) async fn create(
    mut db: TenantDb,
    Json(new): Json<NewProject>,
) -> Result<(StatusCode, Json<Project>)> {
    let description = new.description.as_deref().unwrap_or_default();
    Fields::default()
        .text("name", &new.name, 255)
        .note("description", description, 1000)
        .done()?;
    let project = diesel::insert_into(projects::table)
        .values(new)
        .returning(Project::as_returning())
        .get_result(&mut db)
        .await
        .map_err(|error| match error {
            DatabaseError(ForeignKeyViolation, _) => {
                ApiError::unprocessable([FieldError::new("ownerId", "is no user's id")])
            }
            error => error.into(),
        })?;
    Ok((StatusCode::CREATED, Json(project)))
}

pub(crate) async fn show(mut db: TenantDb, Path(id): Path<Uuid>) -> Result<Json<Project>> {
    let project = projects::table
        .find(id)
        .select(Project::as_select())
        .first(&mut db)
        .await
        .optional()?;
    project.map(Json).ok_or(NOT_FOUND)
}
