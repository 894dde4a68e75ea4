use super::cursor::Cursor;

/// The type of a column, as far as changing it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Type {
    name: String,
    /// `(10, 2)`
    modifiers: Vec<u32>,
    is_array: bool,
}

/// Names of one type.
const SAME: [(&str, &str); 12] = [
    ("character varying", "varchar"),
    ("int4", "integer"),
    ("int", "integer"),
    ("int8", "bigint"),
    ("int2", "smallint"),
    ("decimal", "numeric"),
    ("bool", "boolean"),
    ("bit varying", "varbit"),
    ("float8", "double precision"),
    ("float4", "real"),
    ("timestamp with time zone", "timestamptz"),
    ("time with time zone", "timetz"),
];

/// What ends a type in the definition of a column.
const AFTER: [&str; 16] = [
    "not",
    "null",
    "default",
    "primary",
    "unique",
    "references",
    "check",
    "constraint",
    "generated",
    "collate",
    "using",
    "deferrable",
    "initially",
    "storage",
    "compression",
    "cascade",
];

impl Type {
    /// Reads a type, up to what follows it.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        let mut words: Vec<String> = Vec::new();
        let (mut modifiers, mut is_array) = (Vec::new(), false);
        while let Some(token) = cursor.peek() {
            let text = cursor.text_of(token);
            if AFTER.iter().any(|word| {
                token.kind == tenantry_sql::TokenKind::Word && text.eq_ignore_ascii_case(word)
            }) {
                break;
            }
            if let Some(inside) = cursor.parenthesised() {
                modifiers = inside.rest().filter_map(|(_, text)| text.parse().ok()).collect();
                continue;
            }
            match text {
                "[" => is_array = true,
                "." => words.push(".".to_owned()),
                _ if token.kind.is_name() || token.kind == tenantry_sql::TokenKind::Placeholder => {
                    words.push(text.to_ascii_lowercase());
                }
                _ => {}
            }
            cursor.next();
        }
        let name = words.join(" ").replace(" . ", ".");
        let name = name.strip_prefix("pg_catalog.").unwrap_or(&name);
        let name = name.strip_suffix(" without time zone").unwrap_or(name);
        let same = SAME.iter().find(|(other, _)| *other == name);
        let name = same.map_or(name, |(_, name)| *name).to_owned();
        (!name.is_empty()).then_some(Self { name, modifiers, is_array })
    }

    /// Whether it makes its values by itself, from a sequence.
    pub(super) fn is_serial(&self) -> bool {
        matches!(
            &*self.name,
            "serial" | "bigserial" | "smallserial" | "serial2" | "serial4" | "serial8"
        )
    }

    /// Whether its numbers have four bytes, or two.
    pub(super) fn is_short_integer(&self) -> bool {
        matches!(
            &*self.name,
            "integer" | "smallint" | "serial" | "serial4" | "smallserial" | "serial2"
        )
    }

    /// Whether PostgreSQL leaves the table as it is when a column of this type becomes one of another.
    pub(super) fn changes_freely_to(&self, new: &Self) -> bool {
        if self.is_array || new.is_array {
            return self == new;
        }
        let wider = || match (&*self.modifiers, &*new.modifiers) {
            (_, []) => true,
            ([old], [new]) => new >= old,
            ([old, scale], [new, new_scale]) => scale == new_scale && new >= old,
            _ => false,
        };
        match (&*self.name, &*new.name) {
            ("varchar" | "text", "text") | ("cidr", "inet") => true,
            ("text", "varchar") => new.modifiers.is_empty(),
            (
                old @ ("varchar" | "numeric" | "varbit" | "timestamp" | "timestamptz" | "time"
                | "timetz"),
                same,
            ) if old == same => wider(),
            _ => self == new,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Type {
        let sql = format!("ALTER {text} NOT NULL");
        let statement = tenantry_sql::statements(&sql).next().unwrap();
        let mut cursor = Cursor::of(&sql, &statement).unwrap();
        cursor.next();
        Type::read(&mut cursor).unwrap()
    }

    #[test]
    fn changes_that_leave_the_table_as_it_is_are_known() {
        for (old, new, is_free) in [
            ("varchar(50)", "varchar(100)", true),
            ("character varying (50)", "varchar(100)", true),
            ("varchar(50)", "VARCHAR", true),
            ("varchar(50)", "text", true),
            ("text", "varchar", true),
            ("numeric(10, 2)", "decimal(12, 2)", true),
            ("numeric(10, 2)", "numeric", true),
            ("cidr", "inet", true),
            ("int", "integer", true),
            ("timestamp(3)", "timestamp without time zone", true),
            ("varchar(50)", "varchar(20)", false),
            ("varchar", "varchar(20)", false),
            ("text", "varchar(20)", false),
            ("numeric(10, 2)", "numeric(12, 3)", false),
            ("numeric", "numeric(10, 2)", false),
            ("int", "bigint", false),
            ("char(5)", "text", false),
            ("timestamp", "timestamptz", false),
            ("text", "text[]", false),
            ("json", "jsonb", false),
            ("a.mood", "text", false),
        ] {
            assert_eq!(read(old).changes_freely_to(&read(new)), is_free, "{old} to {new}");
        }
    }
}
