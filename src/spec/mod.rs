//! The tables: every tool with its command, parameters and texts; every configuration key; what can be wrong outside.
//!
//! The parser, help, the manual, `tools`, the skill's reference and `config.toml.example` are derived from these
//! rows. This is plain data that uses no other module; `build.rs` compiles it, too.

mod causes;
mod commands;
mod fields;
mod keys;
mod points;
mod surroundings;
mod tools;

pub(crate) use self::{
    causes::{Area, CAUSES, Cause, cause},
    commands::{COMMANDS, CommandText, Group, HABITS, OPTION_HABITS, command_text},
    fields::{Field, Shape, field_of, paths_of},
    keys::{KEYS, key},
    points::{POINTS, Point, point},
    surroundings::{EXITS, FILES, VARIABLES},
    tools::{
        ADD, ALL, ALSO_EXISTING, ANYWAY, AS_ATTACHMENT, AS_DATA, ATTACH, BODY, BODY_FILE, BODY_KIND,
        COLLECTED_COLUMNS, COLOR, CONFIRM_REPLY_TO, CREATE, DESTINATION, DRY_RUN, FILE, FIRST_DAY, FOLDER,
        FROM_NOW, HTML_BODY, HTML_FILE, INLINE, LAST_DAY, LIMIT, MAILDIR, MBOX, NAME, NO_ATTACHMENTS,
        ONE_CLICK, OUT, OUT_DIR, PAGE_TOKEN, PARAMETERS, PART, PATTERN, QUERY, RAW, REMOVE_LABEL, SIGNATURE,
        SINCE_LAST, TEXT, THREAD_COLUMNS, THREADS, TO, TOOLS, UIDS, WAIT, YES, tool,
    },
};

/// What a tool may do. Each level includes the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Read,
    Organise,
    Draft,
    Send,
    /// Only where a configuration file allows it.
    Settings,
}

impl Level {
    pub(crate) const ALL: [Level; 5] =
        [Level::Read, Level::Organise, Level::Draft, Level::Send, Level::Settings];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Level::Read => "read",
            Level::Organise => "organise",
            Level::Draft => "draft",
            Level::Send => "send",
            Level::Settings => "settings",
        }
    }

    /// What it allows, besides the levels before it.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Level::Read => "Read, search, export and save mail.",
            Level::Organise => "Move, label, flag, archive, trash and import mail; change folders.",
            Level::Draft => "Create, change and delete drafts.",
            Level::Send => "Send mail.",
            Level::Settings => {
                "Change settings of Gmail: filters and automatic replies. Only a [policy] in a configuration file allows it."
            }
        }
    }

    /// The level with that name; `organize` is accepted too.
    pub(crate) fn parse(name: &str) -> Option<Level> {
        match name {
            "organize" => Some(Level::Organise),
            name => Level::ALL.into_iter().find(|level| level.name() == name),
        }
    }
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// A whole number, at least this.
    Integer {
        min: i64,
    },
    Boolean,
    Choice(&'static [&'static str]),
    /// One value or several.
    Many,
    /// A string with commas, or a list of strings, which is joined.
    Addresses,
}

/// What an empty value means in the JSON of `exec`. On the command line, an empty value is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blank {
    /// The same as null: models fill in every parameter of a schema.
    NotGiven,
    /// An empty string is a value.
    Text,
    /// An empty list is a value, an empty string is not.
    List,
}

/// What the value of a parameter names, for help and completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// Nothing that is known here.
    Nothing,
    Folder,
    File,
    Directory,
    /// A file or a directory.
    Path,
    Search,
}

/// How a parameter is spelled on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    Positional,
    /// `--name`; the underscores of the parameter's name become hyphens.
    Option,
    /// `--` and this word.
    Named(&'static str),
    /// Accepted by `exec` only: models know it from the Python skill.
    ExecOnly,
    /// `--name`, on the command line only: it means nothing to a model.
    LineOnly,
}

#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) spelling: Spelling,
    pub(crate) kind: Kind,
    pub(crate) names: Names,
    pub(crate) required: bool,
    /// Whether a person at a terminal can write it in the editor, so that the command line does not require it.
    pub(crate) written: bool,
    /// The parameter that makes this one optional, if it is required.
    pub(crate) unless: Option<&'static str>,
    pub(crate) default: Option<&'static str>,
    pub(crate) blank: Blank,
    /// The value if it is given without one: `--name`, or `true` in JSON.
    pub(crate) bare: Option<&'static str>,
    pub(crate) text: &'static str,
}

