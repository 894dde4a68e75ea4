//! Which functions a tenant's SQL may call.

use std::collections::BTreeSet;

/// The functions there are, as far as they are not the tenants' own, and which of them may be called.
///
/// PostgreSQL's own are refused unless they are listed here: those listed compute something from what
/// they are given, or tell the time. Not listed is what runs a text as SQL (`query_to_xml`, `ts_stat`),
/// reads or changes settings, takes a table's name in a string (`nextval`, `setval`), locks, waits, or
/// reaches files, large objects and other servers. So are those of extensions in
/// `isolation.extension_schemas`, which `database.functions` adds to. The functions in a tenant's own schema are
/// those its migrations made, and may be called.
#[derive(Clone, Debug, Default)]
pub(crate) struct Functions {
    known: BTreeSet<Box<str>>,
    added: BTreeSet<Box<str>>,
}

impl Functions {
    /// Of those `known`, the ones listed here and those `added` may be called.
    pub(crate) fn new(
        known: impl IntoIterator<Item = Box<str>>,
        added: impl IntoIterator<Item = Box<str>>,
    ) -> Self {
        Self { known: known.into_iter().collect(), added: added.into_iter().collect() }
    }

    /// Whether a name with a parenthesis after it may stand: it is a function that may be called, or
    /// none of anybody's but the tenant.
    pub(crate) fn may_call(&self, name: &str) -> bool {
        !self.known.contains(name)
            || BUILT_IN.binary_search(&name).is_ok()
            || EXTENSIONS.binary_search(&name).is_ok()
            || self.added.contains(name)
    }
}

