//! The operations `db.*` that the prelude asks for.
//!
//! | operation | arguments |
//! |---|---|
//! | `db.table` | transaction or null, whether shared, table, method, arguments of the method |
//! | `db.query` | transaction or null, SQL, parameters |
//! | `db.begin` | the transaction to nest in, or null; gives its number |
//! | `db.commit`, `db.rollback` | transaction |

use std::sync::Arc;

use tenantry::{
    Bounds, TypedParam,
    tokio_postgres::types::{Kind as TypeKind, Type},
};
use tenantry_js::{BoxFuture, Data, HostError};

use super::{
    error::DbError,
    query::{self, Answer, Statement},
    rows::{answer, counted},
    task::TaskData,
    tenant::{Tenant, TenantDatabase},
    transactions::{End, Open},
    value::{Kind, encode},
};

impl TenantDatabase {
    /// Answers an operation of the tenant's prelude; `None` if it is not one of the database's.
    ///
    /// Dropping the future cancels the statement.
    #[must_use]
    pub fn operation(
        &self,
        task: &Arc<TaskData>,
        name: &str,
        args: Vec<Data>,
    ) -> Option<BoxFuture<'static, Result<Data, HostError>>> {
        let name = Name::of(name)?;
        let (tenant, task) = (Arc::clone(&self.0), Arc::clone(task));
        Some(Box::pin(async move {
            let done = Operation { tenant: &tenant, task: &task, args: &args }.run(name).await;
            done.map_err(DbError::into_host)
        }))
    }
}

#[derive(Clone, Copy)]
enum Name {
    Table,
    Query,
    Begin,
    End(End),
}

impl Name {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "db.table" => Self::Table,
            "db.query" => Self::Query,
            "db.begin" => Self::Begin,
            "db.commit" => Self::End(End::Commit),
            "db.rollback" => Self::End(End::Rollback),
            _ => return None,
        })
    }
}

struct Operation<'a> {
    tenant: &'a Tenant,
    task: &'a Arc<TaskData>,
    args: &'a [Data],
}

