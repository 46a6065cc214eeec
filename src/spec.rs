//! The tables: every tool with its command, parameters and texts; every configuration key.
//!
//! What exists once in the world is written once, here. The parser, help, man page, `tools`, `schema`, the
//! skill's reference and `config.toml.example` are derived from these rows. Plain data; it knows nobody,
//! and `build.rs` compiles it too.

/// How much a tool may do. Each level includes the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Read,
    Organise,
    Draft,
    Send,
}

impl Level {
    pub(crate) const ALL: [Level; 4] = [Level::Read, Level::Organise, Level::Draft, Level::Send];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Level::Read => "read",
            Level::Organise => "organise",
            Level::Draft => "draft",
            Level::Send => "send",
        }
    }

    /// The level of that name; `organize` is understood too.
    pub(crate) fn parse(name: &str) -> Option<Level> {
        match name {
            "organize" => Some(Level::Organise),
            name => Level::ALL.into_iter().find(|level| level.name() == name),
        }
    }
}

/// What an argument must be.
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
}

/// How a parameter is spelled on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    Positional,
    /// `--name`; the underscores of the contract name become hyphens.
    Option,
    /// Not on the line: only models, which know it from the Python skill, send it.
    ExecOnly,
}

#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) spelling: Spelling,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) default: Option<&'static str>,
    pub(crate) text: &'static str,
}

/// Names a tool inside the program; `tools` matches on it exhaustively.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Id {
    ListFolders,
    ListMessages,
    FetchMessage,
    SearchMessages,
}

/// What a tool answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Rows with these fields; a table shows `columns`.
    Rows { fields: &'static [&'static str], columns: &'static [&'static str] },
    /// One object (or an array of them when several ids were given).
    Document { fields: &'static [&'static str] },
}

#[derive(Debug)]
pub(crate) struct Tool {
    pub(crate) id: Id,
    /// The contract name, for models.
    pub(crate) name: &'static str,
    /// The spelling for people: words separated by a blank; empty if there is none.
    pub(crate) command: &'static str,
    pub(crate) level: Level,
    pub(crate) summary: &'static str,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) answer: Answer,
}

const FOLDER: Parameter = Parameter {
    name: "folder",
    spelling: Spelling::Option,
    kind: Kind::Text,
    required: false,
    default: Some("INBOX"),
    text: "Folder by name or id, such as INBOX, Sent or Work/Invoices; ALL for every folder.",
};

const LIMIT: Parameter = Parameter {
    name: "limit",
    spelling: Spelling::Option,
    kind: Kind::Integer { min: 1 },
    required: false,
    default: Some("20"),
    text: "How many messages at most.",
};

const PAGE_TOKEN: Parameter = Parameter {
    name: "page_token",
    spelling: Spelling::Option,
    kind: Kind::Text,
    required: false,
    default: None,
    text: "Continue where an earlier list ended: the next_page_token that was reported with it.",
};

const UIDS: Parameter = Parameter {
    name: "uid",
    spelling: Spelling::Positional,
    kind: Kind::Many,
    required: true,
    default: None,
    text: "Message id as a list or search gave it; several are allowed. On the command line - reads ids from stdin.",
};

/// The Python skill's parameter that never had an effect.
const UNUSED_FOLDER: Parameter = Parameter {
    name: "folder",
    spelling: Spelling::ExecOnly,
    kind: Kind::Text,
    required: false,
    default: Some("INBOX"),
    text: "Accepted for compatibility; message ids are unique in the whole mailbox.",
};

const ROW_FIELDS: &[&str] =
    &["uid", "from", "subject", "date", "snippet", "labels", "thread_id", "internal_date", "unread"];
const ROW_COLUMNS: &[&str] = &["uid", "date", "from", "subject"];

const MESSAGE_FIELDS: &[&str] = &[
    "uid",
    "thread_id",
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "labels",
    "snippet",
    "body",
    "body_type",
    "message_id",
    "in_reply_to",
    "references",
    "reply_to",
    "bcc",
    "internal_date",
    "size",
    "attachments",
    "removed",
    "truncated",
    "quoted_lines_folded",
    "headers",
    "untrusted",
];

pub(crate) const TOOLS: &[Tool] = &[
    Tool {
        id: Id::ListFolders,
        name: "list_folders",
        command: "folders",
        level: Level::Read,
        summary: "List all folders (mailboxes) available on the mail server.",
        parameters: &[],
        answer: Answer::Rows { fields: &["name"], columns: &["name"] },
    },
    Tool {
        id: Id::ListMessages,
        name: "list_messages",
        command: "list",
        level: Level::Read,
        summary: "List the headers of the newest messages in a folder, newest first.",
        parameters: &[FOLDER, LIMIT, PAGE_TOKEN],
        answer: Answer::Rows { fields: ROW_FIELDS, columns: ROW_COLUMNS },
    },
    Tool {
        id: Id::FetchMessage,
        name: "fetch_message",
        command: "read",
        level: Level::Read,
        summary: "Fetch full messages by UID, with headers, body text and the list of attachments.",
        parameters: &[
            UIDS,
            UNUSED_FOLDER,
            Parameter {
                name: "body",
                spelling: Spelling::Option,
                kind: Kind::Choice(&["text", "html", "raw", "none"]),
                required: false,
                default: Some("text"),
                text: "Which body: text (HTML is turned into text), html as it was sent, raw (the whole RFC 5322 message), none.",
            },
            Parameter {
                name: "max_body",
                spelling: Spelling::Option,
                kind: Kind::Integer { min: 1 },
                required: false,
                default: None,
                text: "Cut the body after this many characters, and say so.",
            },
            Parameter {
                name: "no_quotes",
                spelling: Spelling::Option,
                kind: Kind::Boolean,
                required: false,
                default: Some("false"),
                text: "Fold quoted history into one line.",
            },
            Parameter {
                name: "headers",
                spelling: Spelling::Option,
                kind: Kind::Boolean,
                required: false,
                default: Some("false"),
                text: "Add every header of the message.",
            },
        ],
        answer: Answer::Document { fields: MESSAGE_FIELDS },
    },
    Tool {
        id: Id::SearchMessages,
        name: "search_messages",
        command: "search",
        level: Level::Read,
        summary: "Search messages, newest first. Criteria in Gmail syntax (from:alice is:unread newer_than:7d) or IMAP keys: FROM \"alice\", SUBJECT \"invoice\", UNSEEN, SINCE 01-Jan-2025.",
        parameters: &[
            Parameter {
                name: "criteria",
                spelling: Spelling::Positional,
                kind: Kind::Text,
                required: false,
                default: Some("ALL"),
                text: "What to look for, in Gmail syntax or as IMAP keys; ALL for everything.",
            },
            FOLDER,
            LIMIT,
            PAGE_TOKEN,
            Parameter {
                name: "syntax",
                spelling: Spelling::Option,
                kind: Kind::Choice(&["auto", "gmail", "imap"]),
                required: false,
                default: Some("auto"),
                text: "How to read the criteria; auto takes IMAP keys in capitals for IMAP and all else for Gmail syntax.",
            },
        ],
        answer: Answer::Rows { fields: ROW_FIELDS, columns: ROW_COLUMNS },
    },
];

