use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use tenantry_web::TenantDb;
use uuid::Uuid;

use crate::schema::{projects, tasks, users};

/// Gives a tenant two users, two projects and three tasks to look at, unless it has them already.
/// Whether it made them.
///
/// # Errors
///
/// Those of a statement.
pub async fn sample_data(db: &mut TenantDb) -> QueryResult<bool> {
    let tenant = db.tenant_id().clone();
    db.transaction(async |db| {
        let people = [("Ada Byron", "ada"), ("Grace Hopper", "grace")];
        let rows = people.map(|(name, local)| {
            (users::name.eq(name), users::email.eq(format!("{local}@{tenant}.example")))
        });
        let ids: Vec<Uuid> = diesel::insert_into(users::table)
            .values(rows.to_vec())
            .on_conflict_do_nothing()
            .returning(users::id)
            .get_results(db)
            .await?;
        let [ada, grace] = ids[..] else { return Ok(false) };
        let launch: Uuid = diesel::insert_into(projects::table)
            .values((
                projects::name.eq(format!("Launch of {tenant}")),
                projects::description.eq("Everything until the first customer"),
                projects::owner_id.eq(ada),
            ))
            .returning(projects::id)
            .get_result(db)
            .await?;
        diesel::insert_into(projects::table)
            .values(projects::name.eq("Office move"))
            .execute(db)
            .await?;
        let task = |title, assignee: Uuid, priority: i32| {
            (
                tasks::title.eq(title),
                tasks::project_id.eq(launch),
                tasks::assignee_id.eq(assignee),
                tasks::priority.eq(priority),
            )
        };
        diesel::insert_into(tasks::table)
            .values(vec![
                task("Write the announcement", ada, 2),
                task("Invite the first users", grace, 1),
                task("Order a cake", grace, 0),
            ])
            .execute(db)
            .await?;
        Ok(true)
    })
    .await
}