/// Constructors for an optional parameter of each kind, and the changes to it.
impl Parameter {
    const fn new(name: &'static str, kind: Kind, text: &'static str) -> Parameter {
        Parameter {
            name,
            spelling: Spelling::Option,
            kind,
            names: Names::Nothing,
            required: false,
            written: false,
            unless: None,
            default: None,
            blank: Blank::NotGiven,
            bare: None,
            text,
        }
    }

    const fn text(name: &'static str, text: &'static str) -> Parameter {
        Parameter::new(name, Kind::Text, text)
    }

    /// A whole number, 1 or more.
    const fn count(name: &'static str, text: &'static str) -> Parameter {
        Parameter::new(name, Kind::Integer { min: 1 }, text)
    }

    /// False unless it is given.
    const fn switch(name: &'static str, text: &'static str) -> Parameter {
        Parameter::new(name, Kind::Boolean, text).or("false")
    }

    /// One of these words; the first is the default.
    const fn choice(name: &'static str, words: &'static [&'static str], text: &'static str) -> Parameter {
        Parameter::new(name, Kind::Choice(words), text).or(words[0])
    }

    const fn many(name: &'static str, text: &'static str) -> Parameter {
        Parameter::new(name, Kind::Many, text)
    }

    const fn addresses(name: &'static str, text: &'static str) -> Parameter {
        Parameter::new(name, Kind::Addresses, text)
    }

    const fn or(mut self, default: &'static str) -> Parameter {
        self.default = Some(default);
        self
    }

    const fn required(mut self) -> Parameter {
        self.required = true;
        self
    }

    const fn required_unless(mut self, parameter: &'static str) -> Parameter {
        self.unless = Some(parameter);
        self.required()
    }

    /// It has this value if it is given without one; `false` in JSON means `none`.
    const fn bare(mut self, value: &'static str) -> Parameter {
        self.bare = Some(value);
        self
    }

    /// An empty string is a value.
    const fn or_empty(mut self) -> Parameter {
        self.blank = Blank::Text;
        self
    }

    /// An empty list is a value.
    const fn or_none(mut self) -> Parameter {
        self.blank = Blank::List;
        self
    }

    const fn naming(mut self, names: Names) -> Parameter {
        self.names = names;
        self
    }

    const fn or_written(mut self) -> Parameter {
        self.written = true;
        self
    }

    const fn positional(mut self) -> Parameter {
        self.spelling = Spelling::Positional;
        self
    }

    const fn named(mut self, word: &'static str) -> Parameter {
        self.spelling = Spelling::Named(word);
        self
    }

    const fn line_only(mut self) -> Parameter {
        self.spelling = Spelling::LineOnly;
        self
    }

    const fn exec_only(mut self) -> Parameter {
        self.spelling = Spelling::ExecOnly;
        self
    }

    /// The word on the command line, without the leading hyphens.
    pub(crate) fn word(&self) -> String {
        match self.spelling {
            Spelling::Positional | Spelling::ExecOnly => self.name.to_uppercase(),
            Spelling::Named(word) => word.to_owned(),
            Spelling::Option | Spelling::LineOnly => self.name.replace('_', "-"),
        }
    }

    /// What stands for a value in help.
    pub(crate) fn value_name(&self) -> &'static str {
        match (self.names, self.kind) {
            (Names::Folder, _) => "FOLDER",
            (Names::File, _) => "FILE",
            (Names::Directory, _) => "DIR",
            (Names::Path, _) => "PATH",
            (Names::Search, _) => "SEARCH",
            (Names::Nothing, Kind::Integer { .. }) => "NUMBER",
            (Names::Nothing, Kind::Addresses) => "ADDRESSES",
            (Names::Nothing, Kind::Choice(_)) => "KIND",
            (Names::Nothing, _) => "TEXT",
        }
    }

    /// As it is typed on the command line: `--limit` or `UID`.
    pub(crate) fn typed(&self) -> String {
        if self.is_option() { format!("--{}", self.word()) } else { self.word() }
    }

    pub(crate) fn is_option(&self) -> bool {
        matches!(self.spelling, Spelling::Option | Spelling::Named(_) | Spelling::LineOnly)
    }
}

