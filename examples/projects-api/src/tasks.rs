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
    error::{Error, Result, constraint},
    fields::Fields,
    page::Page,
    projects::NOT_FOUND as NO_PROJECT,
    schema::{projects, tasks},
    time::iso,
};

const NOT_FOUND: Error = Error::NotFound("Task not found");

#[derive(Queryable, Selectable, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Task {
    id: Uuid,
    title: String,
    project_id: Option<Uuid>,
    assignee_id: Option<Uuid>,
    priority: Option<i32>,
    completed: Option<bool>,
    #[serde(serialize_with = "iso")]
    created_at: Option<NaiveDateTime>,
}

#[derive(Default, Deserialize, Insertable)]
#[diesel(table_name = tasks)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct NewTask {
    title: String,
    assignee_id: Option<Uuid>,
    priority: Option<i32>,
}

#[derive(AsChangeset, Deserialize)]
#[diesel(table_name = tasks)]
pub(crate) struct TaskChanges {
    completed: Option<bool>,
    priority: Option<i32>,
}

pub(crate) async fn list(mut db: TenantDb, page: Page) -> Result<Json<Vec<Task>>> {
    let tasks = tasks::table
        .order((tasks::created_at, tasks::id))
        .limit(page.limit())
        .offset(page.offset())
        .select(Task::as_select())
        .load(&mut db)
        .await?;
    Ok(Json(tasks))
}

pub(crate) async fn of_project(
    mut db: TenantDb,
    Path(project): Path<Uuid>,
    page: Page,
) -> Result<Json<Vec<Task>>> {
    let tasks = tasks::table
        .filter(tasks::project_id.eq(project))
        .order((tasks::created_at, tasks::id))
        .limit(page.limit())
        .offset(page.offset())
        .select(Task::as_select())
        .load(&mut db)
        .await?;
    if tasks.is_empty() {
        let known = diesel::select(diesel::dsl::exists(projects::table.find(project)));
        if !known.get_result::<bool>(&mut db).await? {
            return Err(NO_PROJECT);
        }
    }
    Ok(Json(tasks))
}

pub(crate) async fn create(
    mut db: TenantDb,
    Path(project): Path<Uuid>,
    Json(new): Json<NewTask>,
) -> Result<(StatusCode, Json<Task>)> {
    Fields::default().text("title", &new.title, 255).done()?;
    let task = diesel::insert_into(tasks::table)
        .values((new, tasks::project_id.eq(project)))
        .returning(Task::as_returning())
        .get_result(&mut db)
        .await
        .map_err(|error| match error {
            DatabaseError(ForeignKeyViolation, _) if constraint(&error).contains("project_id") => {
                NO_PROJECT
            }
            DatabaseError(ForeignKeyViolation, _) => {
                ApiError::unprocessable([FieldError::new("assigneeId", "is no user's id")]).into()
            }
            error => error.into(),
        })?;
    Ok((StatusCode::CREATED, Json(task)))
}

pub(crate) async fn update(
    mut db: TenantDb,
    Path(id): Path<Uuid>,
    Json(changes): Json<TaskChanges>,
) -> Result<Json<Task>> {
    if changes.completed.is_none() && changes.priority.is_none() {
        let message = "is missing; give completed, priority or both";
        let missing = ["completed", "priority"].map(|field| FieldError::new(field, message));
        return Err(ApiError::validation(missing).into());
    }
    let task = diesel::update(tasks::table.find(id))
        .set(changes)
        .returning(Task::as_returning())
        .get_result(&mut db)
        .await
        .optional()?;
    task.map(Json).ok_or(NOT_FOUND)
}
