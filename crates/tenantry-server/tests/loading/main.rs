//! Where tenants and plugins come from: folders, an S3-speaking server, HTTP.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(feature = "object-store")]

mod archive;
mod cache;
mod clouds;
mod folders;
mod http;
mod s3;
mod s3_server;
mod servers;
mod tenants;
mod web_server;
