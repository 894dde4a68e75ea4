//! The application interface that tenants write for.
