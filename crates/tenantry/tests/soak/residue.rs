//! What tenants' code leaves behind on purpose.

use diesel_async::SimpleAsyncConnection;
use tenantry::{Error, Result, TenantDb};

use crate::{probe::mark, typed};

/// What is left, by name, and the SQL that leaves it: `{id}` is the tenant's name, `{n}` its number,
/// `{mark}` the mark of its rows.
pub(crate) const RESIDUE: [(&str, &str); 22] = [
    ("set_config in a SELECT", "SELECT set_config('app.who', '{id}', false)"),
    ("set_config in a function", "SELECT by_function()"),
    ("set_config in a trigger", "INSERT INTO whose (name) VALUES ('{mark}/trigger')"),
    ("SET", "SET work_mem = {work_mem}"),
    ("SET after COMMIT", "COMMIT; SET work_mem = {work_mem}"),
    ("SET search_path", "SET search_path = tenant_{id}"),
    ("SET search_path after COMMIT", "COMMIT; SET search_path = tenant_{id}"),
    ("SET ROLE", "SET ROLE pg_read_all_data"),
    ("SET ROLE after COMMIT", "COMMIT; SET ROLE pg_read_all_data"),
    ("SET SESSION AUTHORIZATION", "COMMIT; SET SESSION AUTHORIZATION pg_monitor"),
    ("read only", "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"),
    (
        "temporary tables",
        "CREATE TEMP TABLE whose AS SELECT 'evil' AS name; \
      CREATE TEMP TABLE temp_{id} (id int)",
    ),
    ("a temporary table after COMMIT", "COMMIT; CREATE TEMP TABLE temp_{id} (id int)"),
    ("LISTEN", "LISTEN channel_{id}"),
    ("a notification", "LISTEN channel_{id}; NOTIFY channel_{id}, '{id}'"),
    ("PREPARE", "PREPARE prepared_{id} AS SELECT name FROM whose"),
    ("an advisory lock", "SELECT pg_advisory_lock_shared({n})"),
    ("a cursor WITH HOLD", "DECLARE cursor_{id} CURSOR WITH HOLD FOR SELECT name FROM whose"),
    (
        "an open transaction",
        "COMMIT; BEGIN; SET LOCAL search_path = tenant_{id}; \
      INSERT INTO whose (name) VALUES ('{mark}/open')",
    ),
    ("an open transaction after an error", "COMMIT; BEGIN; SELECT 1/0"),
    ("a chained transaction", "COMMIT AND CHAIN"),
    ("a savepoint", "SAVEPOINT left_open; SET LOCAL app.who = '{id}'"),
];

/// Leaves one kind. Where it is a single statement, by the extended protocol; else as a batch.
pub(crate) async fn leave(db: &mut TenantDb, kind: usize, typed: bool) -> Result<()> {
    let id = db.tenant_id().as_str();
    let number: i32 = id[1..].parse().unwrap();
    let sql = RESIDUE[kind]
        .1
        .replace("{id}", id)
        .replace("{mark}", &mark(db))
        .replace("{n}", &number.to_string())
        .replace("{work_mem}", &(4096 + number).to_string());
    if sql.contains(';') {
        if typed {
            let left = SimpleAsyncConnection::batch_execute(db, &sql).await;
            left.map_err(Error::from)
        } else {
            db.batch_execute(&sql).await
        }
    } else if typed {
        typed::run(db, &sql).await.map_err(Error::from)
    } else {
        db.query(&sql, &[]).await.map(drop)
    }
}
