//! Where tenants and plugins come from: folders, an S3-speaking server, HTTP.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(feature = "object-store")]
#![expect(clippy::unwrap_used, reason = "what helps tests fails as they do")]

mod archive;
mod cache;
mod folders;
mod http;
mod s3;
mod s3_server;
mod web_server;
