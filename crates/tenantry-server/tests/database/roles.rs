use crate::support::World;

#[tokio::test]
async fn with_a_role_postgres_itself_refuses_what_is_not_granted() {
    let role = format!("role_{}", std::process::id());
    let template = format!("{role}_{{id}}");
    let world = World::with(|config| config.role_template = Some(template)).await;
    world
        .sql(&format!(
            "CREATE ROLE {role}_acme; GRANT USAGE ON SCHEMA tenant_acme TO {role}_acme; \
             GRANT SELECT, INSERT ON tenant_acme.users TO {role}_acme; \
             GRANT USAGE ON tenant_acme.users_id_seq TO {role}_acme"
        ))
        .await;
    let json = world
        .json(
            "const told = []; const attempt = async (what) => { try { await what(); told.push('done'); } catch (error) { told.push(error.code); } };
            await attempt(() => db.users.create({ name: 'new' }));
            await attempt(() => db.users.updateMany({ where: {}, data: { age: 1 } }));
            await attempt(() => db.posts.findMany());
            await attempt(() => db.shared.plans.findMany());
            await attempt(() => db.transaction((tx) => tx.users.create({ name: 'new' })));
            await attempt(() => db.transaction(async (tx) => { try { await tx.transaction((inner) => inner.query('SELECT 1 / 0')) } catch {} await tx.users.count(); await tx.posts.count(); }));
            return [told, await db.users.count()]",
        )
        .await;
    assert_eq!(
        json,
        r#"[["done","PERMISSION_DENIED","PERMISSION_DENIED","PERMISSION_DENIED","done","PERMISSION_DENIED"],4]"#
    );
    world.sql(&format!("DROP OWNED BY {role}_acme; DROP ROLE {role}_acme")).await;
}
