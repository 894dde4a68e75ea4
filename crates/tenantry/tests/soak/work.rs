//! What clients do all day: they write, in transactions and outside of them, and change tables.

use diesel::{QueryResult, result::Error as DieselError};
use diesel_async::AsyncConnection;
use tenantry::{Error, Result, TenantDb};

use crate::{
    probe::{check_rows, first_column, mark, rows_inside},
    stage::Stage,
    typed,
};

/// What a panic on purpose says.
pub(crate) const ON_PURPOSE: &str = "on purpose";

pub(crate) async fn write(db: &mut TenantDb, number: u64) -> Result<()> {
    let name = format!("{}/{number}", mark(db));
    db.execute("INSERT INTO whose (name) VALUES ($1)", &[&name]).await.map(drop)
}

pub(crate) async fn write_typed(db: &mut TenantDb, number: u64) -> Result<()> {
    let mark = mark(db);
    let written = typed::insert(db, &format!("{mark}/{number}")).await.map_err(Error::from)?;
    check_rows([written.as_str()], &mark);
    Ok(())
}

/// Keeps tables small.
pub(crate) async fn prune(db: &mut TenantDb) -> Result<()> {
    let sql = "DELETE FROM whose WHERE id > 1 AND id < (SELECT max(id) - 20 FROM whose) \
               RETURNING name";
    let gone = db.query(sql, &[]).await?;
    if !gone.is_empty() {
        check_rows(first_column(&gone), &mark(db));
    }
    Ok(())
}

pub(crate) async fn transaction(db: &mut TenantDb, number: u64) -> Result<()> {
    let mark = mark(db);
    let mut tx = db.begin().await?;
    let name = format!("{mark}/{number}/tx");
    tx.execute("INSERT INTO whose (name) VALUES ($1)", &[&name]).await?;
    let mut part = tx.savepoint().await?;
    let refused = part.execute("INSERT INTO whose (id, name) VALUES (1, 'evil')", &[]).await;
    assert!(refused.is_err(), "there is a first row");
    part.rollback().await?;
    rows_inside(&mut tx, &mark).await?;
    tx.commit().await
}

pub(crate) async fn transaction_typed(db: &mut TenantDb, number: u64) -> Result<()> {
    let mark = mark(db);
    let ended: QueryResult<()> = db
        .transaction(async |db| {
            typed::insert(db, &format!("{mark}/{number}/outer")).await?;
            let inner: QueryResult<()> = db
                .transaction(async |db| {
                    typed::insert(db, &format!("{mark}/{number}/inner")).await?;
                    Err(DieselError::RollbackTransaction)
                })
                .await;
            assert!(inner.is_err());
            let names = typed::names(db).await?;
            check_rows(names.iter().map(String::as_str), &mark);
            Ok(())
        })
        .await;
    ended.map_err(Error::from)
}

/// A handler that panics in the middle of a transaction.
pub(crate) async fn panic_inside(db: TenantDb, typed: bool) -> Result<()> {
    let task = tokio::spawn(async move {
        let mut db = db;
        let name = format!("{}/panic", mark(&db));
        if typed {
            let _: QueryResult<()> = db
                .transaction(async |db| {
                    typed::insert(db, &name).await?;
                    panic!("{ON_PURPOSE}")
                })
                .await;
        } else if let Ok(mut tx) = db.begin().await {
            let _ = tx.execute("INSERT INTO whose (name) VALUES ($1)", &[&name]).await;
            panic!("{ON_PURPOSE}");
        }
    });
    match task.await {
        Err(ended) if ended.is_panic() => {
            let said = ended.into_panic();
            let said = said.downcast_ref::<String>().map(String::as_str);
            assert_eq!(said, Some(ON_PURPOSE));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Other columns under the statements that are prepared, by the tenant itself or from elsewhere.
pub(crate) async fn change_columns(stage: &Stage, db: &mut TenantDb, kind: usize) -> Result<()> {
    let change = match kind % 4 {
        0 => "ADD COLUMN IF NOT EXISTS extra int",
        1 => "DROP COLUMN IF EXISTS extra",
        2 => "ALTER COLUMN name TYPE varchar",
        _ => "ALTER COLUMN name TYPE text",
    };
    if kind < 4 {
        db.batch_execute(&format!("ALTER TABLE shape {change}")).await
    } else {
        let sql = format!("ALTER TABLE tenant_{}.shape {change}", db.tenant_id());
        stage.tenants().shared().batch_execute(&sql).await
    }
}
