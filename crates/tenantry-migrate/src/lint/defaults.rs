use tenantry_sql::TokenKind;

use super::cursor::Cursor;

/// Functions that give another value for each row.
const VOLATILE: [&str; 12] = [
    "clock_timestamp",
    "gen_random_bytes",
    "gen_random_uuid",
    "nextval",
    "random",
    "random_normal",
    "timeofday",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "uuidv4",
    "uuidv7",
];

/// Functions that give one value in a statement, and words that stand before a parenthesis.
const STABLE: [&str; 30] = [
    "now",
    "transaction_timestamp",
    "statement_timestamp",
    "current_setting",
    "date_trunc",
    "to_timestamp",
    "make_interval",
    "make_date",
    "lower",
    "upper",
    "coalesce",
    "nullif",
    "greatest",
    "least",
    "md5",
    "sha256",
    "concat",
    "format",
    "repeat",
    "jsonb_build_object",
    "jsonb_build_array",
    "json_build_object",
    "json_build_array",
    "to_jsonb",
    "to_json",
    "array",
    "cast",
    "extract",
    "interval",
    "round",
];

/// Whether each row gets a value of its own from a default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Volatility {
    /// No: the value is worked out once.
    Once,
    /// Yes.
    EachRow,
    /// It calls a function that nothing is known of.
    Unknown,
}

/// Looks at the expression of a default, up to what follows it.
pub(super) fn volatility(cursor: &mut Cursor<'_>) -> Volatility {
    let mut volatility = Volatility::Once;
    let mut name: Option<String> = None;
    let (mut depth, mut is_first) = (0_usize, true);
    while let Some(token) = cursor.peek() {
        let text = cursor.text_of(token);
        if depth == 0 && !is_first && ends_expression(cursor) {
            break;
        }
        match (text, name.take()) {
            ("(", Some(name)) if VOLATILE.contains(&&*name) => volatility = Volatility::EachRow,
            ("(", Some(name)) if !STABLE.contains(&&*name) && volatility == Volatility::Once => {
                volatility = Volatility::Unknown;
            }
            // A type's name, as in ::numeric(10, 2), is no function.
            ("::", _) => {
                cursor.next();
                while cursor.peek().is_some_and(|token| token.kind.is_name())
                    && !ends_expression(cursor)
                {
                    cursor.next();
                }
                cursor.parenthesised();
                is_first = false;
                continue;
            }
            _ => {}
        }
        match text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if matches!(token.kind, TokenKind::Word | TokenKind::QuotedName) => {
                name = Some(text.trim_matches('"').to_ascii_lowercase());
            }
            _ => {}
        }
        cursor.next();
        is_first = false;
    }
    volatility
}

/// Whether another part of a column's definition comes next.
fn ends_expression(cursor: &Cursor<'_>) -> bool {
    const NEXT: [&str; 10] = [
        "not",
        "null",
        "primary",
        "unique",
        "references",
        "check",
        "constraint",
        "generated",
        "collate",
        "default",
    ];
    NEXT.iter().any(|word| cursor.sees(&[word]))
}
