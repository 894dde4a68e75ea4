use diesel::dsl::exists;

use crate::prelude::*;
use crate::schema::{projects, tasks};

#[derive(HasQuery, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Task {
    id: Uuid,
    title: String,
    project_id: Option<Uuid>,
    assignee_id: Option<Uuid>,
    priority: Option<i32>,
    completed: Option<bool>,
    #[serde(serialize_with = "iso")]
    created_at: Option<NaiveDateTime>,
}

#[derive(Default, Deserialize, Insertable, Validate)]
#[diesel(table_name = tasks)]
#[garde(allow_unvalidated)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct NewTask {
    #[garde(custom(filled), length(chars, max = 255))]
    title: String,
    assignee_id: Option<Uuid>,
    priority: Option<i32>,
}

#[derive(AsChangeset, Deserialize)]
#[diesel(table_name = tasks)]
pub(crate) struct TaskChanges {
    completed: Option<bool>,
    priority: Option<i32>,
}

pub(crate) async fn list(mut db: TenantDb, page: Page) -> Result<Json<Vec<Task>>> {
    let tasks = Task::query().order((tasks::created_at, tasks::id));
    let tasks = tasks.limit(page.limit()).offset(page.offset());
    Ok(Json(tasks.load(&mut db).await?))
}

pub(crate) async fn of_project(
    mut db: TenantDb,
    Path(project): Path<Uuid>,
    page: Page,
) -> Result<Json<Vec<Task>>> {
    let tasks = Task::query().filter(tasks::project_id.eq(project));
    let tasks = tasks.order((tasks::created_at, tasks::id));
    let tasks = tasks.limit(page.limit()).offset(page.offset());
    let tasks: Vec<Task> = tasks.load(&mut db).await?;
    let there = diesel::select(exists(projects::table.find(project)));
    if tasks.is_empty() && !there.get_result(&mut db).await? {
        return Err(not_found("Project not found"));
    }
    Ok(Json(tasks))
}

pub(crate) async fn create(
    mut db: TenantDb,
    Path(project): Path<Uuid>,
    Valid(Json(new)): Valid<Json<NewTask>>,
) -> Result<(StatusCode, Json<Task>)> {
    let task = diesel::insert_into(tasks::table)
        .values((new, tasks::project_id.eq(project)))
        .returning(Task::as_returning())
        .get_result(&mut db)
        .await
        .map_err(|error| match violated(&error) {
            Some("tasks_project_id_fkey") => not_found("Project not found"),
            Some("tasks_assignee_id_fkey") => ApiError::unprocessable("assigneeId", "is no user"),
            _ => error.into(),
        })?;
    Ok((StatusCode::CREATED, Json(task)))
}

pub(crate) async fn update(
    mut db: TenantDb,
    Path(id): Path<Uuid>,
    Json(changes): Json<TaskChanges>,
) -> Result<Json<Task>> {
    if changes.completed.is_none() && changes.priority.is_none() {
        let missing = |field| FieldError::new(field, "give completed, priority or both");
        return Err(ApiError::validation(["completed", "priority"].map(missing)));
    }
    let task = diesel::update(tasks::table.find(id))
        .set(changes)
        .returning(Task::as_returning())
        .get_result(&mut db)
        .await
        .optional()?;
    Ok(Json(task.ok_or_else(|| not_found("Task not found"))?))
}
