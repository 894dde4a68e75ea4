//! What a tenant's isolates may ask of the server.
