//! The endpoint on tokio-postgres.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use tokio_postgres::{Client, NoTls, Row, Statement};
use uuid::Uuid;

use super::NoProject;
use super::project::Project;
use super::stack::Stack;
use crate::failure::Failure;

const BY_ID: &str = "SELECT id, name, description, owner_id, status, created_at \
                     FROM projects WHERE id = $1";

struct Connection {
    client: Client,
    by_id: Statement,
}

pub(super) async fn router(url: &str, connections: usize) -> Result<Router, Failure> {
    let mut opened = Vec::with_capacity(connections);
    for _ in 0..connections {
        opened.push(connect(url).await?);
    }
    Ok(Router::new().route("/projects/{id}", get(show)).with_state(Stack::new(opened)))
}

async fn connect(url: &str) -> Result<Connection, Failure> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    let by_id = client.prepare(BY_ID).await?;
    Ok(Connection { client, by_id })
}

async fn show(
    State(stack): State<Arc<Stack<Connection>>>,
    Path(id): Path<Uuid>,
) -> Result<Json<Project>, NoProject> {
    let connection = stack.take().await;
    let row = connection.client.query_opt(&connection.by_id, &[&id]).await?;
    drop(connection);
    Ok(Json(Project::try_from(row.ok_or(NoProject::NotFound)?)?))
}

impl TryFrom<Row> for Project {
    type Error = tokio_postgres::Error;

    fn try_from(row: Row) -> Result<Self, Self::Error> {
        Ok(Self {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            description: row.try_get(2)?,
            owner_id: row.try_get(3)?,
            status: row.try_get(4)?,
            created_at: row.try_get(5)?,
        })
    }
}

impl From<tokio_postgres::Error> for NoProject {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error.to_string())
    }
}
