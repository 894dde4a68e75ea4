//! The endpoint on Diesel's typed queries, over diesel-async and its statement cache.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use diesel::{OptionalExtension as _, QueryDsl as _, SelectableHelper as _};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use super::NoProject;
use super::project::{Project, projects};
use super::stack::Stack;
use crate::failure::Failure;

pub(super) async fn router(url: &str, connections: usize) -> Result<Router, Failure> {
    let mut opened = Vec::with_capacity(connections);
    for _ in 0..connections {
        opened.push(AsyncPgConnection::establish(url).await?);
    }
    Ok(Router::new().route("/projects/{id}", get(show)).with_state(Stack::new(opened)))
}

async fn show(
    State(stack): State<Arc<Stack<AsyncPgConnection>>>,
    Path(id): Path<Uuid>,
) -> Result<Json<Project>, NoProject> {
    let mut connection = stack.take().await;
    let project = projects::table
        .find(id)
        .select(Project::as_select())
        .first(&mut *connection)
        .await
        .optional()?;
    drop(connection);
    project.map(Json).ok_or(NoProject::NotFound)
}

impl From<diesel::result::Error> for NoProject {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.to_string())
    }
}
