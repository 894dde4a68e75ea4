//! The mark to reach: one endpoint on bare axum, one fixed schema, no tenancy.
//!
//! A plain stack of connections that are never pinged, each with its statement prepared.

mod plain;
mod project;
mod stack;
mod typed;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

use crate::arguments::{Bare, Driver};
use crate::failure::{Doing as _, Result};

/// Serves until the process is told to stop.
pub(crate) async fn serve(arguments: Bare) -> Result<()> {
    let url = fixed_schema_url(&arguments.database_url, &arguments.schema);
    let router: Router = match arguments.driver {
        Driver::TokioPostgres => plain::router(&url, arguments.connections).await,
        Driver::Diesel => typed::router(&url, arguments.connections).await,
    }
    .doing("cannot open the connections")?;
    let listener = TcpListener::bind(("127.0.0.1", arguments.port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        // A socket that is already gone has no delay to set; serving it fails soon enough.
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}

/// Adds the search_path that every connection starts with.
fn fixed_schema_url(url: &str, schema: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}options=-csearch_path%3D{schema}")
}

/// The two ways the endpoint answers without a row.
enum NoProject {
    NotFound,
    Database(String),
}

impl IntoResponse for NoProject {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "Project not found").into_response(),
            Self::Database(message) => (StatusCode::INTERNAL_SERVER_ERROR, message).into_response(),
        }
    }
}
