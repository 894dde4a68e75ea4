use std::time::Duration;

use tenantry_js::Data;

use crate::support::World;

#[tokio::test]
async fn a_transaction_commits_or_is_rolled_back_and_nests() {
    let world = World::new().await;
    let json = world.json("const value = await db.transaction(async (tx) => { await tx.users.create({ name: 'kept' }); return tx.users.count(); });
        let thrown; try { await db.transaction(async (tx) => { await tx.users.deleteMany({ where: {} }); throw new Error('no'); }); } catch (error) { thrown = error.message; }
        await db.transaction(async (tx) => {
            await tx.users.create({ name: 'outer' });
            await tx.transaction(async (inner) => { await inner.users.create({ name: 'inner' }); await inner.transaction(async (deep) => { await deep.query('SELECT 1'); }); });
            try { await tx.transaction(async (inner) => { await inner.users.create({ name: 'undone' }); await inner.users.create({ name: null }); }); } catch (error) { thrown += ' ' + error.code; }
            await tx.query('INSERT INTO users (name) VALUES ($1)', ['after']);
        });
        return [value, thrown, (await db.users.findMany({ where: { id: { gt: 2 } }, orderBy: { id: 'asc' } })).map((user) => user.name)]").await;
    assert_eq!(json, r#"[3,"no NOT_NULL_VIOLATION",["kept","outer","inner","after"]]"#);
}

#[tokio::test]
async fn a_transaction_is_used_by_nobody_after_its_end_and_not_beside_one_nested_in_it() {
    let world = World::new().await;
    let mut told = Vec::new();
    for code in [
        "let kept; await db.transaction(async (tx) => { kept = tx; }); await kept.users.count()",
        "await db.transaction(async (tx) => { await tx.transaction(async () => { await tx.users.count(); }); })",
        "await db.transaction(async (tx) => { try { await tx.query('SELECT 1 / 0'); } catch {} await tx.users.count(); })",
        "await db.transaction(async (tx) => { try { await tx.query('SELECT 1 / 0'); } catch {} })",
        "await db.transaction(async (tx) => { await tx.query('COMMIT'); })",
        "await db.transaction()",
    ] {
        told.push(world.error(code).await);
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn what_a_task_leaves_open_is_rolled_back() {
    let world = World::new().await;
    // Not awaited: the task ends before.
    let code = "await new Promise((done) => { db.transaction(async (tx) => { await tx.users.update(1, { name: 'open' }); done(); await new Promise(() => {}); }); }); return 1";
    assert_eq!(world.run(code).await.expect("an answer"), Data::Number(1.0));
    // It would wait for the row's lock.
    assert_eq!(
        world.json("return (await db.users.update(1, { age: 5 })).name").await,
        r#""acme one""#
    );
    // Cancelled: the future is dropped.
    let isolate = world.isolate("await db.transaction(async (tx) => { await tx.users.update(1, { name: 'open' }); await new Promise(() => {}); })").await;
    let running = world.start(&isolate, Data::Undefined);
    assert!(tokio::time::timeout(Duration::from_millis(300), running).await.is_err());
    assert_eq!(
        world.json("return (await db.users.update(1, { age: 6 })).name").await,
        r#""acme one""#
    );
}

#[tokio::test]
async fn a_transaction_that_is_open_for_too_long_is_rolled_back() {
    let world = World::with(|config| config.transaction_timeout = Duration::from_millis(200)).await;
    let isolate = world.isolate("await db.transaction(async (tx) => { await tx.users.update(1, { name: 'open' }); await new Promise(() => {}); })").await;
    let task = world.acme().task();
    let running =
        tokio::spawn(async move { isolate.run("run", vec![Data::Undefined], task).await });
    assert_eq!(world.json("let row; do { row = await db.users.findById(1) } while (false); return (await db.users.update(1, { age: 6 })).name").await, r#""acme one""#);
    running.abort();
}
