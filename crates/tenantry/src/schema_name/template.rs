//! How a tenant's schema is named after its id.

use std::{fmt, str::FromStr, sync::Arc};

use super::{
    Identifier, InvalidSchemaName, SchemaName, error::Fault, has_system_prefix,
    identifier::MAX_BYTES,
};
use crate::{TenantId, excerpt::Excerpt};

/// Where the tenant's id goes in a template.
const PLACEHOLDER: &str = "{id}";

/// How a tenant's schema is named after its id: `tenant_{id}` by default.
///
/// Text with exactly one `{id}` in it. Two different ids never give one schema, since the id goes
/// in as it is; and no id gives a schema that isn't a tenant's (`public`, `tenantry`,
/// `information_schema`, `pg_*`, and what [`reserving`](Self::reserving) adds).
///
/// It also works backwards, which is how tenants are discovered from the schemas of a database.
///
/// ```
/// use tenantry::{SchemaTemplate, TenantId};
///
/// let template = SchemaTemplate::parse("tenant_{id}")?;
/// let acme = TenantId::parse("acme")?;
/// assert_eq!(template.schema_for(&acme)?.as_str(), "tenant_acme");
/// assert_eq!(template.tenant_of("tenant_acme"), Some(acme));
/// assert_eq!(template.tenant_of("public"), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SchemaTemplate {
    prefix: Arc<str>,
    suffix: Arc<str>,
    reserved: Arc<[Identifier]>,
}

impl SchemaTemplate {
    /// Checks a template.
    ///
    /// # Errors
    ///
    /// [`InvalidSchemaTemplate`] when there isn't exactly one `{id}`, when there are other braces
    /// or a NUL, when no room for an id is left in PostgreSQL's 63 bytes, or when every schema it
    /// could give is one of PostgreSQL's own.
    pub fn parse(template: &str) -> Result<Self, InvalidSchemaTemplate> {
        let refuse = |fault| InvalidSchemaTemplate { template: Excerpt::of(template), fault };
        let (prefix, suffix) =
            template.split_once(PLACEHOLDER).ok_or_else(|| refuse(TemplateFault::NoId))?;
        let literal = [prefix, suffix];
        if suffix.contains(PLACEHOLDER) {
            return Err(refuse(TemplateFault::SecondId));
        }
        if literal.iter().any(|part| part.contains(['{', '}'])) {
            return Err(refuse(TemplateFault::Brace));
        }
        if literal.iter().any(|part| part.contains('\0')) {
            return Err(refuse(TemplateFault::Nul));
        }
        let bytes = prefix.len() + suffix.len();
        if bytes >= MAX_BYTES {
            return Err(refuse(TemplateFault::TooLong { bytes }));
        }
        if has_system_prefix(prefix) {
            return Err(refuse(TemplateFault::System));
        }
        Ok(Self { prefix: prefix.into(), suffix: suffix.into(), reserved: Arc::new([]) })
    }

    /// The same template, which never gives these schemas.
    ///
    /// A [`Config`](crate::Config) reserves the shared schema and the extension schemas in the
    /// template it holds.
    #[must_use]
    pub fn reserving(mut self, names: impl IntoIterator<Item = Identifier>) -> Self {
        self.reserved = self.reserved.iter().cloned().chain(names).collect();
        self
    }

    /// The name of a tenant's schema.
    ///
    /// # Errors
    ///
    /// [`InvalidSchemaName`] when the name would have more than 63 bytes (the message says how
    /// many), when it is never a tenant's, or when the id is of the
    /// [legacy](crate::Alphabet::Legacy) alphabet.
    pub fn schema_for(&self, id: &TenantId) -> Result<SchemaName, InvalidSchemaName> {
        let name = format!("{}{id}{}", self.prefix, self.suffix);
        let checked = if !id.is_strict() {
            Err(InvalidSchemaName::new(&name, Fault::LegacyId))
        } else if self.is_reserved(&name) {
            Err(InvalidSchemaName::new(&name, Fault::InUse))
        } else {
            SchemaName::parse(&name)
        };
        checked.map_err(|error| error.for_tenant(id))
    }

    /// The tenant whose schema this is: the id for which [`schema_for`](Self::schema_for) gives
    /// exactly this name, or `None` when there is none.
    pub fn tenant_of(&self, schema: &str) -> Option<TenantId> {
        let id = schema.strip_prefix(&*self.prefix)?.strip_suffix(&*self.suffix)?;
        let id = TenantId::parse(id).ok()?;
        self.schema_for(&id).is_ok().then_some(id)
    }

    /// Compared without case, as the other names that are never a tenant's.
    fn is_reserved(&self, name: &str) -> bool {
        self.reserved.iter().any(|reserved| reserved.as_str().eq_ignore_ascii_case(name))
    }
}

impl Default for SchemaTemplate {
    /// `tenant_{id}`.
    fn default() -> Self {
        Self { prefix: "tenant_".into(), suffix: "".into(), reserved: Arc::new([]) }
    }
}

impl fmt::Display for SchemaTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{PLACEHOLDER}{}", self.prefix, self.suffix)
    }
}

impl fmt::Debug for SchemaTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SchemaTemplate({:?})", self.to_string())
    }
}

impl FromStr for SchemaTemplate {
    type Err = InvalidSchemaTemplate;

    fn from_str(template: &str) -> Result<Self, InvalidSchemaTemplate> {
        Self::parse(template)
    }
}

/// A text that is no schema template, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSchemaTemplate {
    template: Excerpt,
    fault: TemplateFault,
}

