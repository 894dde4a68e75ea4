use diesel::{
    ConnectionError, ConnectionResult, QueryResult,
    connection::{
        CacheSize, Instrumentation, InstrumentationEvent, StrQueryHelper, TransactionManagerStatus,
    },
    pg::Pg,
    query_builder::{AsQuery, QueryFragment, QueryId},
};
use diesel_async::{AsyncConnection, AsyncConnectionCore, SimpleAsyncConnection};
use futures_util::{
    future::BoxFuture,
    stream::{self, BoxStream},
};

use super::{
    SharedDb, TenantDb,
    binds::{self, Written},
    errors::to_diesel,
    row::TenantRow,
    transactions::TenantTransactions,
};
use crate::{
    connection::{Output, Params, Query},
    db::methods::Run,
};

macro_rules! diesel_connection {
    ($type:ty) => {
        impl $type {
            /// Runs a query that is written out, and tells Diesel's instrumentation.
            async fn run_written(&mut self, written: QueryResult<Written>) -> QueryResult<Output> {
                let written = written?;
                self.note(&written.sql, |sql| InstrumentationEvent::start_query(sql));
                let (sql, params) = written.params(self.access()).await.map_err(to_diesel)?;
                let query = Query::new(&sql, Params::Typed(&params));
                let ran = self.run(&query).await.map_err(to_diesel);
                let error = ran.as_ref().err();
                self.note(&sql, |sql| InstrumentationEvent::finish_query(sql, error));
                ran
            }

            fn note<'a>(
                &mut self,
                sql: &'a str,
                event: impl for<'b> FnOnce(&'b StrQueryHelper<'a>) -> InstrumentationEvent<'b>,
            ) {
                let helper = StrQueryHelper::new(sql);
                self.state.instrumentation().on_connection_event(event(&helper));
            }
        }

        impl SimpleAsyncConnection for $type {
            async fn batch_execute(&mut self, sql: &str) -> QueryResult<()> {
                self.run_batch(sql).await.map_err(to_diesel)
            }
        }

        impl AsyncConnectionCore for $type {
            type ExecuteFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<usize>>;
            type LoadFuture<'conn, 'query> =
                BoxFuture<'conn, QueryResult<Self::Stream<'conn, 'query>>>;
            type Stream<'conn, 'query> = BoxStream<'static, QueryResult<TenantRow>>;
            type Row<'conn, 'query> = TenantRow;
            type Backend = Pg;

            fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
            where
                T: AsQuery + 'query,
                T::Query: QueryFragment<Pg> + QueryId + 'query,
            {
                let written = binds::write(&source.as_query());
                Box::pin(async move {
                    let rows = TenantRow::all(self.run_written(written).await?.rows);
                    let rows: Self::Stream<'conn, 'query> =
                        Box::pin(stream::iter(rows.into_iter().map(Ok)));
                    Ok(rows)
                })
            }

            fn execute_returning_count<'conn, 'query, T>(
                &'conn mut self,
                source: T,
            ) -> Self::ExecuteFuture<'conn, 'query>
            where
                T: QueryFragment<Pg> + QueryId + 'query,
            {
                let written = binds::write(&source);
                Box::pin(async move {
                    let affected = self.run_written(written).await?.affected;
                    Ok(usize::try_from(affected).unwrap_or(usize::MAX))
                })
            }
        }

        impl AsyncConnection for $type {
            type TransactionManager = TenantTransactions;

            /// Always an error: a handle comes from a [`TenantManager`](crate::TenantManager),
            /// never from a URL.
            async fn establish(_: &str) -> ConnectionResult<Self> {
                Err(ConnectionError::BadConnection(
                    concat!(stringify!($type), " comes from a TenantManager, not from a URL")
                        .to_owned(),
                ))
            }

            fn transaction_state(&mut self) -> &mut TransactionManagerStatus {
                &mut self.state.status
            }

            fn instrumentation(&mut self) -> &mut dyn Instrumentation {
                &mut **self.state.instrumentation()
            }

            fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
                *self.state.instrumentation() = instrumentation.into();
            }

            /// Does nothing: the statements kept are the pool's, bounded by
            /// `connection.statement_cache_size`.
            fn set_prepared_statement_cache_size(&mut self, _: CacheSize) {}
        }
    };
}

diesel_connection!(TenantDb);
diesel_connection!(SharedDb);
