use proptest::prelude::*;

use super::*;

/// The tokens that are not blank, each with its kind.
fn read(sql: &str) -> Vec<(TokenKind, &str)> {
    Lexer::new(sql)
        .filter(|token| !token.kind.is_blank())
        .map(|token| (token.kind, token.text(sql)))
        .collect()
}

fn texts(sql: &str) -> Vec<&str> {
    read(sql).into_iter().map(|(_, text)| text).collect()
}

#[test]
fn strings_of_every_kind_end_where_postgresql_ends_them() {
    use TokenKind::*;
    for (sql, kind, text) in [
        ("'it''s' x", String, "'it''s'"),
        (r"'a\' x", String, r"'a\'"),
        (r"E'a\'b' x", EscapeString, r"E'a\'b'"),
        (r"e'\\' x", EscapeString, r"e'\\'"),
        (r"E'a\'''' x", EscapeString, r"E'a\''''"),
        (r"U&'\0441\' x", UnicodeString, r"U&'\0441\'"),
        ("N'a' x", String, "N'a'"),
        ("b'01' x", BitString, "b'01'"),
        ("X'1F' x", BitString, "X'1F'"),
        ("$$a'b$$ x", DollarString, "$$a'b$$"),
        ("$a$ $b$ $$ $a$ x", DollarString, "$a$ $b$ $$ $a$"),
        ("$ключ$;$ключ$ x", DollarString, "$ключ$;$ключ$"),
        (r#""a""b" x"#, QuotedName, r#""a""b""#),
        (r#"U&"\0441" x"#, UnicodeName, r#"U&"\0441""#),
        ("'open ; ", String, "'open ; "),
        ("$a$ open ; $b$", DollarString, "$a$ open ; $b$"),
    ] {
        assert_eq!(read(sql)[0], (kind, text), "{sql}");
    }
}

#[test]
fn a_string_that_goes_on_in_another_line_keeps_its_kind() {
    let kinds = |sql: &str| read(sql).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
    use TokenKind::*;
    assert_eq!(kinds("E'a'\n'b\\'c'"), [EscapeString, EscapeString]);
    assert_eq!(kinds("E'a' -- and\n  -- more\n 'b\\'c'"), [EscapeString, EscapeString]);
    assert_eq!(kinds("E'a' 'b\\' "), [EscapeString, String], "no line has ended");
    assert_eq!(kinds("E'a' /*\n*/ 'b\\' "), [EscapeString, String], "a comment is no line end");
    assert_eq!(kinds("E'a',\n'b\\' "), [EscapeString, Punctuation, String]);
}

#[test]
fn a_dollar_is_a_quote_a_parameter_or_a_part_of_a_name() {
    assert_eq!(texts("$1, a$b$c; $2a$"), ["$1", ",", "a$b$c", ";", "$2", "a$"]);
    assert_eq!(texts("1$$;$$"), ["1", "$$;$$"]);
    assert_eq!(texts("$a b$"), ["$", "a", "b$"]);
    assert_eq!(texts("$1$ x"), ["$1", "$", "x"]);
}

#[test]
fn comments_nest_and_end_with_their_line() {
    assert_eq!(texts("/* a /* b */ ; */ x"), ["x"]);
    assert_eq!(texts("/* a /* b */ x"), [""; 0], "one is still open");
    assert_eq!(texts("-- a\rx"), ["x"], "a carriage return ends a line, too");
    assert_eq!(texts("a/*b*/c--d"), ["a", "c"]);
    assert_eq!(texts("/*/ x */ y"), ["y"]);
}

#[test]
fn operators_end_before_comments_and_signs() {
    assert_eq!(texts("a*/*b*/c"), ["a", "*", "c"]);
    assert_eq!(texts("a<--b\nc"), ["a", "<", "c"]);
    assert_eq!(texts("a=-1"), ["a", "=", "-", "1"]);
    assert_eq!(texts("a@-1"), ["a", "@-", "1"]);
    assert_eq!(texts("a->>'b'"), ["a", "->>", "'b'"]);
    assert_eq!(texts("a#-'{b}'"), ["a", "#-", "'{b}'"]);
}

#[test]
fn numbers_end_where_postgresql_ends_them() {
    assert_eq!(texts("1..10"), ["1", "..", "10"]);
    assert_eq!(texts("1.5e-3+.5"), ["1.5e-3", "+", ".5"]);
    assert_eq!(texts("0x2A 1_000 1e a"), ["0x2A", "1_000", "1", "e", "a"]);
    assert_eq!(texts("a[1:2]::int"), ["a", "[", "1", ":", "2", "]", "::", "int"]);
}

#[test]
fn placeholders_and_what_psql_is_told() {
    assert_eq!(read("{shared}.plans")[0], (TokenKind::Placeholder, "{shared}"));
    assert_eq!(texts("{ a } {1}"), ["{", "a", "}", "{", "1", "}"]);
    assert_eq!(texts("\\connect it's\nSELECT"), ["\\connect it's", "SELECT"]);
}

#[test]
fn names_and_strings_are_read_as_postgresql_reads_them() {
    let name = |sql| Lexer::new(sql).next().unwrap().name(sql).unwrap().into_owned();
    assert_eq!(name("Users"), "users");
    assert_eq!(name("ÄPFEL"), "Äpfel", "only ASCII is folded");
    assert_eq!(name(r#""Us""ers""#), r#"Us"ers"#);
    assert_eq!(name(r#"U&"d\0061t\+000061""#), "data");
    let string = |sql| Lexer::new(sql).next().unwrap().string(sql).unwrap().into_owned();
    assert_eq!(string("'it''s'"), "it's");
    assert_eq!(string(r"E'a\n\x41\101\u0041\''"), "a\nAAA'");
    assert_eq!(string("$a$x$$y$a$"), "x$$y");
    assert_eq!(string("$a$open"), "open");
    assert_eq!(string("$$"), "");
    assert_eq!(string("'"), "");
}

#[test]
fn long_runs_take_no_time() {
    for sql in
        ["+".repeat(200_000), "$".repeat(200_001), "$a".repeat(200_000), "'\n".repeat(200_000)]
    {
        assert_eq!(Lexer::new(&sql).map(|token| token.end - token.start).sum::<usize>(), sql.len());
    }
}

/// Text made of what has a meaning.
pub(crate) fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "'",
        "''",
        "\"",
        "E'",
        "U&'",
        "U&\"",
        "$$",
        "$a$",
        "$1",
        "--",
        "/*",
        "*/",
        "\n",
        "\r",
        " ",
        ";",
        "(",
        ")",
        "\\",
        "\\'",
        "{schema}",
        "{",
        "}",
        "begin",
        " atomic ",
        "end",
        "case",
        "a",
        "é",
        "1.",
        "..",
        "+",
        "-",
        "@",
        ".",
        "create function",
        "copy t from stdin",
        "\n\\.\n",
        ",",
        "::",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn tokens_are_the_whole_text(sql in prop_oneof![pieces(), "\\PC{0,60}"]) {
        let mut at = 0;
        for token in Lexer::new(&sql) {
            prop_assert_eq!(token.start, at);
            prop_assert!(token.end > at);
            at = token.end;
            // Each is a text of its own, and can be asked for what it says.
            let _ = (token.text(&sql), token.name(&sql), token.string(&sql));
        }
        prop_assert_eq!(at, sql.len());
    }
}