/// PostgreSQL's own, and types, which are written as functions, too.
#[rustfmt::skip]
const BUILT_IN: [&str; 391] = [
    "abbrev", "abs", "acos", "acosd", "acosh", "age", "any_value", "area", "array_agg",
    "array_append", "array_cat", "array_dims", "array_fill", "array_length", "array_lower",
    "array_ndims", "array_position", "array_positions", "array_prepend", "array_remove",
    "array_replace", "array_sample", "array_shuffle", "array_to_json", "array_to_string",
    "array_upper", "ascii", "asin", "asind", "asinh", "atan", "atan2", "atan2d", "atand",
    "atanh", "avg", "bernoulli", "bit", "bit_and", "bit_count", "bit_length", "bit_or",
    "bit_xor", "bool", "bool_and", "bool_or", "bound_box", "box", "bpchar", "broadcast",
    "btrim", "cardinality", "casefold", "cbrt", "ceil", "ceiling", "center", "char",
    "char_length", "character_length", "chr", "circle", "clock_timestamp", "concat",
    "concat_ws", "convert_from", "convert_to", "corr", "cos", "cosd", "cosh", "cot", "cotd",
    "count", "covar_pop", "covar_samp", "crc32", "crc32c", "cume_dist", "date", "date_add",
    "date_bin", "date_part", "date_subtract", "date_trunc", "datemultirange", "daterange",
    "decode", "degrees", "dense_rank", "diagonal", "diameter", "div", "encode", "enum_first",
    "enum_last", "enum_range", "erf", "erfc", "every", "exp", "extract", "factorial", "family",
    "first_value", "float4", "float8", "floor", "format", "gamma", "gcd", "gen_random_uuid",
    "generate_series", "generate_subscripts", "get_bit", "get_byte", "greatest", "height",
    "host", "hostmask", "inet_merge", "inet_same_family", "initcap", "int2", "int4",
    "int4multirange", "int4range", "int8", "int8multirange", "int8range", "interval",
    "is_normalized", "isclosed", "isempty", "isfinite", "isopen", "json", "json_agg",
    "json_array_elements", "json_array_elements_text", "json_array_length", "json_build_array",
    "json_build_object", "json_each", "json_each_text", "json_extract_path",
    "json_extract_path_text", "json_object", "json_object_agg", "json_object_keys",
    "json_populate_record", "json_populate_recordset", "json_strip_nulls", "json_to_record",
    "json_to_recordset", "json_to_tsvector", "json_typeof", "jsonb", "jsonb_agg",
    "jsonb_array_elements", "jsonb_array_elements_text", "jsonb_array_length",
    "jsonb_build_array", "jsonb_build_object", "jsonb_each", "jsonb_each_text",
    "jsonb_extract_path", "jsonb_extract_path_text", "jsonb_insert", "jsonb_object",
    "jsonb_object_agg", "jsonb_object_keys", "jsonb_path_exists", "jsonb_path_exists_tz",
    "jsonb_path_match", "jsonb_path_match_tz", "jsonb_path_query", "jsonb_path_query_array",
    "jsonb_path_query_array_tz", "jsonb_path_query_first", "jsonb_path_query_first_tz",
    "jsonb_path_query_tz", "jsonb_populate_record", "jsonb_populate_recordset", "jsonb_pretty",
    "jsonb_set", "jsonb_set_lax", "jsonb_strip_nulls", "jsonb_to_record", "jsonb_to_recordset",
    "jsonb_to_tsvector", "jsonb_typeof", "justify_days", "justify_hours", "justify_interval",
    "lag", "last_value", "lcm", "lead", "least", "left", "length", "lgamma", "like",
    "like_escape", "line", "ln", "log", "log10", "lower", "lower_inc", "lower_inf", "lpad",
    "lseg", "ltrim", "make_date", "make_interval", "make_time", "make_timestamp",
    "make_timestamptz", "masklen", "max", "md5", "min", "min_scale", "mod", "mode",
    "multirange", "name", "netmask", "network", "normalize", "notlike", "now", "npoints",
    "nth_value", "ntile", "nullif", "num_nonnulls", "num_nulls", "numeric", "nummultirange",
    "numnode", "numrange", "octet_length", "overlaps", "overlay", "path", "pclose",
    "percent_rank", "percentile_cont", "percentile_disc", "phraseto_tsquery", "pi",
    "plainto_tsquery", "point", "polygon", "popen", "position", "pow", "power", "quote_ident",
    "quote_literal", "quote_nullable", "radians", "radius", "random", "random_normal",
    "range_agg", "range_intersect_agg", "range_merge", "rank", "regexp_count", "regexp_instr",
    "regexp_like", "regexp_match", "regexp_matches", "regexp_replace", "regexp_split_to_array",
    "regexp_split_to_table", "regexp_substr", "regr_avgx", "regr_avgy", "regr_count",
    "regr_intercept", "regr_r2", "regr_slope", "regr_sxx", "regr_sxy", "regr_syy", "repeat",
    "replace", "reverse", "right", "round", "row_number", "row_to_json", "rpad", "rtrim",
    "scale", "set_bit", "set_byte", "set_masklen", "setweight", "sha224", "sha256", "sha384",
    "sha512", "sign", "similar_to_escape", "sin", "sind", "sinh", "slope", "split_part", "sqrt",
    "starts_with", "statement_timestamp", "stddev", "stddev_pop", "stddev_samp", "string_agg",
    "string_to_array", "string_to_table", "strip", "strpos", "substr", "substring", "sum",
    "system", "tan", "tand", "tanh", "text", "time", "timeofday", "timestamp", "timestamptz",
    "timetz", "timezone", "to_bin", "to_char", "to_date", "to_hex", "to_json", "to_jsonb",
    "to_number", "to_oct", "to_timestamp", "to_tsquery", "to_tsvector", "transaction_timestamp",
    "translate", "trim", "trim_array", "trim_scale", "trunc", "ts_delete", "ts_filter",
    "ts_headline", "ts_rank", "ts_rank_cd", "tsmultirange", "tsquery_phrase", "tsrange",
    "tstzmultirange", "tstzrange", "tsvector_to_array", "unistr", "unnest", "upper",
    "upper_inc", "upper_inf", "uuid", "uuid_extract_timestamp", "uuid_extract_version",
    "uuidv4", "uuidv7", "var_pop", "var_samp", "varbit", "varchar", "variance",
    "websearch_to_tsquery", "width", "width_bucket", "xmlagg", "xmlcomment", "xmlexists",
    "xpath", "xpath_exists",
];

/// Those of widely used extensions.
#[rustfmt::skip]
const EXTENSIONS: [&str; 38] = [
    "armor", "crypt", "daitch_mokotoff", "dearmor", "decrypt", "decrypt_iv", "difference",
    "digest", "dmetaphone", "dmetaphone_alt", "encrypt", "encrypt_iv", "gen_random_bytes",
    "gen_salt", "hmac", "levenshtein", "levenshtein_less_equal", "metaphone", "pgp_pub_decrypt",
    "pgp_pub_encrypt", "pgp_sym_decrypt", "pgp_sym_encrypt", "show_trgm", "similarity",
    "soundex", "strict_word_similarity", "unaccent", "uuid_generate_v1", "uuid_generate_v1mc",
    "uuid_generate_v3", "uuid_generate_v4", "uuid_generate_v5", "uuid_nil", "uuid_ns_dns",
    "uuid_ns_oid", "uuid_ns_url", "uuid_ns_x500", "word_similarity",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_in_order() {
        assert!(BUILT_IN.is_sorted() && EXTENSIONS.is_sorted());
    }

    #[test]
    fn what_nobody_knows_is_the_tenants_own() {
        let functions =
            Functions::new(["lower", "set_config", "similarity", "dblink"].map(Into::into), []);
        assert!(["lower", "similarity", "my_function"].iter().all(|name| functions.may_call(name)));
        assert!(["set_config", "dblink"].iter().all(|name| !functions.may_call(name)));
    }
}
