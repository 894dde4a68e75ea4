use crate::{prelude::*, schema::projects};

#[derive(HasQuery, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Project {
    id: Uuid,
    name: String,
    description: Option<String>,
    owner_id: Option<Uuid>,
    status: Option<String>,
    #[serde(serialize_with = "iso")]
    created_at: Option<NaiveDateTime>,
}

#[derive(Default, Deserialize, Insertable, Validate)]
#[diesel(table_name = projects)]
#[garde(allow_unvalidated)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct NewProject {
    #[garde(custom(filled), length(chars, max = 255))]
    name: String,
    #[garde(inner(custom(text), length(chars, max = 1000)))]
    description: Option<String>,
    owner_id: Option<Uuid>,
}

pub(crate) async fn list(mut db: TenantDb, page: Page) -> Result<Json<Vec<Project>>> {
    let projects = Project::query().order((projects::created_at, projects::id));
    let projects = projects.limit(page.limit()).offset(page.offset());
    Ok(Json(projects.load(&mut db).await?))
}

pub(crate) async fn show(mut db: TenantDb, Path(id): Path<Uuid>) -> Result<Json<Project>> {
    let project = Project::query().find(id).first(&mut db).await.optional()?;
    Ok(Json(project.ok_or_else(|| not_found("Project not found"))?))
}

pub(crate) async fn create(
    mut db: TenantDb,
    Valid(Json(new)): Valid<Json<NewProject>>,
) -> Result<(StatusCode, Json<Project>)> {
    let project = diesel::insert_into(projects::table)
        .values(new)
        .returning(Project::as_returning())
        .get_result(&mut db)
        .await
        .map_err(|error| match violated(&error) {
            Some("projects_owner_id_fkey") => ApiError::unprocessable("ownerId", "is no user"),
            _ => error.into(),
        })?;
    Ok((StatusCode::CREATED, Json(project)))
}
