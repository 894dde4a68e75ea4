use crate::support::World;

#[tokio::test]
async fn values_come_as_they_are_documented() {
    let world = World::new().await;
    let json = world.json("const [row] = await db.query(`SELECT 1::int2 a, 2::int4 b, 9007199254740991::int8 c, 9007199254740992::int8 d, (-9223372036854775808)::int8 e,
        1.10::numeric f, -0.00012345::numeric g, 123456789012345678901234567890::numeric h, 'NaN'::numeric i, 0.1::float4 j, 0.1::float8 k, true l, 'x'::text m, 'ab'::char(3) n,
        '{\"a\":[1,null]}'::jsonb o, '[1]'::json p, '550e8400-e29b-41d4-a716-446655440000'::uuid q, '2024-02-29'::date r, '0044-03-15 BC'::date s, 'infinity'::date t,
        '12:34:56.7'::time u, '12:34:56+05:30'::timetz v, '2024-02-29 12:00:00.123456'::timestamp w, '1 year 2 mons -3 days 04:05:06.789'::interval x, '-00:00:01.5'::interval y,
        '10.0.0.1'::inet z, '10.0.0.0/8'::cidr aa, '2001:db8::1'::inet ab, '08:00:2b:01:02:03'::macaddr ac, B'10101'::bit(5) ad, 'wild'::mood ae, ARRAY[1,NULL,3] af, '{{a,b},{c,d}}'::text[] ag,
        NULL::text ah, '{}'::int[] ai, 10000::numeric aj, 0::numeric(5,2) ak, 'infinity'::timestamptz al`); return row").await;
    insta::assert_snapshot!(json);
    let json = world.json("const [row] = await db.query(`SELECT 'NaN'::float8 a, '-Infinity'::float4 b, '2024-02-29T12:00:00.123456Z'::timestamptz c, '\\\\x00ff'::bytea d, ARRAY['2024-02-29T12:00:00.123456Z'::timestamptz] e`);
        return [Object.is(row.a, NaN), row.b === -Infinity, row.c instanceof Date, row.c.toISOString(), row.c.microseconds, row.d instanceof Uint8Array, [...row.d], row.e[0].microseconds]").await;
    assert_eq!(json, r#"[true,true,true,"2024-02-29T12:00:00.123Z",456,true,[0,255],456]"#);
}

#[tokio::test]
async fn what_is_read_can_be_written_back() {
    let world = World::new().await;
    world.sql("CREATE TABLE tenant_acme.kinds (id int PRIMARY KEY, big int8, num numeric, at timestamptz, plain timestamp, day date, clock time, span interval, doc jsonb, docs json[],
        bin bytea, bins bytea[], uid uuid, flag bool, f8 float8, f4 float4, ip inet, mood tenant_acme.mood, moods tenant_acme.mood[], tags text[], grid int[][], bits varbit, rng int4range, spot point, mac macaddr);
        INSERT INTO tenant_acme.kinds VALUES (1, 9223372036854775807, 1.50, '2024-02-29T12:00:00.123456Z', '0001-01-01 BC', '5874897-12-31', '24:00:00', '-1 mons 2 days -3.000004', '{\"q\": \"\\\"\"}', ARRAY['1'::json,'[null]'::json],
        '\\x00ff', ARRAY['\\x5c22'::bytea, NULL], '550e8400-e29b-41d4-a716-446655440000', true, '-0.1', 1e-7, '::1/64', 'wild', '{calm,wild}', ARRAY['a,b','\"','\\',''], '{{1,2},{3,4}}', B'101', '[1,5)', '(1,2)', '08:00:2b:01:02:03'),
        (2, NULL, 'NaN', 'infinity', '-infinity', 'infinity', NULL, '1 year', 'null', NULL, '\\x', '{}', NULL, NULL, 'NaN', 'Infinity', NULL, NULL, NULL, '{NULL}', '{}', B'', 'empty', NULL, NULL),
        (3, 0, 0, '294276-12-31T23:59:59.999999Z', NULL, NULL, NULL, '0', '\"a string\"', NULL, NULL, NULL, NULL, false, 1e300, 16777216, '10.0.0.0/8', NULL, NULL, '{NULL,NULL}', NULL, NULL, NULL, NULL, NULL);
        CREATE TABLE tenant_acme.copies (LIKE tenant_acme.kinds)").await;
    let json = world.json("const rows = await db.kinds.findMany(); await db.copies.createMany(rows);
        for (const row of rows) { await db.kinds.update(row.id, row); }
        const [first] = rows; return [await db.kinds.count({ where: { at: first.at } }), await db.kinds.count({ where: { big: first.big } }), await db.kinds.count({ where: { doc: first.doc } }), await db.kinds.count({ where: { tags: { has: 'a,b' } } })]").await;
    assert_eq!(json, "[1,1,1,1]");
    for table in ["kinds", "copies"] {
        let sql =
            format!("SELECT string_agg(t::text, E'\\n' ORDER BY id) FROM tenant_acme.{table} t");
        insta::assert_snapshot!("written_back", world.text(&sql).await);
    }
}

/// The ends of each type's range, and what is special about it: read, compared with what PostgreSQL itself
/// says, written back by both ways, and the same.
#[tokio::test]
async fn the_ends_of_every_range_come_and_go_without_loss() {
    let world = World::new().await;
    let values = [
        ("timestamptz", "'infinity'"),
        ("timestamptz", "'-infinity'"),
        ("timestamptz", "'0001-01-01 00:00:00 BC'"),
        ("timestamptz", "'4713-11-24 00:00:00+00 BC'"),
        ("timestamptz", "'0001-01-01 00:00:00.000001'"),
        ("timestamptz", "'1969-12-31 23:59:59.999999+00'"),
        ("timestamptz", "'294276-12-31 23:59:59.999999+00'"),
        ("timestamp", "'4713-11-24 00:00:00 BC'"),
        ("timestamp", "'294276-12-31 23:59:59.999999'"),
        ("timestamp", "'infinity'"),
        ("date", "'4713-11-24 BC'"),
        ("date", "'5874897-12-31'"),
        ("date", "'-infinity'"),
        ("time", "'24:00:00'"),
        ("time", "'00:00:00.000001'"),
        ("timetz", "'23:59:59.999999-15:59:59'"),
        ("interval", "'-178000000 years'"),
        ("interval", "'178000000 years -11 mons 2147483647 days -0.000001 secs'"),
        ("numeric", "'NaN'"),
        ("numeric", "'Infinity'"),
        ("numeric", "'-Infinity'"),
        ("numeric", "'-0.00'"),
        ("numeric", "'1e-16383'"),
        ("numeric", "'9e131071'"),
        ("numeric", "123456789012345678901234567890.123456789012345678901234567890"),
        ("int8", "'9223372036854775807'"),
        ("int8", "'-9223372036854775808'"),
        ("int8", "'9007199254740993'"),
        ("float8", "'-0'"),
        ("float8", "'NaN'"),
        ("float8", "'5e-324'"),
        ("float8", "'1.7976931348623157e308'"),
        ("float8", "'-Infinity'"),
        ("float4", "'1e-45'"),
        ("float4", "'3.4028235e38'"),
        ("bytea", "'\\x'"),
        ("bytea", "decode(repeat('00ff5c27', 1000), 'hex')"),
        ("text", "''"),
        ("text", "E'\\\\,{}\"NULL\\n\\u00e9\\U0001F642'"),
        ("jsonb", "'[]'"),
        ("jsonb", "'{\"a\": {\"__proto__\": 1, \"\": [null]}}'"),
        ("json", "'\"a string\"'"),
        ("int4[]", "'{}'"),
        ("int4[]", "'{NULL}'"),
        ("int4[]", "'{{1,NULL},{NULL,4}}'"),
        ("int4[]", "'{{{1},{2}},{{3},{4}}}'"),
        ("int8[]", "'{9223372036854775807,NULL}'"),
        ("text[]", "ARRAY['', 'NULL', NULL, '{', '\"', '\\', ' a ', 'a,b']"),
        ("numeric[]", "'{NaN,Infinity,-1.10,NULL}'"),
        ("timestamptz[]", "'{infinity,NULL,2024-02-29 12:00:00.123456+00,0001-01-01 BC}'"),
        ("bytea[]", "ARRAY['\\x'::bytea, '\\x00', NULL]"),
        ("jsonb[]", "ARRAY['{}'::jsonb, NULL, '[1]', '\"x\"']"),
        ("bool[]", "'{t,NULL,f}'"),
        ("float8[]", "'{-0,NaN,Infinity,NULL}'"),
    ];
    let create = |(at, (ty, literal)): (usize, &(&str, &str))| {
        format!(
            "CREATE TABLE tenant_acme.e{at} (id int PRIMARY KEY, v {ty}); INSERT INTO tenant_acme.e{at} VALUES (1, {literal});"
        )
    };
    world.sql(&values.iter().enumerate().map(create).collect::<String>()).await;
    for (at, (ty, literal)) in values.into_iter().enumerate() {
        let parameter = match ty {
            "json" | "jsonb" => "JSON.stringify(v)",
            _ => "v",
        };
        let json = world
            .json(&format!(
                "const {{ v }} = await db.e{at}.findById(1); await db.e{at}.create({{ id: 2, v }});
                 await db.query('INSERT INTO e{at} VALUES (3, $1::{ty})', [{parameter}]);
                 const [row] = await db.query('SELECT v FROM e{at} WHERE id = 1'); await db.e{at}.create({{ id: 4, v: row.v }});
                 return v"
            ))
            .await;
        let same = format!(
            "SELECT count(DISTINCT v::text)::text || ' of ' || count(*) || ': ' || string_agg(DISTINCT left(v::text, 80), ' | ') FROM tenant_acme.e{at}"
        );
        let same = world.text(&same).await;
        let json: String = json.chars().take(80).collect();
        assert!(same.starts_with("1 of 4: "), "{ty} {literal} ({json}): {same}");
    }
}

/// What JSON cannot keep in JavaScript's numbers is as JSON.parse has it; read as text it is whole.
#[tokio::test]
async fn large_numbers_in_json_are_javascripts_and_whole_as_text() {
    let world = World::new().await;
    let json = world
        .json(
            r#"const doc = '{"big": 12345678901234567890, "precise": 0.1234567890123456789}';
            const [row] = await db.query('SELECT $1::jsonb doc, ($1::jsonb)::text whole, ($1::jsonb)->>$2 big', [doc, "big"]);
            return [row.doc.big, row.whole, row.big]"#,
        )
        .await;
    assert_eq!(
        json,
        r#"[12345678901234567000,"{\"big\": 12345678901234567890, \"precise\": 0.1234567890123456789}","12345678901234567890"]"#
    );
}

#[tokio::test]
async fn parameters_of_a_query_are_values() {
    let world = World::new().await;
    let json = world.json("const [row] = await db.query('SELECT $1::text a, $2::int8 b, $3::jsonb c, $4::int[] d, $5::bytea e, $6::timestamptz f, $7::float8 g, $8::jsonb h, $9::bool i', [\"'; DROP TABLE users; --\", 2n ** 62n, { x: [1, 'é'] }, [1, null], new Uint8Array([1]), new Date(0), NaN, '[1]', true]);
        return { ...row, e: [...row.e], g: String(row.g) }").await;
    insta::assert_snapshot!(json, @r#"{"a":"'; DROP TABLE users; --","b":"4611686018427387904n","c":{"x":[1,"é"]},"d":[1,null],"e":[1],"f":"1970-01-01T00:00:00.000Z","g":"NaN","h":[1],"i":true}"#);
    insta::assert_snapshot!(world.error("await db.query('SELECT $1::text', [])").await, @"PARAMETERS_INVALID 500: the statement has 1 parameters, and 0 were given");
    insta::assert_snapshot!(world.error("await db.query('SELECT point(1, 2) AS p')").await, @r#"TYPE_NOT_SUPPORTED 500: the column "p" is of the type point, which has no counterpart in JavaScript: write p::text"#);
    let json = world.json("const { rows, rowCount } = await db.query('UPDATE users SET age = age + 1'); return [rows, rowCount]").await;
    assert_eq!(json, "[[],2]");
}
