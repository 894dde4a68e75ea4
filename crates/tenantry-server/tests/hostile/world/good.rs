//! The good tenant, and who watches that it is served.

use std::{net::SocketAddr, time::Duration};

use tokio::{sync::oneshot, task::JoinHandle};

use super::Client;

pub(super) const FILES: &[(&str, &str)] = &[
    ("config.json", r#"{"secret":"the-good-ones-config"}"#),
    (".env", "SECRET=the-good-ones-environment\n"),
    (
        "services/Vault.mjs",
        r#"globalThis.treasure = "the-good-ones-global";
export const loaded = [].concat([1], [2]).map(String).join();
export default class Vault {
  constructor(db, config) { this.config = config; this.opened = 0; }
  open() { this.opened += 1; return { secret: "the-good-ones-service", loaded }; }
}
"#,
    ),
    (
        "routes/index.mjs",
        r#"export default async function (fastify) {
  fastify.get("/", {
    schema: { querystring: { type: "object", properties: { n: { type: "integer" } } } },
  }, async (request, reply) => {
    reply.header("x-good", "yes");
    const { secret, loaded } = request.tenant.getService("Vault").open();
    const clean = Object.keys(Object.prototype).length === 0 && typeof globalThis.evil === "undefined";
    const parsed = JSON.parse('{"a":[1,2,{"b":null}]}');
    return {
      tenant: request.tenantId, n: request.query.n, clean, secret: secret.length, loaded,
      parsed: JSON.stringify(parsed), environment: Object.keys(process.env),
    };
  });
}
"#,
    ),
];

/// Asks the good tenant again and again.
pub(super) struct Watch {
    end: oneshot::Sender<()>,
    watching: JoinHandle<u32>,
    client: Client,
}

impl Watch {
    /// Begins once the good tenant has answered once.
    pub(super) async fn begin(address: SocketAddr) -> Self {
        let client = Client::new(address);
        check(client, 0).await;
        let (end, mut ended) = oneshot::channel();
        let watching = tokio::spawn(async move {
            for asked in 1.. {
                check(client, asked).await;
                let pause = tokio::time::sleep(Duration::from_millis(10));
                tokio::select! {
                    () = pause => {}
                    _ = &mut ended => return asked,
                }
            }
            0
        });
        Self { end, watching, client }
    }

    pub(super) async fn end(self) {
        let _ = self.end.send(());
        let asked = self.watching.await.expect("the good tenant was served all the while");
        assert!(asked > 0);
        check(self.client, 1_000_000).await;
    }
}

async fn check(client: Client, n: u32) {
    let answer = client.send("GET", &format!("/?n={n}"), &[("x-tenant-id", "good")], "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.headers["x-good"], "yes", "{answer:?}");
    let expected = serde_json::json!({
        "tenant": "good", "n": n, "clean": true, "secret": 21, "loaded": "1,2",
        "parsed": r#"{"a":[1,2,{"b":null}]}"#, "environment": ["SECRET"],
    });
    assert_eq!(answer.json(), expected);
}
