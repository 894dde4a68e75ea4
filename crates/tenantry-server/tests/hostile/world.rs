//! A server with a good tenant and an evil one.

mod client;
mod good;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;
use tenantry::Config;
use tenantry_server::{LogLine, MultiTenantServer, MultiTenantServerBuilder, TenantStats};

pub(crate) use self::client::{Answer, Client};
use self::good::Watch;

/// How long anything may take that is not waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct World {
    pub(crate) server: MultiTenantServer,
    pub(crate) client: Client,
    folder: TempDir,
    watch: Watch,
    /// Requests to the evil tenant, and those answered with 500 or more.
    sent: u64,
    failed: u64,
}

impl World {
    /// An evil tenant of these files.
    pub(crate) async fn of(files: &[(&str, &str)]) -> Self {
        Self::with(files, |_| (), |builder| builder).await
    }

    /// One whose only route runs this.
    pub(crate) async fn handler(code: &str) -> Self {
        Self::of(&[("routes/index.mjs", &handler(code))]).await
    }

    /// `prepare` may put more into the folder that has `tenants` in it, before the server starts.
    pub(crate) async fn with(
        files: &[(&str, &str)],
        prepare: impl FnOnce(&Path),
        settings: impl FnOnce(MultiTenantServerBuilder) -> MultiTenantServerBuilder,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        write(&folder.path().join("tenants/good"), good::FILES);
        write(&folder.path().join("tenants/evil"), files);
        prepare(folder.path());
        let builder = MultiTenantServer::builder()
            .config(Config::builder())
            .set("server.port", 0)
            .set("tenants.dir", folder.path().join("tenants"))
            .set("plugins.dir", folder.path().join("plugins"))
            .set("limits.cpu", "300ms")
            .set("limits.wall", "2s")
            .set("limits.load", "3s")
            .set("limits.memory", "16MB")
            .set("admin.token", "token-of-the-operators");
        let server = settings(builder).build().unwrap();
        let running = server.start().await.unwrap();
        let address = running.local_addr();
        let watch = Watch::begin(address).await;
        let client = Client::new(address);
        Self { server, client, folder, watch, sent: 0, failed: 0 }
    }

    /// The evil tenant's folder.
    pub(crate) fn evil(&self) -> PathBuf {
        self.folder.path().join("tenants/evil")
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    /// As the evil tenant.
    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut all = vec![("x-tenant-id", "evil")];
        all.extend_from_slice(headers);
        let answer = self.client.send(method, path, &all, body).await;
        self.count(&answer);
        answer
    }

    /// Counts what was sent by other means.
    pub(crate) fn count(&mut self, answer: &Answer) {
        self.sent += 1;
        self.failed += u64::from(answer.status >= 500);
    }

    pub(crate) fn count_status(&mut self, status: u16) {
        self.sent += 1;
        self.failed += u64::from(status >= 500);
    }

    /// Takes the server's own count, where it cannot be known from here which requests it took for
    /// ones.
    pub(crate) fn synchronise(&mut self) {
        let stats = self.stats();
        (self.sent, self.failed) = (stats.requests, stats.errors);
    }

    /// The status, where the answer may be none that a client accepts.
    pub(crate) async fn send_lenient(&mut self, method: &str, path: &str) -> Option<u16> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nx-tenant-id: evil\r\nconnection: close\r\n\r\n"
        );
        let answer = self.client.raw(head.as_bytes()).await;
        self.synchronise();
        answer.get(9..12).and_then(|status| status.parse().ok())
    }

    /// Asks the handler what it got: nothing.
    #[track_caller]
    pub(crate) fn nothing(answer: &Answer) {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["got"], serde_json::json!([]), "{answer:?}");
    }

    pub(crate) fn stats(&self) -> TenantStats {
        let stats = self.server.tenant_stats();
        stats.tenants.into_iter().find(|tenant| tenant.id == "evil").unwrap()
    }

    pub(crate) async fn log(&self) -> Vec<LogLine> {
        self.server.tenant_log("evil").await.unwrap()
    }

    /// Waits for a line of the evil tenant's log with that text in it.
    pub(crate) async fn logged(&self, text: &str) -> LogLine {
        let found = async {
            loop {
                let lines = self.log().await;
                let has = |line: &LogLine| {
                    line.message.contains(text)
                        || line
                            .fields
                            .as_ref()
                            .is_some_and(|fields| fields.to_string().contains(text))
                };
                match lines.into_iter().find(has) {
                    Some(line) => return line,
                    None => tokio::time::sleep(Duration::from_millis(5)).await,
                }
            }
        };
        match tokio::time::timeout(Duration::from_secs(5), found).await {
            Ok(line) => line,
            Err(_) => panic!("no {text:?} in {:?}", self.log().await),
        }
    }

    /// That what was asked for was counted, and logged, as something that leads out.
    pub(crate) async fn was_refused(&self) {
        self.logged("refused: ").await;
        assert!(self.stats().refusals > 0);
    }

    /// Waits for an error in the evil tenant's log.
    pub(crate) async fn logged_error(&self) {
        let found = async {
            while !self.log().await.iter().any(|line| line.level == "error") {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(5), found).await;
        assert!(found.is_ok(), "nothing was logged");
    }

    /// That the good tenant was served all the while and is served now, that its own log says nothing
    /// of this, and that what the evil one was asked is counted.
    pub(crate) async fn finish(self) {
        self.watch.end().await;
        let stats = self.server.tenant_stats();
        let find = |id: &str| stats.tenants.iter().find(|tenant| tenant.id == id).unwrap();
        let (good, evil) = (find("good"), find("evil"));
        assert_eq!(good.errors, 0, "{good:?}");
        assert!(good.active && good.error.is_none() && good.broken.is_empty(), "{good:?}");
        assert_eq!((evil.requests, evil.errors), (self.sent, self.failed), "{evil:?}");
        let foreign = self.server.tenant_log("good").await.unwrap();
        assert!(foreign.is_empty(), "{foreign:?}");
        let stopped = tokio::time::timeout(PATIENCE, self.server.stop()).await;
        assert!(stopped.is_ok(), "the server did not stop");
    }
}

/// A plugin with one route that runs this.
///
/// In it, `attempt(name, function)` notes among `got` what a function gives.
pub(crate) fn handler(code: &str) -> String {
    format!(
        r#"export default async function (fastify) {{
  fastify.all("/", async (request, reply) => {{
    const got = [];
    const attempt = async (name, run) => {{
      try {{
        const value = await run();
        if (value !== undefined) got.push(`${{name}}: ${{String(value).slice(0, 200)}}`);
      }} catch {{}}
    }};
{code}
    return {{ got }};
  }});
}}
"#
    )
}

pub(crate) fn write(root: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Its error's code.
    pub(crate) fn code(&self) -> String {
        let json = self.json();
        let code = json["error"]["code"].as_str().or(json["code"].as_str());
        code.unwrap_or_default().to_owned()
    }
}