/// Names a tool inside the program; requests match on it exhaustively.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ToolId {
    ListFolders,
    ListMessages,
    FetchMessage,
    SearchMessages,
    CountMessages,
    GroupMessages,
    MoveMessage,
    SetFlags,
    LabelMessage,
    ArchiveMessage,
    TrashMessage,
    UntrashMessage,
    MarkRead,
    MarkUnread,
    StarMessage,
    UnstarMessage,
    SpamMessage,
    UnspamMessage,
    ImportMessages,
    CreateFolder,
    EditFolder,
    RenameFolder,
    DeleteFolder,
    SendMessage,
    SendHtmlMessage,
    ReplyMessage,
    ForwardMessage,
    CreateDraft,
    UpdateDraft,
    ListDrafts,
    FetchDraft,
    SendDraft,
    DeleteDraft,
    Unsubscribe,
    FetchThread,
    FetchLink,
    SaveAttachments,
    ExportMessages,
    NewMessages,
    GetProfile,
    ListFilters,
    ExportFilters,
    CreateFilter,
    DeleteFilter,
    ImportFilters,
    ApplyFilters,
    ListAliases,
    GetForwarding,
    GetVacation,
    StartVacation,
    StopVacation,
}

/// What a tool returns. A test compares the fields with the result types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Rows with these fields; a table shows `columns`.
    Rows { fields: &'static [&'static str], columns: &'static [&'static str] },
    /// One object, or an array of them when several ids were given.
    Document { fields: &'static [&'static str] },
}

/// What the rows of a list are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowKind {
    Message,
    Conversation,
    Draft,
    Folder,
    Attachment,
    /// Anything else, of which these members are shown.
    Other(&'static [&'static str]),
}

impl RowKind {
    /// One row of this kind, in a sentence; as the cache has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            RowKind::Message => "message",
            RowKind::Conversation => "conversation",
            RowKind::Draft => "draft",
            RowKind::Folder => "folder",
            RowKind::Attachment => "attachment",
            RowKind::Other(_) => "row",
        }
    }
}

/// The member of a row with the id that commands take.
pub(crate) fn id_member(kind: RowKind) -> Option<&'static str> {
    match kind {
        RowKind::Message => Some("uid"),
        RowKind::Conversation => Some("thread_id"),
        RowKind::Draft => Some("draft_id"),
        RowKind::Folder | RowKind::Attachment | RowKind::Other(_) => None,
    }
}

#[derive(Debug)]
pub(crate) struct Tool {
    pub(crate) id: ToolId,
    /// The contract name, for models.
    pub(crate) name: &'static str,
    /// The command: words separated by a space; empty if there is none.
    pub(crate) command: &'static str,
    pub(crate) level: Level,
    pub(crate) summary: &'static str,
    /// For models: when to use it, and units.
    pub(crate) when: &'static str,
    /// Parameters of a call, as JSON.
    pub(crate) example: &'static str,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) answer: Answer,
}

impl Tool {
    /// The parameters that a model may give.
    pub(crate) fn for_models(&self) -> impl Iterator<Item = &'static Parameter> {
        self.parameters.iter().filter(|p| p.spelling != Spelling::LineOnly)
    }

    /// What a model reads about it.
    pub(crate) fn description(&self) -> String {
        format!("{} {} Example: {}", self.summary, self.when, self.example)
    }

    /// Every member that its result may have.
    pub(crate) fn fields(&self) -> &'static [&'static str] {
        let (Answer::Rows { fields, .. } | Answer::Document { fields }) = self.answer;
        fields
    }
}

/// A configuration key: the variable `MCS_GMAIL_<NAME>`, the plain variable of the set-up guide, the member of the
/// configuration file, and for some a flag.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// The variable without the prefix, if the set-up guide uses one.
    pub(crate) plain: Option<&'static str>,
    pub(crate) secret: bool,
    /// Whether it is also a flag. Secrets are not, since other users see arguments; nor is what decides where a secret
    /// goes, since a caller that was misled could change it.
    pub(crate) flag: bool,
    pub(crate) form: Form,
    pub(crate) example: &'static str,
    /// What applies if it is not set, if that is a value.
    pub(crate) default: Option<&'static str>,
    /// Where a person finds the value; set for the keys that `config init` asks for.
    pub(crate) found_at: Option<&'static str>,
    /// Whether a sign-in is possible without it.
    pub(crate) optional: bool,
    /// Whether the example can never be a working value, so that it was left there by mistake.
    pub(crate) placeholder: bool,
    pub(crate) text: &'static str,
}

impl Key {
    /// Whether every installation has its own value, which somebody must fill in.
    pub(crate) fn filled_in(&self) -> bool {
        self.placeholder || self.found_at.is_some()
    }

    /// Whether the value names a server.
    pub(crate) fn names_server(&self) -> bool {
        self.name.ends_with("_domain") || self.name.ends_with("_url")
    }
}

/// What the value of a key may look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// One word without blanks: a domain, a URL, an id, a secret.
    Word,
    /// Words separated by blanks.
    Words,
    /// Text that people read.
    Text,
    /// A path, which need not be UTF-8.
    Path,
    /// true or false.
    Boolean,
}
