//! JavaScript in isolates.
