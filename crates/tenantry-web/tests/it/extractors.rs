use axum::{Router, routing::get};
use diesel::{QueryableByName, sql_types::Text};
use diesel_async::RunQueryDsl;
use tenantry::context;
use tenantry_web::{
    ApiError, Json, SharedDb, Tenant, TenantContext, TenantDb, TenantId, TenantLayer,
    TenantManager, header,
};

use crate::support::{World, request, send};

#[derive(QueryableByName)]
struct Whose {
    #[diesel(sql_type = Text)]
    name: String,
}

const WHOSE: &str = "SELECT name FROM whose";

/// Routes that ask the tenant's table whose it is, each in another way.
pub(crate) fn statements(tenants: &TenantManager) -> Router {
    async fn by_statement(mut db: TenantDb) -> Result<Json<String>, ApiError> {
        Ok(Json(db.query_one(WHOSE, &[]).await?.get(0)))
    }
    async fn by_diesel(mut db: TenantDb) -> Result<Json<String>, ApiError> {
        Ok(Json(diesel::sql_query(WHOSE).get_result::<Whose>(&mut db).await?.name))
    }
    async fn by_context() -> Result<Json<String>, ApiError> {
        let mut db = context::current()?.db()?;
        Ok(Json(db.query_one(WHOSE, &[]).await?.get(0)))
    }
    async fn in_a_task() -> Result<Json<String>, ApiError> {
        context::spawn(by_context()).await.map_err(ApiError::internal)?
    }
    async fn fails(mut db: TenantDb) -> Result<(), ApiError> {
        db.query("SELECT secret FROM tenant_globex.nothing", &[]).await?;
        Ok(())
    }
    async fn fails_in_diesel(mut db: TenantDb) -> Result<(), ApiError> {
        diesel::sql_query("SELECT secret FROM tenant_globex.nothing").execute(&mut db).await?;
        Ok(())
    }
    async fn is_full(mut db: TenantDb) -> Result<(), ApiError> {
        let raise = "DO $$ BEGIN RAISE EXCEPTION 'No space left' USING ERRCODE = '53100'; END $$";
        Ok(db.batch_execute(raise).await?)
    }
    Router::new()
        .route("/full", get(is_full))
        .route("/whose", get(by_statement))
        .route("/whose/diesel", get(by_diesel))
        .route("/whose/context", get(by_context))
        .route("/whose/task", get(in_a_task))
        .route("/fails", get(fails))
        .route("/fails/diesel", get(fails_in_diesel))
        .layer(TenantLayer::new(tenants.clone(), header("x-tenant-id")))
}

#[tokio::test]
async fn the_tenants_data_is_reached_by_handle_context_and_task() {
    let world = World::new().await;
    let app = statements(&world.tenants);
    for tenant in ["acme", "globex"] {
        for path in ["/whose", "/whose/diesel", "/whose/context", "/whose/task"] {
            let answer = send(&app, request(path, &[("x-tenant-id", tenant)])).await;
            answer.says(&format!("\"{tenant}\""));
        }
    }
}

#[tokio::test]
async fn everything_of_the_tenant_can_be_asked_for_without_a_connection() {
    let world = World::new().await;
    let handler = async |id: TenantId,
                         tenant: Tenant,
                         context: TenantContext,
                         db: TenantDb,
                         _shared: SharedDb,
                         tenants: TenantManager| {
        assert_eq!(id, tenant.id);
        assert_eq!(&id, context.tenant_id());
        assert_eq!(&id, db.tenant_id());
        assert!(tenants.tenant(&id).await.is_ok());
        id.to_string()
    };
    let app = Router::new()
        .route("/", get(handler))
        .layer(TenantLayer::new(world.tenants.clone(), header("x-tenant-id")));
    let before = world.tenants.pool_stats().counters.leases;
    send(&app, request("/", &[("x-tenant-id", "acme")])).await.says("acme");
    assert_eq!(world.tenants.pool_stats().counters.leases, before);
}

#[tokio::test]
async fn without_a_tenant_there_are_options_and_the_shared_data() {
    let world = World::new().await;
    let optional = async |id: Option<TenantId>,
                          tenant: Option<Tenant>,
                          context: Option<TenantContext>,
                          db: Option<TenantDb>| {
        let all = [id.is_some(), tenant.is_some(), context.is_some(), db.is_some()];
        format!("{all:?}")
    };
    let shared = async |mut db: SharedDb, _: TenantManager| -> Result<Json<i32>, ApiError> {
        Ok(Json(db.query_one("SELECT 7", &[]).await?.get(0)))
    };
    let app = Router::new()
        .route("/optional", get(optional))
        .route("/shared", get(shared))
        .route("/needed", get(async |_: TenantDb| "never"))
        .layer(TenantLayer::new(world.tenants.clone(), header("x-tenant-id")).optional());
    send(&app, request("/optional", &[])).await.says("[false, false, false, false]");
    send(&app, request("/optional", &[("x-tenant-id", "acme")]))
        .await
        .says("[true, true, true, true]");
    send(&app, request("/optional", &[("x-tenant-id", "Acme")])).await.is(400, "TENANT_INVALID");
    send(&app, request("/optional", &[("x-tenant-id", "no")])).await.is(404, "TENANT_NOT_FOUND");
    send(&app, request("/shared", &[])).await.says("7");
    send(&app, request("/shared", &[("x-tenant-id", "acme")])).await.says("7");
    send(&app, request("/needed", &[])).await.is(400, "TENANT_REQUIRED");
}

#[tokio::test]
async fn a_route_without_the_layer_is_the_servers_fault() {
    let app = Router::new()
        .route("/db", get(async |_: TenantDb| "never"))
        .route("/option", get(async |_: Option<TenantDb>| "never"))
        .route("/shared", get(async |_: SharedDb| "never"))
        .route("/manager", get(async |_: TenantManager| "never"));
    for path in ["/db", "/option", "/shared", "/manager"] {
        send(&app, request(path, &[])).await.is(500, "NO_TENANT_CONTEXT");
    }
}
