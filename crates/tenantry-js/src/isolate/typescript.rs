//! TypeScript: its types are stripped, its own constructs (enums, parameter properties) turned into
//! JavaScript. With the feature `typescript`; without it, such files are refused by name.
//!
//! Syntax errors have the place in the file; places in stacks are those of the JavaScript made of
//! it, whose lines are not the file's.

/// A file that cannot be read as what it should be.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) message: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// TypeScript to JavaScript.
#[cfg(not(feature = "typescript"))]
pub(super) fn strip(_name: &str, _text: &str) -> Result<String, Refused> {
    let message = "TypeScript is not built in: build the server with `--features typescript`, or have JavaScript made of it".to_owned();
    Err(Refused { message, line: 1, column: 1 })
}

/// TypeScript to JavaScript.
#[cfg(feature = "typescript")]
pub(super) fn strip(name: &str, text: &str) -> Result<String, Refused> {
    use oxc::allocator::Allocator;
    use oxc::codegen::Codegen;
    use oxc::parser::Parser;
    use oxc::semantic::SemanticBuilder;
    use oxc::span::SourceType;
    use oxc::transformer::{TransformOptions, Transformer};

    let allocator = Allocator::default();
    let source = SourceType::ts().with_module(true);
    let parsed = Parser::new(&allocator, text, source).parse();
    if let Some(error) = parsed.diagnostics.first() {
        return Err(refused(text, error));
    }
    let mut program = parsed.program;
    let analysed = SemanticBuilder::new().with_enum_eval(true).build(&program);
    if let Some(error) = analysed.diagnostics.first() {
        return Err(refused(text, error));
    }
    let options = TransformOptions::default();
    let transformed = Transformer::new(&allocator, std::path::Path::new(name), &options)
        .build_with_scoping(analysed.semantic.into_scoping(), &mut program);
    if let Some(error) = transformed.diagnostics.first() {
        return Err(refused(text, error));
    }
    Ok(Codegen::new().build(&program).code)
}

#[cfg(feature = "typescript")]
fn refused(text: &str, error: &oxc::diagnostics::OxcDiagnostic) -> Refused {
    let offset = error.labels.first().map_or(0, |label| label.offset() as usize);
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    Refused {
        message: error.message.to_string(),
        line: u32::try_from(line).unwrap_or(0),
        column: u32::try_from(column).unwrap_or(0),
    }
}
