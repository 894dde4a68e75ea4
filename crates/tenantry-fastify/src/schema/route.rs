//! The `schema` of a route: of parts of its requests, and of its answers.

use std::collections::HashMap;
use std::sync::Arc;

use super::answer::Serializer;
use super::error::{SchemaError, ValidationError};
use super::headers;
use super::validator::{Checked, Validator};
use super::value::Value;

/// A part of a request that may have a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `request.params`.
    Params,
    /// `request.body`.
    Body,
    /// `request.query`.
    Querystring,
    /// `request.headers`.
    Headers,
}

impl Part {
    /// All parts, in the order Fastify checks them.
    pub const ALL: [Part; 4] = [Part::Params, Part::Body, Part::Querystring, Part::Headers];

    /// Its name in a route's schema and in errors.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Part::Params => "params",
            Part::Body => "body",
            Part::Querystring => "querystring",
            Part::Headers => "headers",
        }
    }

    /// The part of a name; `query` is `querystring`.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Part> {
        match name {
            "query" => Some(Part::Querystring),
            name => Part::ALL.into_iter().find(|part| part.name() == name),
        }
    }
}

/// What a route's `schema` was compiled to.
#[derive(Clone, Debug, Default)]
pub struct RouteSchema {
    params: Option<Validator>,
    query: Option<Validator>,
    headers: Option<Validator>,
    body: Body,
    /// By status in lower case: `200`, `2xx`, `default`.
    answers: HashMap<String, Answer>,
}

#[derive(Clone, Debug)]
enum Answer {
    Any(Serializer),
    /// By content type.
    Content(HashMap<String, Serializer>),
}

#[derive(Clone, Debug, Default)]
enum Body {
    #[default]
    None,
    Any(Validator),
    /// By content type.
    Content(Vec<(String, Validator)>),
}

impl RouteSchema {
    pub(crate) fn compile(
        method: &str,
        url: &str,
        schema: &Value,
        others: &[Arc<Value>],
    ) -> Result<RouteSchema, SchemaError> {
        let build = |schema: &Value| {
            Validator::compile(&Arc::new(schema.clone()), others)
                .map_err(|reason| SchemaError::validation(method, url, &reason))
        };
        let (query, querystring) = (schema.get("query"), schema.get("querystring"));
        if query.is_some() && querystring.is_some() {
            return Err(SchemaError::duplicate("querystring"));
        }
        let body = match schema.get("body") {
            None => Body::None,
            Some(body) => match body.get("content").and_then(Value::as_object) {
                None => Body::Any(build(body)?),
                Some(content) => {
                    let mut kinds = Vec::with_capacity(content.len());
                    for (kind, entry) in content {
                        let schema = entry
                            .get("schema")
                            .ok_or_else(|| SchemaError::content_missing(kind))?;
                        kinds.push((kind.clone(), build(schema)?));
                    }
                    Body::Content(kinds)
                }
            },
        };
        let answer = |schema: &Value| {
            Serializer::compile(&Arc::new(schema.clone()), others)
                .map_err(|reason| SchemaError::serialization(method, url, &reason))
        };
        let mut answers = HashMap::new();
        for (status, schema) in
            schema.get("response").and_then(Value::as_object).into_iter().flatten()
        {
            let status = status.to_lowercase();
            if !is_status(&status) {
                return Err(SchemaError::not_a_status());
            }
            let compiled = match schema.get("content").and_then(Value::as_object) {
                None => Answer::Any(answer(schema)?),
                Some(content) => {
                    let mut kinds = HashMap::with_capacity(content.len());
                    for (kind, entry) in content {
                        let schema = entry
                            .get("schema")
                            .ok_or_else(|| SchemaError::content_missing(kind))?;
                        kinds.insert(kind.to_lowercase(), answer(schema)?);
                    }
                    Answer::Content(kinds)
                }
            };
            answers.insert(status, compiled);
        }
        let lower = schema.get("headers").map(headers::lower_case);
        Ok(RouteSchema {
            headers: lower.as_ref().map(build).transpose()?,
            body,
            answers,
            query: querystring.or(query).map(build).transpose()?,
            params: schema.get("params").map(build).transpose()?,
        })
    }

    /// Whether a part has a schema.
    #[must_use]
    pub fn has(&self, part: Part) -> bool {
        match part {
            Part::Body => !matches!(self.body, Body::None),
            Part::Params => self.params.is_some(),
            Part::Querystring => self.query.is_some(),
            Part::Headers => self.headers.is_some(),
        }
    }

    /// Whether any answer has a schema.
    #[must_use]
    pub fn has_answers(&self) -> bool {
        !self.answers.is_empty()
    }

    /// The schema of an answer: of its status, of its class of statuses (`2xx`), or `default`. The content type, with or
    /// without parameters, matters to answers with a schema for each.
    #[must_use]
    pub fn serializer(&self, status: u16, content_type: &str) -> Option<&Serializer> {
        let answer = self
            .answers
            .get(&status.to_string())
            .or_else(|| self.answers.get(&format!("{}xx", status / 100)))
            .or_else(|| self.answers.get("default"))?;
        match answer {
            Answer::Any(serializer) => Some(serializer),
            Answer::Content(kinds) => {
                let kind = content_type.split(';').next().unwrap_or_default().trim().to_lowercase();
                kinds.get(&kind).or_else(|| kinds.get("*/*"))
            }
        }
    }

    /// Checks a part of a request, as JSON text. The media type matters to bodies with a schema for each; a part
    /// without a schema fits.
    ///
    /// # Errors
    ///
    /// A [`ValidationError`], to be answered with 400.
    pub fn check(
        &self,
        part: Part,
        text: &str,
        media_type: &str,
    ) -> Result<Checked, ValidationError> {
        let validator = match part {
            Part::Params => self.params.as_ref(),
            Part::Querystring => self.query.as_ref(),
            Part::Headers => self.headers.as_ref(),
            Part::Body => match &self.body {
                Body::None => None,
                Body::Any(validator) => Some(validator),
                Body::Content(kinds) => kinds
                    .iter()
                    .find(|(kind, _)| kind.eq_ignore_ascii_case(media_type))
                    .map(|(_, validator)| validator),
            },
        };
        validator.map_or(Ok(Checked::Unchanged), |validator| validator.check(part.name(), text))
    }
}

/// `default`, a status, or a class of them.
fn is_status(name: &str) -> bool {
    let rest = name.strip_prefix(['1', '2', '3', '4', '5']);
    name == "default"
        || rest.is_some_and(|rest| {
            rest == "xx" || (rest.len() == 2 && rest.bytes().all(|byte| byte.is_ascii_digit()))
        })
}