/// What is wrong with a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TemplateFault {
    NoId,
    SecondId,
    Brace,
    Nul,
    TooLong { bytes: usize },
    System,
}

impl InvalidSchemaTemplate {
    /// Why, without the template itself.
    pub(crate) fn reason(&self) -> String {
        match self.fault {
            TemplateFault::NoId => "it has no {id}, and needs one, as in tenant_{id}".to_owned(),
            TemplateFault::SecondId => "it has {id} more than once".to_owned(),
            TemplateFault::Brace => "it may have no braces but those of {id}".to_owned(),
            TemplateFault::Nul => "it has a NUL".to_owned(),
            TemplateFault::TooLong { bytes } => format!(
                "it has {bytes} bytes without the id, and PostgreSQL allows {MAX_BYTES} with it"
            ),
            TemplateFault::System => "schemas that begin with pg_ are PostgreSQL's own".to_owned(),
        }
    }
}

impl fmt::Display for InvalidSchemaTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid schema template {}: {}", self.template, self.reason())
    }
}

impl std::error::Error for InvalidSchemaTemplate {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Alphabet, schema_name::is_reserved};

    fn id(id: &str) -> TenantId {
        TenantId::parse(id).unwrap()
    }

    #[test]
    fn a_template_is_checked_when_it_is_parsed() {
        let cases = [
            ("tenant_", "it has no {id}, and needs one, as in tenant_{id}"),
            ("", "it has no {id}, and needs one, as in tenant_{id}"),
            ("tenant_{ID}", "it has no {id}, and needs one, as in tenant_{id}"),
            ("{id}_{id}", "it has {id} more than once"),
            ("t{x}_{id}", "it may have no braces but those of {id}"),
            ("{{id}}", "it may have no braces but those of {id}"),
            ("t\0{id}", "it has a NUL"),
            ("PG_{id}", "schemas that begin with pg_ are PostgreSQL's own"),
        ];
        for (template, reason) in cases {
            assert_eq!(
                SchemaTemplate::parse(template).unwrap_err().to_string(),
                format!("invalid schema template {template:?}: {reason}")
            );
        }
        let long = format!("{}{{id}}", "t".repeat(63));
        assert_eq!(
            SchemaTemplate::parse(&long).unwrap_err().reason(),
            "it has 63 bytes without the id, and PostgreSQL allows 63 with it"
        );
        assert!(SchemaTemplate::parse(&long[1..]).is_ok());
    }

    #[test]
    fn a_schema_over_63_bytes_is_refused_and_counted() {
        let template = SchemaTemplate::default();
        assert!(template.schema_for(&id(&"a".repeat(56))).is_ok());
        let error = template.schema_for(&id(&"a".repeat(57))).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "invalid schema name \"tenant_{}\"… for tenant \"{}\": it has 64 bytes, and \
                 PostgreSQL allows 63",
                "a".repeat(33),
                "a".repeat(57)
            )
        );
    }

    #[test]
    fn a_template_never_gives_what_is_not_a_tenants() {
        let bare = SchemaTemplate::parse("{id}").unwrap();
        for name in ["public", "tenantry", "information_schema", "pg_catalog", "pg_1"] {
            assert!(bare.schema_for(&id(name)).is_err(), "{name}");
            assert_eq!(bare.tenant_of(name), None);
        }
        assert!(SchemaTemplate::parse("tenantr{id}").unwrap().schema_for(&id("y")).is_err());
        assert!(SchemaTemplate::parse("p{id}").unwrap().schema_for(&id("g_7")).is_err());

        let reserving = bare.reserving([Identifier::parse("common").unwrap()]);
        assert_eq!(
            reserving.schema_for(&id("common")).unwrap_err().to_string(),
            "invalid schema name \"common\" for tenant \"common\": it is the shared schema or an \
             extension schema, and never a tenant's"
        );
        assert_eq!(reserving.tenant_of("common"), None);
        assert!(reserving.schema_for(&id("commons")).is_ok());
    }

    #[test]
    fn a_legacy_id_has_no_schema_by_template() {
        let legacy = TenantId::parse_with(Alphabet::Legacy, "Acme.1").unwrap();
        let error = SchemaTemplate::default().schema_for(&legacy).unwrap_err();
        assert!(error.to_string().contains("the catalog must name it"), "{error}");
        assert_eq!(error.tenant_id(), Some(&legacy));
        assert_eq!(SchemaTemplate::default().tenant_of("tenant_Acme.1"), None);
    }

    proptest! {
        #[test]
        fn backwards_undoes_forwards(
            tenant in "[a-z0-9]([a-z0-9_-]{0,40}[a-z0-9])?",
            prefix in "[a-z_ \",]{0,10}",
            suffix in "[a-z_]{0,10}",
        ) {
            let template = SchemaTemplate::parse(&format!("{prefix}{{id}}{suffix}"));
            prop_assume!(template.is_ok());
            let template = template.unwrap();
            if let Ok(schema) = template.schema_for(&id(&tenant)) {
                prop_assert!(!is_reserved(schema.as_str()));
                prop_assert_eq!(template.tenant_of(schema.as_str()), Some(id(&tenant)));
            }
        }

        #[test]
        fn whatever_is_found_backwards_gives_the_same_schema(
            schema in "(tenant_|p|t)?[a-zA-Z0-9_\" -]{0,20}",
        ) {
            let template = SchemaTemplate::default();
            if let Some(tenant) = template.tenant_of(&schema) {
                let back = template.schema_for(&tenant).unwrap();
                prop_assert_eq!(back.as_str(), &schema);
            }
        }
    }
}
