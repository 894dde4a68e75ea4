//! Connections checked out whole, and given back in whatever state.

use tenantry::{Error, Result, TenantSession};

use crate::{
    probe::{check_rows, everything_left, first_column},
    stage::Stage,
};

/// Leaves everything at once, hears what it says itself, and is dropped.
pub(crate) async fn session(stage: &Stage, number: usize) -> Result<()> {
    let (id, number) = (&stage.ids[number], number + 1);
    let mut session = stage.tenants().session(id).await?;
    let leave = format!(
        "CREATE TEMP TABLE temp_{id} (id int); SET work_mem = {}; \
         SELECT pg_advisory_lock_shared({number}); PREPARE prepared_{id} AS SELECT name FROM whose; \
         DECLARE cursor_{id} CURSOR WITH HOLD FOR SELECT 1; \
         SELECT set_config('app.who', '{id}', false); SELECT by_function(); \
         INSERT INTO whose (name) SELECT name || '/trigger' FROM whose WHERE id = 1; \
         DELETE FROM whose WHERE name LIKE '%/trigger'",
        4096 + number
    );
    session.batch_execute(&leave).await?;
    session.batch_execute(&format!("LISTEN channel_{id}")).await?;
    session.batch_execute(&format!("NOTIFY channel_{id}, '{id}'")).await?;
    hears_only_its_own(&mut session, id.as_str()).await?;
    everything_left(&mut session, id.as_str()).await?;
    let rows = session.query("SELECT name FROM whose", &[]).await?;
    let whose = format!("{id}#");
    for name in first_column(&rows) {
        assert!(name.starts_with(&whose), "{name} in a session of {id}");
    }
    let rows = session.query(&format!("EXECUTE prepared_{id}"), &[]).await?;
    check_rows(first_column(&rows).map(|name| &name[..whose.len()]), &whose);
    Ok(())
}

async fn hears_only_its_own(session: &mut TenantSession, id: &str) -> Result<()> {
    let heard = session.next_notification().await;
    let heard = heard.ok_or_else(|| Error::application("the connection has ended"))?;
    assert_eq!(heard.channel(), format!("channel_{id}"), "a notification for somebody else");
    assert_eq!(heard.payload(), id);
    Ok(())
}
