use super::{Functions, read};

fn functions() -> Functions {
    let known = [
        "lower",
        "now",
        "count",
        "set_config",
        "current_setting",
        "query_to_xml",
        "nextval",
        "extract",
        "like",
    ];
    Functions::new(known.map(Into::into), [])
}

#[test]
fn statements_of_rows_are_allowed() {
    for sql in [
        "SELECT u.id, lower(u.name) FROM users AS u WHERE u.id IN (1, 2) AND u.name LIKE ('a%');",
        "(SELECT 1) UNION (SELECT 2)",
        "WITH a (x) AS (SELECT 1) INSERT INTO t (x) SELECT x FROM a RETURNING *",
        "UPDATE t SET x = my_function(x) WHERE extract(year FROM t.at) = $1",
        "SELECT \"user\", t.\"into\" FROM t -- SELECT INTO",
        "TABLE t",
        "VALUES (1), (2)",
    ] {
        assert!(read(sql, &functions()).is_ok(), "{sql}: {:?}", read(sql, &functions()));
    }
}

#[test]
fn a_refusal_says_what_and_where() {
    let refused = read("SELECT 1,\n  set_config('role', 'x', true)", &functions()).unwrap_err();
    insta::assert_snapshot!(refused, @"the statement is refused: the function set_config, which is not one that tenants may call (line 2, column 3)");
    let refused = read("SET ROLE x", &functions()).unwrap_err();
    insta::assert_snapshot!(refused, @"the statement is refused: SET: only SELECT, INSERT, UPDATE, DELETE, MERGE, WITH, VALUES and TABLE are allowed (line 1, column 1)");
}

#[test]
fn names_before_periods_are_to_be_looked_at() {
    let reading = read(
        "SELECT u.id, \"X y\".z, (a).b.c FROM tenant_b.users u, U&\"tenant\\005fc\".t",
        &functions(),
    );
    let found: Vec<String> = reading.unwrap().qualifiers.into_iter().collect();
    assert_eq!(found, ["X y", "tenant_b", "tenant_c", "u"]);
}
