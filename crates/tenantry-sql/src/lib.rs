//! PostgreSQL's SQL as text: what a script is made of, where its statements begin and end, what they are.
//!
//! Nothing here knows a database. Some ideas:
//!
//! - **A lexer** ([`Lexer`]) that reads what PostgreSQL's own reads: strings of all kinds, dollar quotes, nested
//!   comments, operators. It takes any text, and its tokens are the whole of it.
//! - **Statements** ([`statements`]), by line, column and bytes, and what each is ([`Kind`]).
//! - **Names**: which schemas a statement mentions ([`schemas`]), also in the bodies of functions.
//! - **Linear time, little memory**: no token is kept, so that a file of 50 MB is read in a fraction of a second.
//!
//! ```
//! let sql = "CREATE TABLE a (b text DEFAULT ';');\n-- more\nCOMMIT";
//! let statements: Vec<_> = tenantry_sql::statements(sql).collect();
//! assert_eq!(statements.len(), 2);
//! assert_eq!((statements[1].line(), statements[1].text(sql)), (3, "COMMIT"));
//! assert_eq!(statements[1].kind(), tenantry_sql::Kind::TransactionControl);
//! ```

mod kind;
mod lexer;
mod lines;
mod routine;
mod schemas;
mod statement;
mod token;

pub use kind::Kind;
pub use lexer::Lexer;
pub use lines::Lines;
pub use routine::{Body, bodies};
pub use schemas::{SchemaName, schemas};
pub use statement::{Statement, Statements, statements};
pub use token::{Token, TokenKind};
