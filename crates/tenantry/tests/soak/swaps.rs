//! Everything public that can be swapped, swapped: what is swapped carries its tenant with it.

use std::mem::swap;

use diesel::QueryResult;
use diesel_async::AsyncConnection;
use tenantry::{Error, Result, TenantContext, TenantDb, context};

use crate::{
    probe::{check_rows, first_column, mark, rows, rows_inside, rows_typed},
    stage::Stage,
    typed,
};

pub(crate) const SWAPS: [&str; 6] =
    ["handles", "handles in transactions", "transactions", "savepoints", "sessions", "contexts"];

/// Swaps one kind of thing between two tenants.
pub(crate) async fn swap_one(
    stage: &Stage,
    kind: usize,
    mut a: TenantDb,
    mut b: TenantDb,
) -> Result<()> {
    let (mut of_a, mut of_b) = (mark(&a), mark(&b));
    match kind {
        0 => {
            swap(&mut a, &mut b);
            rows(&mut a).await?;
            rows_typed(&mut b).await
        }
        1 => {
            let ended: QueryResult<()> = a
                .transaction(async |inside| {
                    typed::insert(inside, &format!("{of_a}/swapped")).await?;
                    // From here on the transaction is in b, and a is a handle of the other tenant.
                    swap(inside, &mut b);
                    for db in [&mut *inside, &mut b] {
                        let names = typed::names(db).await?;
                        check_rows(names.iter().map(String::as_str), &mark(db));
                    }
                    Ok(())
                })
                .await;
            // Committed or not: what either handle does next is its own tenant's.
            let _ = ended;
            rows(&mut a).await?;
            rows(&mut b).await
        }
        2 => {
            let (mut one, mut other) = (a.begin().await?, b.begin().await?);
            swap(&mut one, &mut other);
            swap(&mut of_a, &mut of_b);
            for (tx, mark) in [(&mut one, &of_a), (&mut other, &of_b)] {
                let name = format!("{mark}/swapped");
                tx.execute("INSERT INTO whose (name) VALUES ($1)", &[&name]).await?;
                rows_inside(tx, mark).await?;
            }
            one.commit().await?;
            other.commit().await
        }
        3 => {
            let (mut one, mut other) = (a.begin().await?, b.begin().await?);
            let (mut first, mut second) = (one.savepoint().await?, other.savepoint().await?);
            swap(&mut first, &mut second);
            let found = first.query("SELECT name FROM whose", &[]).await?;
            check_rows(first_column(&found), &of_b);
            first.rollback().await?;
            second.release().await?;
            rows_inside(&mut one, &of_a).await?;
            one.commit().await?;
            other.rollback().await
        }
        4 => {
            let mut one = stage.tenants().session(a.tenant_id()).await?;
            let mut other = stage.tenants().session(b.tenant_id()).await?;
            swap(&mut one, &mut other);
            for (session, mark) in [(&mut one, &of_b), (&mut other, &of_a)] {
                let found = session.query("SELECT name FROM whose", &[]).await?;
                check_rows(first_column(&found), mark);
            }
            Ok(())
        }
        _ => {
            let mut one = TenantContext::new(stage.tenants(), a.tenant_id()).await?;
            let mut other = TenantContext::new(stage.tenants(), b.tenant_id()).await?;
            swap(&mut one, &mut other);
            context::scope(one, async {
                let ours = context::current()?;
                assert_eq!(ours.tenant_id(), b.tenant_id());
                rows(&mut ours.db()?).await?;
                context::scope(other, async { rows(&mut context::current()?.db()?).await }).await?;
                let task = context::spawn(async { rows(&mut context::current()?.db()?).await });
                task.await.map_err(Error::application)?
            })
            .await
        }
    }
}
