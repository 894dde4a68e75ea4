//! The same table in Diesel's way. `RunQueryDsl` is imported here alone: its `execute` hides ours.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::StreamExt;
use tenantry::TenantDb;

diesel::table! {
    whose (id) {
        id -> Integer,
        name -> Text,
    }
}

pub(crate) async fn names(db: &mut TenantDb) -> QueryResult<Vec<String>> {
    whose::table.select(whose::name).load(db).await
}

/// Some of the names, and then no more of them.
pub(crate) async fn half_the_names(db: &mut TenantDb) -> QueryResult<Vec<String>> {
    let mut stream = whose::table.select(whose::name).load_stream::<String>(db).await?.take(2);
    let mut names = Vec::new();
    while let Some(name) = stream.next().await {
        names.push(name?);
    }
    Ok(names)
}

/// Inserts a row; the name that was written.
pub(crate) async fn insert(db: &mut TenantDb, name: &str) -> QueryResult<String> {
    let new = diesel::insert_into(whose::table).values(whose::name.eq(name));
    new.returning(whose::name).get_result(db).await
}

pub(crate) async fn run(db: &mut TenantDb, sql: &str) -> QueryResult<()> {
    diesel::sql_query(sql).execute(db).await.map(drop)
}
