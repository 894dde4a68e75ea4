use tenantry_web::{ApiError, FieldError};

/// Looks at the fields of a request, and remembers what is wrong with each.
#[derive(Default)]
pub(crate) struct Fields(Vec<FieldError>);

impl Fields {
    /// Text that has to be there, of `max` characters at most.
    pub(crate) fn text(self, field: &'static str, value: &str, max: usize) -> Self {
        let blank = value.trim().is_empty();
        self.fails_if(blank, field, "is missing or blank").note(field, value, max)
    }

    /// Text that may be left out.
    pub(crate) fn note(self, field: &'static str, value: &str, max: usize) -> Self {
        let too_long = value.chars().nth(max).is_some();
        self.fails_if(too_long, field, format!("is longer than {max} characters"))
            .fails_if(value.contains('\0'), field, "holds a NUL character")
    }

    /// Something like an address: one `@`, a domain with a dot, no spaces.
    pub(crate) fn email(self, field: &'static str, value: &str) -> Self {
        let dotted = |domain: &str| domain.contains('.') && !domain.split('.').any(str::is_empty);
        let fits = value.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && dotted(domain) && !domain.contains('@')
        }) && !value.chars().any(|c| c.is_whitespace() || c.is_control());
        self.fails_if(!fits, field, "is not an email address").note(field, value, 255)
    }

    pub(crate) fn done(self) -> Result<(), ApiError> {
        if self.0.is_empty() { Ok(()) } else { Err(ApiError::validation(self.0)) }
    }

    fn fails_if(
        mut self,
        fails: bool,
        field: &'static str,
        message: impl Into<std::borrow::Cow<'static, str>>,
    ) -> Self {
        if fails {
            self.0.push(FieldError::new(field, message));
        }
        self
    }
}
