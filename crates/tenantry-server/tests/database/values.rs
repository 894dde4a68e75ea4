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
