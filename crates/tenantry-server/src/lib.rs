//! The multi-tenant application server.
