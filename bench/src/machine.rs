//! What the figures were taken on.

use std::fs;
use std::process::Command;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::cluster::Cluster;
use crate::failure::Result;
use crate::workspace;

/// Facts that go with every table.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) date: DateTime<Utc>,
    pub(crate) cores: usize,
    pub(crate) processor: Option<String>,
    pub(crate) memory_gb: Option<u64>,
    pub(crate) system: String,
    pub(crate) postgresql: String,
    pub(crate) node: Option<String>,
    pub(crate) drizzle_multitenant: Option<String>,
    pub(crate) drizzle_orm: Option<String>,
    pub(crate) fastify: Option<String>,
    pub(crate) pg: Option<String>,
}

impl Machine {
    pub(crate) async fn describe(cluster: &Cluster) -> Result<Self> {
        Ok(Self {
            date: Utc::now(),
            cores: std::thread::available_parallelism()?.get(),
            processor: proc_field("/proc/cpuinfo", "model name"),
            memory_gb: proc_field("/proc/meminfo", "MemTotal").and_then(|total| gigabytes(&total)),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            postgresql: cluster.version().await?,
            node: node_version(),
            drizzle_multitenant: package_version("drizzle-multitenant"),
            drizzle_orm: package_version("drizzle-orm"),
            fastify: package_version("fastify"),
            pg: package_version("pg"),
        })
    }

    /// One paragraph for under a table.
    pub(crate) fn sentence(&self) -> String {
        let mut facts = vec![
            self.date.format("%Y-%m-%d %H:%M UTC").to_string(),
            format!("{} cores", self.cores),
        ];
        facts.extend(self.processor.clone());
        facts.extend(self.memory_gb.map(|size| format!("{size} GB")));
        facts.push(self.system.clone());
        facts.push(format!("PostgreSQL {}", self.postgresql));
        facts.extend(self.node.as_ref().map(|version| format!("Node {version}")));
        let packages = [
            ("drizzle-multitenant", &self.drizzle_multitenant),
            ("drizzle-orm", &self.drizzle_orm),
            ("Fastify", &self.fastify),
            ("pg", &self.pg),
        ];
        for (name, version) in packages {
            facts.extend(version.as_ref().map(|version| format!("{name} {version}")));
        }
        facts.join(", ") + "."
    }
}

/// The first value of `name: value` in a file of the kernel's.
fn proc_field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn gigabytes(total: &str) -> Option<u64> {
    let kilobytes: u64 = total.split_whitespace().next()?.parse().ok()?;
    Some((kilobytes + (1 << 19)) >> 20)
}

fn node_version() -> Option<String> {
    let output = Command::new("node").arg("--version").output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().trim_start_matches('v').to_owned())
}

fn package_version(name: &str) -> Option<String> {
    let path = workspace::bench().join("node/node_modules").join(name).join("package.json");
    let package: serde_json::Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    Some(package.get("version")?.as_str()?.to_owned())
}
