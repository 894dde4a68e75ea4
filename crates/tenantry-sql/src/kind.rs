use crate::{Token, TokenKind};

/// What a statement is, by its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// BEGIN, START TRANSACTION, COMMIT, END, ROLLBACK, ABORT, PREPARE TRANSACTION and their like: whatever
    /// begins or ends a transaction.
    TransactionControl,
    /// SAVEPOINT, RELEASE, ROLLBACK TO.
    Savepoint,
    /// SET, of any kind.
    Set,
    /// RESET or DISCARD.
    Reset,
    /// COPY … FROM STDIN, whose data follows in psql's scripts.
    CopyFromStdin,
    /// COPY from or to anything else.
    Copy,
    /// DO.
    Do,
    /// CALL.
    Call,
    /// EXECUTE of a prepared statement.
    Execute,
    /// CREATE FUNCTION or PROCEDURE.
    CreateRoutine,
    /// CREATE INDEX, which waits for nobody to write and lets nobody.
    CreateIndex,
    /// CREATE INDEX CONCURRENTLY.
    CreateIndexConcurrently,
    /// DROP INDEX CONCURRENTLY.
    DropIndexConcurrently,
    /// REINDEX … CONCURRENTLY.
    ReindexConcurrently,
    /// ALTER TABLE … DETACH PARTITION … CONCURRENTLY.
    DetachConcurrently,
    /// VACUUM.
    Vacuum,
    /// CREATE, ALTER or DROP of a DATABASE, TABLESPACE or SUBSCRIPTION, ALTER SYSTEM, REINDEX of a whole database: what
    /// is about more than a schema, and refuses to be in a transaction, most of it.
    ServerWide,
    /// A command to psql.
    Psql,
    /// Any other.
    Other,
}

impl Kind {
    /// Whether PostgreSQL refuses it in a transaction.
    #[must_use]
    pub fn refuses_a_transaction(self) -> bool {
        matches!(
            self,
            Self::CreateIndexConcurrently
                | Self::DropIndexConcurrently
                | Self::ReindexConcurrently
                | Self::DetachConcurrently
                | Self::Vacuum
                | Self::ServerWide
        )
    }

    /// Whether it runs what its text does not show: code in a string, or prepared before.
    #[must_use]
    pub fn is_opaque(self) -> bool {
        matches!(self, Self::Do | Self::Call | Self::Execute | Self::CreateRoutine)
    }
}

/// No statement is told from another by more of its first words than this.
const WORDS: usize = 8;

/// The words of a statement that tell what it is, as far as they have been read.
#[derive(Debug, Default)]
pub(crate) struct Words {
    first: [Option<Word>; WORDS],
    count: usize,
    /// Whether anything but words has come.
    interrupted: bool,
    parentheses: usize,
    last: Option<Word>,
    from_stdin: bool,
    concurrently: bool,
    psql: bool,
}

macro_rules! words {
    ($($name:ident $word:literal)*) => {
        /// The keywords that matter here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Word {
            $($name,)*
            Other,
        }

        impl Word {
            fn of(text: &str) -> Self {
                $(if text.eq_ignore_ascii_case($word) {
                    return Self::$name;
                })*
                Self::Other
            }
        }
    };
}

words! {
    Abort "abort" Alter "alter" Begin "begin" Call "call" Commit "commit" Concurrently "concurrently"
    Copy "copy" Create "create" Database "database" Detach "detach" Discard "discard" Do "do" Drop "drop"
    End "end" Execute "execute" From "from" Function "function" Index "index" Or "or"
    Prepare "prepare" Prepared "prepared" Procedure "procedure" Reindex "reindex" Release "release" Replace "replace"
    Reset "reset" Rollback "rollback" Savepoint "savepoint" Set "set" Start "start" Stdin "stdin"
    Subscription "subscription" System "system" Table "table" Tablespace "tablespace" To "to"
    Transaction "transaction" Unique "unique" Vacuum "vacuum" Work "work"
}

impl Words {
    /// Takes a token that is not blank.
    pub(crate) fn take(&mut self, sql: &str, token: Token) {
        let text = token.text(sql);
        match token.kind {
            TokenKind::Word => {}
            TokenKind::Backslash => {
                self.psql |= self.count == 0 && !self.interrupted;
                self.interrupted = true;
                return;
            }
            _ => {
                match text {
                    "(" => self.parentheses += 1,
                    ")" => self.parentheses = self.parentheses.saturating_sub(1),
                    _ => {}
                }
                self.interrupted |= self.count == 0;
                self.last = None;
                return;
            }
        }
        let watches = self.count < WORDS
            || matches!(self.first[0], Some(Word::Copy | Word::Alter | Word::Reindex));
        if !watches {
            return;
        }
        let word = Word::of(text);
        // An option of REINDEX may be in parentheses.
        if self.parentheses == 0 || self.first[0] == Some(Word::Reindex) {
            self.concurrently |= word == Word::Concurrently;
        }
        if self.parentheses == 0 {
            self.from_stdin |= self.last == Some(Word::From) && word == Word::Stdin;
            if let Some(place) = self.first.get_mut(self.count) {
                *place = Some(word);
            }
            self.count += 1;
        }
        self.last = Some(word);
    }

    /// Whether it makes a function or procedure, whose body may hold whole statements.
    pub(crate) fn make_routine(&self) -> bool {
        use Word::{Create, Function, Or, Procedure, Replace};
        matches!(
            self.first,
            [Some(Create), Some(Function | Procedure), ..]
                | [Some(Create), Some(Or), Some(Replace), Some(Function | Procedure), ..]
        )
    }

    pub(crate) fn kind(&self) -> Kind {
        use Word::*;
        if self.psql {
            return Kind::Psql;
        }
        if self.interrupted {
            return Kind::Other;
        }
        let first = self.first.map(|word| word.unwrap_or(Other));
        let has = |word| first.contains(&word);
        match first {
            [Rollback, To, ..] | [Rollback | Abort, Work | Transaction, To, ..] => Kind::Savepoint,
            [Savepoint | Release, ..] => Kind::Savepoint,
            [Begin | Start | Commit | End | Rollback | Abort, ..] | [Prepare, Transaction, ..] => {
                Kind::TransactionControl
            }
            [Set, ..] => Kind::Set,
            [Reset | Discard, ..] => Kind::Reset,
            [Copy, ..] if self.from_stdin => Kind::CopyFromStdin,
            [Copy, ..] => Kind::Copy,
            [Do, ..] => Kind::Do,
            [Call, ..] => Kind::Call,
            [Execute, ..] => Kind::Execute,
            _ if self.make_routine() => Kind::CreateRoutine,
            [Create, Index, Concurrently, ..] | [Create, Unique, Index, Concurrently, ..] => {
                Kind::CreateIndexConcurrently
            }
            [Create, Index, ..] | [Create, Unique, Index, ..] => Kind::CreateIndex,
            [Drop, Index, Concurrently, ..] => Kind::DropIndexConcurrently,
            [Reindex, Database | System, ..] => Kind::ServerWide,
            [Reindex, ..] if self.concurrently => Kind::ReindexConcurrently,
            [Alter, Table, ..] if self.concurrently && has(Detach) => Kind::DetachConcurrently,
            [Create | Alter | Drop, Database | Tablespace | Subscription, ..]
            | [Alter, System, ..] => Kind::ServerWide,
            [Vacuum, ..] => Kind::Vacuum,
            _ => Kind::Other,
        }
    }
}
