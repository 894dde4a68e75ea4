//! Logs: forged lines, other tenants' names, floods.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use tracing_subscriber::fmt::MakeWriter;

use crate::world::World;

/// What the whole server logs.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Written {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_line_cannot_be_forged() {
    let written = Written::default();
    let subscriber =
        tracing_subscriber::fmt().with_writer(written.clone()).with_ansi(false).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let mut world = World::handler(
        r#"const forged = "fine\n2026-11-21T00:00:00Z ERROR tenantry_server::tenant: tenant=\"good\" forged-line\r\nforged-line \u001b[31mred\u0007";
    console.log(forged);
    console.error(forged, { a: forged });
    request.log.info({ [forged]: forged, tenant: "good", requestId: "forged-id" }, forged);
    request.log.error(new Error(forged));
    request.log.child({ tenant: "good" }).warn(forged);
    throw new Error(forged);"#,
    )
    .await;
    let answer = world.get("/?x=%0d%0aforged-line").await;
    assert_eq!(answer.status, 500);
    let lines = world.log().await;
    assert!(lines.len() >= 4, "{lines:?}");
    world.finish().await;
    let text = String::from_utf8_lossy(&written.0.lock().unwrap()).into_owned();
    assert!(text.contains("forged-line"), "it was logged");
    for line in text.lines() {
        assert!(!line.starts_with("forged-line"), "{line}");
        assert!(!line.contains('\u{1b}') && !line.contains('\u{7}'), "{line:?}");
        if line.starts_with("2026-11-21T00:00:00Z") {
            panic!("{line}");
        }
    }
}

#[tokio::test]
async fn lines_are_under_the_name_of_who_wrote_them() {
    let mut world = World::handler(
        r#"request.log.info({ tenant: "good", tenantId: "good" }, "it is mine");
    console.log("and mine");"#,
    )
    .await;
    World::nothing(&world.get("/").await);
    world.logged("it is mine").await;
    world.logged("and mine").await;
    // And `finish` sees that the good tenant's log has none of it.
    world.finish().await;
}

#[tokio::test]
async fn a_flood_of_lines_is_bounded() {
    let mut world = World::handler(
        r#"const long = "x".repeat(1 << 20);
    for (let n = 0; n < 20; n += 1) request.log.info({ long }, long);
    for (let n = 0; n < 5000; n += 1) console.log(n);"#,
    )
    .await;
    let answer = world.get("/").await;
    assert!(answer.status == 200 || answer.status >= 500, "{answer:?}");
    let lines = world.log().await;
    assert!(lines.len() <= 200, "{}", lines.len());
    let longest = lines.iter().map(|line| serde_json::to_string(line).unwrap().len()).max();
    assert!(longest.unwrap() < 64 << 10, "{longest:?}");
    world.finish().await;
}

#[tokio::test]
async fn what_is_logged_may_be_a_trap() {
    let mut world = World::handler(
        r#"for (const it of [
      new Proxy({}, { get() { throw 1; }, ownKeys() { throw 1; } }), { toJSON() { throw 1; } }, { get a() { throw 1; } },
      (() => { const it = {}; it.it = it; return it; })(), Symbol("x"), 1n, null, undefined, { toString() { throw 1; } },
      Object.create(null), new Map([[1, 2]]), () => {}, "%s %d %j %o %", "\ud800",
    ]) {
      try { console.log(it); } catch { got.push("console threw"); }
      try { console.error("%s %o", it, it); } catch { got.push("console threw"); }
      // As pino's, this may throw what a trap throws.
      try { request.log.info(it, "message"); } catch {}
      try { request.log.error(it); } catch {}
      try { request.log.child(Object(it)).info("x"); } catch {}
    }"#,
    )
    .await;
    World::nothing(&world.get("/").await);
    world.finish().await;
}

#[tokio::test]
async fn what_json_cannot_write_is_in_the_log_all_the_same() {
    let mut world = World::handler(
        r#"const it = { count: 1n, error: new Error("went wrong"), when: new Date(0) };
    it.self = it;
    request.log.info(it, "all of it");"#,
    )
    .await;
    World::nothing(&world.get("/").await);
    let lines = serde_json::to_string(&world.log().await).unwrap();
    for part in [r#""count":"1""#, "went wrong", "[Circular]", "1970-01-01T00:00:00.000Z"] {
        assert!(lines.contains(part), "{part} is not in {lines}");
    }
    world.finish().await;
}