impl Operation<'_> {
    async fn run(&self, name: Name) -> Result<Data, DbError> {
        // A request's own share first, so that it does not keep the tenant's places while it waits.
        let _own = match name {
            Name::Table | Name::Query => {
                let statements = Arc::clone(&self.task.statements);
                Some(statements.acquire_owned().await.map_err(|_| malformed())?)
            }
            Name::Begin | Name::End(_) => None,
        };
        match name {
            Name::Table => self.table().await,
            Name::Query => self.query().await,
            Name::Begin => self.begin().await,
            Name::End(end) => self.end(end).await,
        }
    }

    /// The transaction that an operation is about, if any.
    fn number(&self) -> Option<u64> {
        self.args.first().and_then(Data::as_number).map(|number| number as u64)
    }

    fn transaction(&self, number: u64) -> Result<Arc<Open>, DbError> {
        self.task.transaction(number).ok_or_else(|| {
            DbError::new("TRANSACTION_ENDED", "the transaction has ended, or is another request's")
        })
    }

    async fn table(&self) -> Result<Data, DbError> {
        let [_, shared, table, method, Data::List(args)] = self.args else {
            return Err(malformed());
        };
        let is_shared = matches!(shared, Data::Bool(true));
        let (Some(table), Some(method)) = (table.as_text(), method.as_text()) else {
            return Err(malformed());
        };
        let built = match self.build(is_shared, table, method, args, false).await {
            Err(error) if ["TABLE_NOT_FOUND", "COLUMN_NOT_FOUND"].contains(&error.code()) => {
                // It may be newer than what is known.
                self.build(is_shared, table, method, args, true).await
            }
            built => built,
        };
        let (statement, wanted) = built?;
        let given = match wanted {
            Answer::Nothing => tenantry::Answer::default(),
            _ => self.send(&statement.sql, &statement.params).await?,
        };
        answer(&given, wanted, &self.tenant.shared.config)
    }

    async fn build(
        &self,
        is_shared: bool,
        table: &str,
        method: &str,
        args: &[Data],
        lacks: bool,
    ) -> Result<(Statement, Answer), DbError> {
        let catalog = if is_shared {
            self.tenant.shared.tables(lacks).await?
        } else {
            self.tenant.catalog(lacks).await?
        };
        query::build(&*catalog.table(table)?, method, args, is_shared)
    }

    async fn query(&self) -> Result<Data, DbError> {
        let [_, Data::Text(sql), Data::List(params)] = self.args else { return Err(malformed()) };
        let types = self.tenant.check(sql).await?;
        if types.len() != params.len() {
            return Err(DbError::new(
                "PARAMETERS_INVALID",
                format!(
                    "the statement has {} parameters, and {} were given",
                    types.len(),
                    params.len()
                ),
            ));
        }
        let mut typed = Vec::with_capacity(params.len());
        for (ty, value) in types.iter().zip(params) {
            let text = encode(value, kind(ty))?;
            if text.as_ref().is_some_and(|text| text.contains('\0')) {
                return Err(
                    DbError::new("VALUE_INVALID", "PostgreSQL's text has no NUL").with_status(400)
                );
            }
            typed.push(TypedParam::text(ty.clone(), text));
        }
        let given = self.send(sql, &typed).await?;
        counted(&given, &self.tenant.shared.config)
    }

    /// Sends a statement, in its transaction or by itself.
    async fn send(&self, sql: &str, params: &[TypedParam]) -> Result<tenantry::Answer, DbError> {
        let config = &self.tenant.shared.config;
        let bounds = config.bounds();
        if let Some(number) = self.number() {
            let open = self.transaction(number)?;
            return open.run(number, config.statement_timeout, sql, params, bounds).await;
        }
        let _alone = self.tenant.alone.take().await?;
        let _place = self.tenant.places.take().await?;
        let alone = self.send_alone(sql, params, bounds);
        match tokio::time::timeout(config.statement_timeout, alone).await {
            Ok(answer) => answer,
            Err(_) => Err(DbError::new(
                "QUERY_TIMEOUT",
                "the statement took longer than limits.query_time",
            )
            .with_status(504)),
        }
    }

    async fn send_alone(
        &self,
        sql: &str,
        params: &[TypedParam],
        bounds: Bounds,
    ) -> Result<tenantry::Answer, DbError> {
        let mut db = self.tenant.db().await?;
        let Some(role) = self.tenant.role() else {
            return Ok(db.answer(sql, params, bounds).await?);
        };
        let mut transaction = db.begin().await?;
        transaction.batch_execute(&set_role(&role)).await?;
        let given = transaction.answer(sql, params, bounds).await?;
        transaction.commit().await?;
        Ok(given)
    }

    async fn begin(&self) -> Result<Data, DbError> {
        let number = self.task.number();
        let config = &self.tenant.shared.config;
        let open = if let Some(outer) = self.number() {
            let open = self.transaction(outer)?;
            open.nest(outer, number, config.statement_timeout).await?;
            open
        } else {
            let place = self.tenant.places.take().await?;
            let db = self.tenant.db().await?;
            let mut transaction = db.begin().await?;
            if let Some(role) = self.tenant.role() {
                transaction.batch_execute(&set_role(&role)).await?;
            }
            Open::new(transaction, number, place, config.transaction_timeout)
        };
        if !self.task.keep(number, &open) {
            open.close().await;
            return Err(DbError::new("TRANSACTION_ENDED", "the request has ended"));
        }
        Ok(Data::Number(number as f64))
    }

    async fn end(&self, end: End) -> Result<Data, DbError> {
        let number = self.number().ok_or_else(malformed)?;
        let open = self.transaction(number)?;
        self.task.forget(number);
        let ended = open.end(number, end, self.tenant.shared.config.statement_timeout).await;
        ended.map(|()| Data::Undefined)
    }
}

/// How values of a type are written.
fn kind(ty: &Type) -> Kind {
    match ty.kind() {
        TypeKind::Domain(base) => kind(base),
        TypeKind::Array(element) => Kind::Array { of_json: kind(element) == Kind::JsonText },
        _ if [Type::JSON, Type::JSONB].contains(ty) => Kind::JsonText,
        _ => Kind::Scalar,
    }
}

fn set_role(role: &str) -> String {
    format!("SET LOCAL ROLE {}", super::naming::quoted(role))
}

fn malformed() -> DbError {
    DbError::new("QUERY_INVALID", "the operation's arguments are not what they should be")
}