/// The tool with this contract name.
pub(crate) fn tool(name: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|t| t.name == name)
}

/// A configuration key: a flag `--name-with-hyphens` unless it is a secret, `MCS_GMAIL_<NAME>`, the plain
/// variable of the set-up guide, and the member of the configuration file.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// The name without the prefix, where the set-up guide uses one.
    pub(crate) plain: Option<&'static str>,
    pub(crate) secret: bool,
    pub(crate) example: &'static str,
    pub(crate) text: &'static str,
}

pub(crate) const KEYS: &[Key] = &[
    Key {
        name: "auth0_domain",
        plain: Some("AUTH0_DOMAIN"),
        secret: false,
        example: "dev-abc123.us.auth0.com",
        text: "Domain of the Auth0 tenant.",
    },
    Key {
        name: "auth0_client_id",
        plain: Some("AUTH0_CLIENT_ID"),
        secret: false,
        example: "aB1cD2eF3gH4iJ5kL6",
        text: "Client id of the Auth0 application.",
    },
    Key {
        name: "auth0_client_secret",
        plain: Some("AUTH0_CLIENT_SECRET"),
        secret: true,
        example: "...",
        text: "Client secret of the Auth0 application.",
    },
    Key {
        name: "auth0_audience",
        plain: Some("AUTH0_AUDIENCE"),
        secret: false,
        example: "https://mcs-gmail/api",
        text: "Identifier of the Auth0 API that allows offline access.",
    },
    Key {
        name: "linkauth_broker_url",
        plain: Some("LINKAUTH_BROKER_URL"),
        secret: false,
        example: "https://broker.example.com",
        text: "Address of the LinkAuth broker.",
    },
    Key {
        name: "linkauth_api_key",
        plain: Some("LINKAUTH_API_KEY"),
        secret: true,
        example: "la_...",
        text: "API key of the broker, if it wants one.",
    },
    Key {
        name: "credentials",
        plain: None,
        secret: false,
        example: "auth0-linkauth",
        text: "Where tokens come from: auth0-linkauth (default), auth0 with auth0_refresh_token, linkauth, or token with access_token.",
    },
    Key {
        name: "auth0_via",
        plain: None,
        secret: false,
        example: "broker",
        text: "How Auth0 is reached: broker (default, through its proxy) or direct.",
    },
    Key {
        name: "auth0_refresh_token",
        plain: None,
        secret: true,
        example: "v1.M...",
        text: "With credentials = \"auth0\": the refresh token to use.",
    },
    Key {
        name: "access_token",
        plain: None,
        secret: true,
        example: "ya29....",
        text: "With credentials = \"token\": a Google access token.",
    },
    Key {
        name: "google_client_id",
        plain: None,
        secret: false,
        example: "123.apps.googleusercontent.com",
        text: "With credentials = \"linkauth\": the broker's own Google client, to renew tokens without a visit.",
    },
    Key {
        name: "google_client_secret",
        plain: None,
        secret: true,
        example: "GOCSPX-...",
        text: "The secret that belongs to google_client_id.",
    },
    Key {
        name: "scopes",
        plain: None,
        secret: false,
        example: "gmail.modify",
        text: "Gmail scopes to ask for, separated by blanks; gmail.readonly for reading only.",
    },
    Key {
        name: "account",
        plain: None,
        secret: false,
        example: "ada@example.com",
        text: "The Google account to use, if there are several.",
    },
    Key {
        name: "sender_name",
        plain: None,
        secret: false,
        example: "Ada Lovelace",
        text: "Display name of outgoing mail, instead of the one Gmail knows.",
    },
    Key {
        name: "cache_dir",
        plain: Some("MCS_CACHE_DIR"),
        secret: false,
        example: "/mnt/data/mcs-cache",
        text: "Where sign-in state is kept, instead of ~/.mcs/cache.",
    },
    Key {
        name: "proxy",
        plain: None,
        secret: false,
        example: "http://localhost:3128",
        text: "Proxy to use instead of what the environment names; direct for none.",
    },
    Key {
        name: "timeout",
        plain: None,
        secret: false,
        example: "60",
        text: "Seconds that one run may take.",
    },
];

/// The configuration key with this name.
pub(crate) fn key(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|k| k.name == name)
}
