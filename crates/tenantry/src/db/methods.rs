use tokio_postgres::{Row, types::ToSql};

use crate::{
    Error, Result,
    connection::{Answer, Bounds, Output, Params, Query},
};

/// What can run statements, in a transaction of their own or in one that is open.
pub(crate) trait Run {
    /// Runs one statement.
    async fn run(&mut self, query: &Query<'_>) -> Result<Output>;
    /// Runs several in one string.
    async fn run_batch(&mut self, sql: &str) -> Result<()>;

    /// Runs one statement and gives its rows.
    async fn rows(&mut self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        Ok(self.run(&Query::new(sql, Params::Described(params))).await?.rows)
    }
}

/// Runs a statement whose answer is bounded.
pub(crate) async fn answer(
    run: &mut impl Run,
    sql: &str,
    params: Params<'_>,
    bounds: Bounds,
) -> Result<Answer> {
    let output = run.run(&Query { sql, params, bounds: Some(bounds) }).await?;
    Ok(Answer { rows: output.rows, affected: output.affected })
}

pub(crate) fn one_row(rows: Vec<Row>) -> Result<Option<Row>> {
    let count = rows.len();
    let mut rows = rows.into_iter();
    match (rows.next(), count) {
        (row, 0 | 1) => Ok(row),
        (_, count) => Err(Error::Answer(format!("one row was asked for and {count} came").into())),
    }
}

/// The methods in tokio-postgres's way, for a type that is [`Run`].
macro_rules! statement_methods {
    ($type:ty) => {
        impl $type {
            /// Runs a statement and gives its rows.
            ///
            /// Parameters are `$1`, `$2`, … in the text. The statement is prepared, and kept
            /// prepared for this tenant on the connection it ran on.
            ///
            /// Dropping the future cancels the statement if it is still running: its
            /// transaction is rolled back.
            ///
            /// # Errors
            ///
            /// [`Error::Database`](crate::Error::Database) with what PostgreSQL said, and those
            /// of getting a connection: [`PoolTimeout`](crate::Error::PoolTimeout),
            /// [`Unavailable`](crate::Error::Unavailable).
            pub async fn query(
                &mut self,
                sql: &str,
                params: &[&(dyn tokio_postgres::types::ToSql + Sync)],
            ) -> crate::Result<Vec<tokio_postgres::Row>> {
                let params = crate::connection::Params::Described(params);
                let query = crate::connection::Query::new(sql, params);
                Ok($crate::db::methods::Run::run(self, &query).await?.rows)
            }

            /// Runs a statement without parameters whose text won't come again, and gives its
            /// rows. It is not prepared: one round trip, and nothing is kept of it.
            ///
            /// # Errors
            ///
            /// As [`query`](Self::query).
            pub async fn query_once(
                &mut self,
                sql: &str,
            ) -> crate::Result<Vec<tokio_postgres::Row>> {
                let query = crate::connection::Query::new(sql, crate::connection::Params::Once);
                Ok($crate::db::methods::Run::run(self, &query).await?.rows)
            }

            /// Runs a statement that gives one row.
            ///
            /// # Errors
            ///
            /// As [`query`](Self::query), and [`Error::Answer`](crate::Error::Answer) for none
            /// or more than one.
            pub async fn query_one(
                &mut self,
                sql: &str,
                params: &[&(dyn tokio_postgres::types::ToSql + Sync)],
            ) -> crate::Result<tokio_postgres::Row> {
                self.query_opt(sql, params).await?.ok_or_else(|| {
                    crate::Error::Answer("one row was asked for and none came".into())
                })
            }

            /// Runs a statement that gives one row or none.
            ///
            /// # Errors
            ///
            /// As [`query`](Self::query), and [`Error::Answer`](crate::Error::Answer) for more
            /// than one.
            pub async fn query_opt(
                &mut self,
                sql: &str,
                params: &[&(dyn tokio_postgres::types::ToSql + Sync)],
            ) -> crate::Result<Option<tokio_postgres::Row>> {
                $crate::db::methods::one_row(self.query(sql, params).await?)
            }

            /// Runs a statement and gives the number of rows it inserted, changed or deleted.
            ///
            /// With Diesel's `RunQueryDsl` in scope, `value.execute(…)` on a value that is owned means
            /// Diesel's: then it is [`execute_sql`](Self::execute_sql), or `(&mut value).execute(…)`.
            ///
            /// # Errors
            ///
            /// As [`query`](Self::query).
            pub async fn execute(
                &mut self,
                sql: &str,
                params: &[&(dyn tokio_postgres::types::ToSql + Sync)],
            ) -> crate::Result<u64> {
                let params = crate::connection::Params::Described(params);
                let query = crate::connection::Query::new(sql, params);
                Ok($crate::db::methods::Run::run(self, &query).await?.affected)
            }

            /// [`execute`](Self::execute) under a name that Diesel's `RunQueryDsl`, which has a method for
            /// every type there is, does not have.
            ///
            /// ```no_run
            /// # #[cfg(feature = "diesel")]
            /// # async fn example(mut db: tenantry::TenantDb) -> tenantry::Result<()> {
            /// use diesel_async::RunQueryDsl;
            ///
            /// db.execute_sql("DELETE FROM drafts WHERE id = $1", &[&7i32]).await?;
            /// let mut tx = db.begin().await?;
            /// tx.execute_sql("DELETE FROM drafts", &[]).await?;
            /// (&mut tx).execute("DELETE FROM notes", &[]).await?;
            /// diesel::sql_query("DELETE FROM notes").execute(&mut db).await?;
            /// tx.commit().await
            /// # }
            /// ```
            ///
            /// # Errors
            ///
            /// As [`query`](Self::query).
            pub async fn execute_sql(
                &mut self,
                sql: &str,
                params: &[&(dyn tokio_postgres::types::ToSql + Sync)],
            ) -> crate::Result<u64> {
                self.execute(sql, params).await
            }

            /// Runs a statement that somebody else has written, and takes no more of its answer than
            /// `bounds` allows. The types of its parameters are given, or left to PostgreSQL.
            ///
            /// # Errors
            ///
            /// As [`query`](Self::query), and
            /// [`Error::AnswerTooLarge`](crate::Error::AnswerTooLarge): then the statement is
            /// stopped, and outside of a transaction it is not known whether what it changed stays.
            pub async fn answer(
                &mut self,
                sql: &str,
                params: &[crate::TypedParam],
                bounds: crate::Bounds,
            ) -> crate::Result<crate::Answer> {
                let params = crate::connection::Params::Typed(params);
                $crate::db::methods::answer(self, sql, params, bounds).await
            }

            /// [`answer`](Self::answer), with parameters that are encoded when PostgreSQL has said
            /// which types it wants.
            ///
            /// # Errors
            ///
            /// As [`answer`](Self::answer).
            pub async fn answer_described(
                &mut self,
                sql: &str,
                params: &[&(dyn tokio_postgres::types::ToSql + Sync)],
                bounds: crate::Bounds,
            ) -> crate::Result<crate::Answer> {
                let params = crate::connection::Params::Described(params);
                $crate::db::methods::answer(self, sql, params, bounds).await
            }

            /// Runs several statements, separated by semicolons, without parameters.
            ///
            /// # Errors
            ///
            /// As [`query`](Self::query).
            pub async fn batch_execute(&mut self, sql: &str) -> crate::Result<()> {
                $crate::db::methods::Run::run_batch(self, sql).await
            }
        }
    };
}

pub(crate) use statement_methods;
