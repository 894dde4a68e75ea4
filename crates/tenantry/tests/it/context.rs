use std::sync::Arc;

use tenantry::{
    Error, TenantId,
    context::{self, TenantContext},
};

use crate::support::World;

#[derive(Debug, PartialEq)]
struct User(u32);

async fn whose() -> tenantry::Result<String> {
    let mut db = context::current()?.db()?;
    Ok(db.query_one("SELECT name FROM whose", &[]).await?.get(0))
}

#[tokio::test]
async fn without_a_context_the_error_says_how_to_get_one() {
    let error = context::current().unwrap_err();
    assert!(matches!(error, Error::NoTenantContext));
    assert!(error.to_string().contains("tenantry::context::scope"));
    assert!(context::try_current().is_none());
}

#[tokio::test]
async fn contexts_nest_and_carry_what_else_belongs_to_the_work() {
    let world = World::new().await;
    let ids = world.tenants(2).await;
    let outer = TenantContext::new(&world.tenants, &ids[0]).await.unwrap().with(User(7));
    let inner = TenantContext::new(&world.tenants, &ids[1]).await.unwrap();
    context::scope(outer, async {
        assert_eq!(context::current().unwrap().get::<User>().as_deref(), Some(&User(7)));
        let inside = context::scope(inner, async {
            assert!(context::current().unwrap().get::<User>().is_none());
            whose().await
        });
        assert_eq!(inside.await.unwrap(), "t1");
        assert_eq!(whose().await.unwrap(), "t0");
        let mut shared = context::current().unwrap().shared();
        shared.query("SELECT 1", &[]).await.unwrap();
    })
    .await;
    assert!(!context::is_set());
}

#[tokio::test]
async fn a_plain_spawn_has_no_tenant_and_ours_has() {
    let world = World::new().await;
    let id = world.tenant("acme").await;
    let acme = TenantContext::new(&world.tenants, &id).await.unwrap();
    context::scope(acme, async {
        assert!(tokio::spawn(async { context::try_current().is_none() }).await.unwrap());
        assert_eq!(context::spawn(whose()).await.unwrap().unwrap(), "acme");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_interleaved_tasks_keep_their_own_tenant() {
    let world = Arc::new(World::new().await);
    let ids: Vec<TenantId> = world.tenants(10).await;
    let tasks: Vec<_> = (0..4000)
        .map(|number| {
            let (id, world) = (ids[number % ids.len()].clone(), Arc::clone(&world));
            tokio::spawn(async move {
                let own = TenantContext::new(&world.tenants, &id).await.unwrap();
                context::scope(own, async {
                    for _ in 0..3 {
                        tokio::task::yield_now().await;
                        assert_eq!(context::current().unwrap().tenant_id(), &id);
                    }
                    if number % 8 == 0 {
                        assert_eq!(context::spawn(whose()).await.unwrap().unwrap(), id.as_str());
                    }
                })
                .await;
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("the right tenant");
    }
}
