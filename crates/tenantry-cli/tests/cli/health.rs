use crate::support::{Project, USERS};

#[tokio::test]
async fn health_looks_at_every_active_tenant() {
    let project = Project::with(&[USERS]).await;
    project.create(&["acme", "globex"]).await;
    let client = project.client().await;
    let sql = "UPDATE tenantry.tenants SET status = 'suspended' WHERE id = 'globex'";
    client.batch_execute(sql).await.unwrap();
    let ran = project.run("--json health").await;
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let mut health = ran.json();
    // How many connections are held for it at that moment depends on the machine.
    health["pools"][0]["totalConnections"] = "…".into();
    health["pools"][0]["idleConnections"] = "…".into();
    insta::assert_json_snapshot!("healthy", health);
    let shown = project.run("health").await;
    assert_eq!(shown.status, 0);
    assert!(shown.stdout.contains("│ acme     │"), "{}", shown.stdout);
    assert!(shown.stdout.contains("1 tenant, all well ("), "{}", shown.stdout);
}

#[tokio::test]
async fn a_tenant_that_cannot_be_used_is_unhealthy() {
    let project = Project::with(&[USERS]).await;
    let ran = project.run("--json health --tenant nobody").await;
    assert_eq!(ran.status, 1);
    let health = ran.json();
    assert_eq!((&health["healthy"], &health["unhealthyPools"]), (&false.into(), &1.into()));
    assert_eq!(health["pools"][0]["error"], "there is no tenant \"nobody\"");
}
