use crate::support::World;

#[tokio::test]
async fn rows_are_found_by_id_by_keys_and_by_conditions() {
    let world = World::new().await;
    let json = world.json("return [await db.users.findById(1, { select: ['id', 'name'] }), await db.users.findById(99), await db.users.findUnique({ where: { email: 'two@acme' }, select: { name: true } })]").await;
    assert_eq!(json, r#"[{"id":1,"name":"acme one"},null,{"name":"acme two"}]"#);
    let json = world.json("const names = (rows) => rows.map((row) => row.name); return [
        names(await db.users.findMany({ where: { age: { gte: 30, lt: 40 } } })),
        names(await db.users.findMany({ where: { name: { contains: 'ONE', mode: 'insensitive' } } })),
        names(await db.users.findMany({ where: { name: { startsWith: '%' } } })),
        names(await db.users.findMany({ where: { id: { in: [1n, 2] }, NOT: { age: 30 } } })),
        names(await db.users.findMany({ where: { id: { notIn: [1] } } })),
        names(await db.users.findMany({ where: { OR: [{ age: 30 }, { name: { endsWith: 'two' } }] }, orderBy: { id: 'desc' } })),
        names(await db.users.findMany({ orderBy: [{ age: { sort: 'desc', nulls: 'last' } }], skip: 1, take: 1 })),
        names(await db.users.findMany({ where: { tenantId: null, age: { not: 40 } } })),
        (await db.users.findFirst({ orderBy: { createdAt: 'asc' } })).name,
        await db.users.count(), await db.users.count({ where: { OR: [] } }), await db.users.count({ where: {} }),
    ]").await;
    insta::assert_snapshot!(json, @r#"[["acme one"],["acme one"],[],["acme two"],["acme two"],["acme two","acme one"],["acme one"],["acme one"],"acme one",2,0,2]"#);
}

#[tokio::test]
async fn rows_are_written() {
    let world = World::new().await;
    let json = world.json("const made = await db.users.create({ ...{ name: 'new' }, tenantId: 'acme', age: undefined });
        const count = await db.users.createMany([{ name: 'a', age: 1 }, { name: 'b', email: 'b@b' }, { email: 'one@acme', name: 'x' }].slice(0, 2));
        const skipped = await db.users.createMany({ data: [{ name: 'again', email: 'b@b' }], skipDuplicates: true });
        const updated = await db.users.update(made.id, { age: 7 });
        const byWhere = await db.users.update({ where: { email: 'b@b' }, data: { name: 'B' }, select: ['name'] });
        const upserted = [await db.users.upsert({ where: { email: 'u@u' }, create: { email: 'u@u', name: 'u' }, update: { name: 'U' }, select: ['name'] }),
            await db.users.upsert({ where: { email: 'u@u' }, create: { email: 'u@u', name: 'u' }, update: { name: 'U' }, select: ['name'] })];
        const gone = await db.users.delete({ where: { email: 'u@u' }, select: ['name'] });
        return [made.name, made.tenant_id, count, skipped, updated.age, byWhere, upserted, gone, await db.users.delete(made.id) !== null,
            await db.users.delete(made.id), await db.users.update(made.id, { age: 1 }), await db.users.updateMany({ where: { age: 1 }, data: { age: 2 } }),
            await db.users.deleteMany({ where: { name: { in: ['a', 'B'] } } }), await db.users.count()]").await;
    insta::assert_snapshot!(json, @r#"["new","acme",{"count":2},{"count":0},7,{"name":"B"},[{"name":"u"},{"name":"U"}],{"name":"U"},true,null,null,{"count":1},{"count":2},2]"#);
    assert_eq!(world.text("SELECT count(*)::text FROM tenant_beta.users").await, "2");
}

#[tokio::test]
async fn mistakes_are_told_with_what_is_near() {
    let world = World::new().await;
    let mut told = Vec::new();
    for code in [
        "await db.user.findMany()",
        "await db.users.findMany({ where: { emial: 'x' } })",
        "await db.users.findMany({ where: { age: { gtt: 1 } } })",
        "await db.users.findMany({ wher: {} })",
        "await db.users.fnidMany()",
        "await db.users.deleteMany()",
        "await db.users.deleteMany({ where: { id: undefined } })",
        "await db.users.update({ where: { age: 30 }, data: { age: 1 } })",
        "await db.users.create({ name: 'x', nam: 1 })",
        "await db.users.findMany({ orderBy: { name: 'up' } })",
        "await db.users.findMany({ take: -1 })",
        "await db.users.findById()",
        "await db.users.create({ name: 'x', email: 'one@acme' })",
        "await db.users.create({ age: 1 })",
        "await db.posts.create({ user_id: 99 })",
        "await db.users.create({ name: 'x', age: 'old' })",
        "await db.users.findMany({ where: { name: { in: [null] } } })",
        "await db.users.create({ name: 'a\\u0000b' })",
        "db.users = 1",
    ] {
        told.push(world.error(code).await);
    }
    insta::assert_snapshot!(told.join("\n"));
    let json = world.json("try { await db.users.create({ name: 'x', email: 'one@acme' }) } catch (error) { return [error instanceof Error, error.code, error.sqlState, error.constraint, error.detail, error.statusCode] }").await;
    insta::assert_snapshot!(json, @r#"[true,"UNIQUE_VIOLATION","23505","users_email_key","Key (email)=(one@acme) already exists.",409]"#);
}

#[tokio::test]
async fn a_table_made_by_a_migration_is_known_at_once() {
    let world = World::new().await;
    assert_eq!(world.json("return await db.users.count()").await, "2");
    world.sql("ALTER TABLE tenant_acme.users ADD nickname text; CREATE TABLE tenant_acme.\"select\" (\"a\"\"b\" int, \"CamelCase\" int)").await;
    let acme = [tenantry::TenantId::parse("acme").expect("an id")];
    world.manager.catalog().announce_migrated(&acme).await.expect("an announcement");
    let json = world.json("for (;;) { try { const made = await db.users.update(1, { nickname: 'n' });
        await db.select.create({ 'a\"b': 1, CamelCase: 2 }); return [made.nickname, await db.table('select').findMany()]; } catch (error) { if (!/NOT_FOUND/.test(error.code)) throw error; } }").await;
    assert_eq!(json, r#"["n",[{"a\"b":1,"CamelCase":2}]]"#);
}

#[tokio::test]
async fn shared_tables_are_read_and_not_written() {
    let world = World::new().await;
    let json = world.json("return [await db.shared.plans.findMany({ orderBy: { id: 'asc' } }), await db.query('SELECT p.name FROM public.plans p WHERE p.id = $1', [2])]").await;
    assert_eq!(json, r#"[[{"id":1,"name":"free"},{"id":2,"name":"pro"}],[{"name":"pro"}]]"#);
    insta::assert_snapshot!(world.error("await db.shared.plans.create({ id: 3 })").await, @"SHARED_READ_ONLY 500: db.shared.plans.create: shared tables are read, not written");
    for sql in [
        "INSERT INTO public.plans VALUES (3, 'x')",
        "UPDATE public.plans SET name = 'x'",
        "SELECT * FROM public.plans FOR UPDATE",
    ] {
        assert!(
            world.error(&format!("await db.query(`{sql}`)")).await.starts_with("SQL_REFUSED"),
            "{sql}"
        );
    }
    assert_eq!(world.text("SELECT string_agg(name, ',') FROM plans").await, "free,pro");
}
