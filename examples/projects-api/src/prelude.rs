//! What every endpoint needs.

pub(crate) use axum::http::StatusCode;
pub(crate) use chrono::NaiveDateTime;
pub(crate) use diesel::prelude::*;
pub(crate) use diesel_async::RunQueryDsl;
pub(crate) use garde::Validate;
pub(crate) use serde::{Deserialize, Serialize};
pub(crate) use tenantry::violated;
pub(crate) use tenantry_web::{ApiError, FieldError, Json, Page, Path, TenantDb, Valid};
pub(crate) use uuid::Uuid;

pub(crate) use crate::rules::{Result, filled, iso, not_found, text};
