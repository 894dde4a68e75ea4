use crate::{prelude::*, schema::users};

#[derive(HasQuery, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    id: Uuid,
    email: String,
    name: String,
    active: Option<bool>,
    #[serde(serialize_with = "iso")]
    created_at: Option<NaiveDateTime>,
}

#[derive(Default, Deserialize, Insertable, Validate)]
#[diesel(table_name = users)]
#[serde(default)]
pub(crate) struct NewUser {
    #[garde(email, length(chars, max = 255))]
    email: String,
    #[garde(custom(filled), length(chars, max = 255))]
    name: String,
}

pub(crate) async fn list(mut db: TenantDb, page: Page) -> Result<Json<Vec<User>>> {
    let users = User::query().order((users::created_at, users::id));
    let users = users.limit(page.limit()).offset(page.offset());
    Ok(Json(users.load(&mut db).await?))
}

pub(crate) async fn create(
    mut db: TenantDb,
    Valid(Json(new)): Valid<Json<NewUser>>,
) -> Result<(StatusCode, Json<User>)> {
    let user = diesel::insert_into(users::table)
        .values(new)
        .returning(User::as_returning())
        .get_result(&mut db)
        .await
        .map_err(|error| match violated(&error) {
            Some("users_email_key") => ApiError::conflict("a user with this email exists already"),
            _ => error.into(),
        })?;
    Ok((StatusCode::CREATED, Json(user)))
}
