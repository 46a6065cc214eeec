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
    /// A text with commas, or a list of texts, which is joined.
    Addresses,
}

/// How a parameter is spelled on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    Positional,
    /// `--name`; the underscores of the contract name become hyphens.
    Option,
    /// `--` and this word, where the line says it otherwise than the contract.
    Named(&'static str),
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
    CreateFolder,
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
    FetchThread,
    SaveAttachments,
    NewMessages,
    GetProfile,
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
    text: "Give an empty one to begin: the answer is then an object with messages and next_page_token, which goes in here for the next page.",
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

const BODY_KIND: Parameter = Parameter {
    name: "body",
    spelling: Spelling::Option,
    kind: Kind::Choice(&["text", "html", "raw", "none"]),
    required: false,
    default: Some("text"),
    text: "Which body: text (HTML is turned into text), html as it was sent, raw (the whole RFC 5322 message), none.",
};

const MAX_BODY: Parameter = Parameter {
    name: "max_body",
    spelling: Spelling::Option,
    kind: Kind::Integer { min: 1 },
    required: false,
    default: None,
    text: "Cut the body after this many characters, and say so.",
};

const HEADERS: Parameter = Parameter {
    name: "headers",
    spelling: Spelling::Option,
    kind: Kind::Boolean,
    required: false,
    default: Some("false"),
    text: "Add every header of the message.",
};

const ROW_FIELDS: &[&str] =
    &["uid", "from", "subject", "date", "snippet", "labels", "thread_id", "internal_date", "unread"];
const NEW_FIELDS: &[&str] = &[
    "uid",
    "from",
    "subject",
    "date",
    "snippet",
    "labels",
    "thread_id",
    "internal_date",
    "unread",
    "resync",
];
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

/// An option that may be left out.
const fn option(name: &'static str, kind: Kind, text: &'static str) -> Parameter {
    Parameter { name, spelling: Spelling::Option, kind, required: false, default: None, text }
}

/// A word that must stand on the line.
const fn word(name: &'static str, text: &'static str) -> Parameter {
    Parameter { name, spelling: Spelling::Positional, kind: Kind::Text, required: true, default: None, text }
}

const fn required(mut parameter: Parameter) -> Parameter {
    parameter.required = true;
    parameter
}

const fn named(mut parameter: Parameter, spelling: &'static str) -> Parameter {
    parameter.spelling = Spelling::Named(spelling);
    parameter
}

const fn or(mut parameter: Parameter, default: &'static str) -> Parameter {
    parameter.default = Some(default);
    parameter
}

const TARGETS: Parameter = Parameter {
    name: "uid",
    spelling: Spelling::Positional,
    kind: Kind::Many,
    required: false,
    default: None,
    text: "Message id as a list or search gave it; several are allowed, or query instead. On the command line - reads ids from stdin.",
};
const QUERY: Parameter = option(
    "query",
    Kind::Text,
    "Take the messages that this search finds, in Gmail or IMAP syntax, instead of ids.",
);
const MOST: Parameter = or(
    option("limit", Kind::Integer { min: 1 }, "How many messages a query may find at most, newest first."),
    "25",
);
const YES: Parameter =
    or(option("yes", Kind::Boolean, "Go ahead although the query finds more than 25 messages."), "false");
const ORGANISE_DRY_RUN: Parameter =
    or(option("dry_run", Kind::Boolean, "Only say which messages would be changed."), "false");
const ON_TARGETS: &[Parameter] = &[TARGETS, QUERY, MOST, YES, ORGANISE_DRY_RUN];
const CREATE: Parameter = or(
    option("create", Kind::Boolean, "Make the folder, and the ones above it, if it does not exist."),
    "false",
);
const CHANGED: Answer =
    Answer::Document { fields: &["uid", "labels", "ignored", "modified", "uids", "dry_run"] };

const TO: Parameter = option("to", Kind::Addresses, "Recipients, separated by commas.");
const SUBJECT: Parameter = option("subject", Kind::Text, "Subject, one line.");
const BODY: Parameter = option("body", Kind::Text, "Plain text. On the command line - reads it from stdin.");
const BODY_FILE: Parameter = option("body_file", Kind::Text, "File with the plain text; - for stdin.");
const HTML_BODY: Parameter = option("html_body", Kind::Text, "HTML text, alone or beside the plain one.");
const HTML_FILE: Parameter = option("html_file", Kind::Text, "File with the HTML text; - for stdin.");
const CC: Parameter = option("cc", Kind::Addresses, "Copies, separated by commas.");
const BCC: Parameter = option("bcc", Kind::Addresses, "Hidden copies, separated by commas.");
const REPLY_TO: Parameter = option("reply_to", Kind::Addresses, "Where answers should go.");
const FROM: Parameter = option(
    "from",
    Kind::Text,
    "Sender: the account's address or one of its accepted aliases, with or without a name. Default: what Gmail uses.",
);
const ATTACH: Parameter =
    option("attach", Kind::Many, "Path of a file to attach; several are allowed (repeat the option).");
const INLINE: Parameter = option(
    "inline",
    Kind::Many,
    "CID=PATH: an image that the HTML shows as <img src=\"cid:CID\">; several are allowed.",
);
const UNESCAPE: Parameter = or(
    option(
        "unescape_newlines",
        Kind::Boolean,
        "Turn a backslash followed by n in the bodies into a line break.",
    ),
    "false",
);
const SEND_DRY_RUN: Parameter =
    or(option("dry_run", Kind::Boolean, "Print the message as RFC 5322 text and send nothing."), "false");
const IDEMPOTENCY_KEY: Parameter = option(
    "idempotency_key",
    Kind::Text,
    "A word of your choice: within a week, the same key sends the same message only once and answers with the first result.",
);
const AS_DRAFT: Parameter = or(option("draft", Kind::Boolean, "Make a draft instead of sending."), "false");
const OR_DRAFT: Parameter = or(
    option("or_draft", Kind::Boolean, "Make a draft instead where the policy allows drafts but no sending."),
    "false",
);
const NO_QUOTE: Parameter =
    or(option("no_quote", Kind::Boolean, "Leave out the text of the message that is answered."), "false");
const ANSWERED: Parameter = word("uid", "Id of the message.");
const DRAFT_ID: Parameter =
    word("draft_id", "Id of the draft as draft list or draft create gave it, such as r-123.");
const SENT: Answer = Answer::Document {
    fields: &["status", "id", "thread_id", "labels", "message_id", "verified", "recipients", "uid"],
};

/// A tool that puts messages into another state.
const fn change(id: Id, name: &'static str, command: &'static str, summary: &'static str) -> Tool {
    Tool { id, name, command, level: Level::Organise, summary, parameters: ON_TARGETS, answer: CHANGED }
}

const ATTACHMENT_FIELDS: &[&str] =
    &["part_id", "filename", "mime_type", "size", "inline", "content_id", "path", "sha256"];

pub(crate) const TOOLS: &[Tool] = &[
    Tool {
        id: Id::ListFolders,
        name: "list_folders",
        command: "folders",
        level: Level::Read,
        summary: "List all folders (mailboxes) available on the mail server.",
        parameters: &[Parameter {
            name: "counts",
            spelling: Spelling::Option,
            kind: Kind::Boolean,
            required: false,
            default: Some("false"),
            text: "Give each folder as an object with its id, type and the numbers of messages and of unread ones.",
        }],
        answer: Answer::Rows {
            fields: &["name", "id", "type", "total", "unread"],
            columns: &["name", "total", "unread"],
        },
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
            BODY_KIND,
            MAX_BODY,
            Parameter {
                name: "no_quotes",
                spelling: Spelling::Option,
                kind: Kind::Boolean,
                required: false,
                default: Some("false"),
                text: "Fold quoted history into one line.",
            },
            HEADERS,
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
            Parameter {
                text: "Folder by name or id; ALL for every folder. Without it a search in Gmail syntax that names a place itself (in:, label:) looks there.",
                ..FOLDER
            },
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
    Tool {
        id: Id::FetchThread,
        name: "fetch_thread",
        command: "thread",
        level: Level::Read,
        summary: "Fetch a whole conversation, oldest message first, each like fetch_message gives it; quoted history is folded.",
        parameters: &[
            Parameter {
                name: "thread_id",
                spelling: Spelling::Positional,
                kind: Kind::Text,
                required: true,
                default: None,
                text: "Thread id as a list or search gave it; the id of one of its messages does too.",
            },
            Parameter {
                name: "quotes",
                spelling: Spelling::Option,
                kind: Kind::Boolean,
                required: false,
                default: Some("false"),
                text: "Keep the quoted history of each message.",
            },
            Parameter {
                kind: Kind::Choice(&["text", "html", "none"]),
                text: "Which body: text (HTML is turned into text), html as it was sent, none.",
                ..BODY_KIND
            },
            MAX_BODY,
            HEADERS,
        ],
        answer: Answer::Document { fields: &["thread_id", "subject", "messages", "untrusted"] },
    },
    Tool {
        id: Id::SaveAttachments,
        name: "save_attachments",
        command: "attachments",
        level: Level::Read,
        summary: "List the attachments of a message, or save them: with out_dir all of them or the chosen ones are written there under safe names. Nothing is overwritten.",
        parameters: &[
            Parameter {
                name: "uid",
                spelling: Spelling::Positional,
                kind: Kind::Text,
                required: true,
                default: None,
                text: "Message id as a list or search gave it.",
            },
            Parameter {
                name: "out_dir",
                spelling: Spelling::Option,
                kind: Kind::Text,
                required: false,
                default: None,
                text: "Directory to save into; without it the attachments are only listed. On the command line - writes the one that was chosen to stdout.",
            },
            Parameter {
                name: "part",
                spelling: Spelling::Option,
                kind: Kind::Many,
                required: false,
                default: None,
                text: "Only the attachment with this part_id; several are allowed.",
            },
            Parameter {
                name: "name",
                spelling: Spelling::Option,
                kind: Kind::Many,
                required: false,
                default: None,
                text: "Only attachments with this filename, in any case; several are allowed.",
            },
        ],
        answer: Answer::Rows {
            fields: ATTACHMENT_FIELDS,
            columns: &["part_id", "size", "mime_type", "filename", "path"],
        },
    },
    Tool {
        id: Id::NewMessages,
        name: "new_messages",
        command: "new",
        level: Level::Read,
        summary: "List the messages that came since the last run with the same cursor, oldest first. The first run sets the cursor and gives nothing.",
        parameters: &[
            Parameter {
                name: "cursor",
                spelling: Spelling::Option,
                kind: Kind::Text,
                required: true,
                default: None,
                text: "Name of the mark that is kept between runs; every job has its own.",
            },
            FOLDER,
            Parameter {
                name: "query",
                spelling: Spelling::Option,
                kind: Kind::Text,
                required: false,
                default: None,
                text: "Only messages that match this search, in Gmail syntax or as IMAP keys.",
            },
            Parameter {
                name: "limit",
                spelling: Spelling::Option,
                kind: Kind::Integer { min: 1 },
                required: false,
                default: None,
                text: "How many messages at most; the next run goes on behind them.",
            },
            Parameter {
                name: "from_now",
                spelling: Spelling::Option,
                kind: Kind::Boolean,
                required: false,
                default: Some("false"),
                text: "Set the mark to now and give nothing, whatever came before.",
            },
        ],
        answer: Answer::Rows { fields: NEW_FIELDS, columns: ROW_COLUMNS },
    },
    Tool {
        id: Id::GetProfile,
        name: "get_profile",
        command: "whoami",
        level: Level::Read,
        summary: "Say whose mailbox this is and how much is in it.",
        parameters: &[],
        answer: Answer::Document { fields: &["email", "messages_total", "threads_total", "history_id"] },
    },
    Tool {
        id: Id::MoveMessage,
        name: "move_message",
        command: "move",
        level: Level::Organise,
        summary: "Move messages from one folder to another, by folder name.",
        parameters: &[
            TARGETS,
            named(
                required(option(
                    "destination",
                    Kind::Text,
                    "Folder to move to, by name or id; Archive takes the message out of its folder only.",
                )),
                "to",
            ),
            or(
                option(
                    "folder",
                    Kind::Text,
                    "Folder to move from, by name or id; ALL removes the message from no folder.",
                ),
                "INBOX",
            ),
            CREATE,
            QUERY,
            MOST,
            YES,
            ORGANISE_DRY_RUN,
        ],
        answer: CHANGED,
    },
    Tool {
        id: Id::SetFlags,
        name: "set_flags",
        command: "flag",
        level: Level::Organise,
        summary: "Set or remove flags on messages.",
        parameters: &[
            TARGETS,
            required(option(
                "flags",
                Kind::Text,
                "Flags separated by spaces, e.g. \\Seen \\Flagged; other words are labels.",
            )),
            or(option("remove", Kind::Boolean, "Remove the flags instead of setting them."), "false"),
            UNUSED_FOLDER,
            QUERY,
            MOST,
            YES,
            ORGANISE_DRY_RUN,
        ],
        answer: CHANGED,
    },
    Tool {
        id: Id::LabelMessage,
        name: "label_message",
        command: "label",
        level: Level::Organise,
        summary: "Add labels to messages and remove labels from them.",
        parameters: &[
            TARGETS,
            option("add", Kind::Many, "Label to add, by name or id; several are allowed."),
            option("remove", Kind::Many, "Label to remove, by name or id; several are allowed."),
            CREATE,
            QUERY,
            MOST,
            YES,
            ORGANISE_DRY_RUN,
        ],
        answer: CHANGED,
    },
    change(
        Id::ArchiveMessage,
        "archive_message",
        "archive",
        "Take messages out of the inbox; they stay in All Mail.",
    ),
    change(
        Id::TrashMessage,
        "trash_message",
        "trash",
        "Move messages to the trash, where Gmail keeps them for 30 days.",
    ),
    change(
        Id::UntrashMessage,
        "untrash_message",
        "untrash",
        "Take messages out of the trash, back into the inbox.",
    ),
    change(Id::MarkRead, "mark_read", "mark-read", "Mark messages as read."),
    change(Id::MarkUnread, "mark_unread", "mark-unread", "Mark messages as unread."),
    change(Id::StarMessage, "star_message", "star", "Star messages."),
    change(Id::UnstarMessage, "unstar_message", "unstar", "Take the star off messages."),
    change(
        Id::SpamMessage,
        "spam_message",
        "spam",
        "Report messages as spam and take them out of the inbox.",
    ),
    change(Id::UnspamMessage, "unspam_message", "unspam", "Take messages out of spam, back into the inbox."),
    Tool {
        id: Id::CreateFolder,
        name: "create_folder",
        command: "create-folder",
        level: Level::Organise,
        summary: "Create a folder; Work/Invoices makes Work too. One that exists is answered with created false.",
        parameters: &[word("name", "Name of the folder; / separates levels.")],
        answer: Answer::Document { fields: &["id", "name", "created", "parents"] },
    },
    Tool {
        id: Id::RenameFolder,
        name: "rename_folder",
        command: "rename-folder",
        level: Level::Organise,
        summary: "Rename a folder and the ones below it; messages stay in them.",
        parameters: &[
            word("name", "Name or id of the folder."),
            word("new_name", "Its new name; / separates levels."),
        ],
        answer: Answer::Document { fields: &["id", "name", "renamed"] },
    },
    Tool {
        id: Id::DeleteFolder,
        name: "delete_folder",
        command: "delete-folder",
        level: Level::Organise,
        summary: "Delete a folder. Its messages stay in All Mail and only lose the label; folders below it stay.",
        parameters: &[
            word("name", "Name or id of the folder."),
            or(option("yes", Kind::Boolean, "Needed: really delete the folder."), "false"),
        ],
        answer: Answer::Document { fields: &["id", "name", "deleted"] },
    },
    Tool {
        id: Id::SendMessage,
        name: "send_message",
        command: "send",
        level: Level::Send,
        summary: "Send an email. In the result, verified says that the mailbox was searched for it after an unclear answer.",
        parameters: &[
            required(TO),
            required(SUBJECT),
            BODY,
            CC,
            BCC,
            REPLY_TO,
            BODY_FILE,
            HTML_BODY,
            HTML_FILE,
            FROM,
            ATTACH,
            INLINE,
            UNESCAPE,
            SEND_DRY_RUN,
            IDEMPOTENCY_KEY,
            AS_DRAFT,
            OR_DRAFT,
        ],
        answer: SENT,
    },
    Tool {
        id: Id::SendHtmlMessage,
        name: "send_html_message",
        command: "",
        level: Level::Send,
        summary: "Send an HTML email, with an optional plain text alternative.",
        parameters: &[
            required(TO),
            required(SUBJECT),
            required(HTML_BODY),
            option("text_body", Kind::Text, "Plain text alternative."),
            CC,
            BCC,
            REPLY_TO,
            FROM,
            ATTACH,
            INLINE,
            UNESCAPE,
            SEND_DRY_RUN,
            IDEMPOTENCY_KEY,
            AS_DRAFT,
            OR_DRAFT,
        ],
        answer: SENT,
    },
    Tool {
        id: Id::ReplyMessage,
        name: "reply_message",
        command: "reply",
        // With draft it sends nothing; without, it needs access to send.
        level: Level::Draft,
        summary: "Answer a message in its thread. It is sent, unless draft is set.",
        parameters: &[
            ANSWERED,
            BODY,
            or(option("all", Kind::Boolean, "Answer everybody who got the message."), "false"),
            CC,
            BCC,
            BODY_FILE,
            HTML_BODY,
            HTML_FILE,
            FROM,
            ATTACH,
            INLINE,
            NO_QUOTE,
            UNESCAPE,
            SEND_DRY_RUN,
            IDEMPOTENCY_KEY,
            AS_DRAFT,
            OR_DRAFT,
        ],
        answer: SENT,
    },
    Tool {
        id: Id::ForwardMessage,
        name: "forward_message",
        command: "forward",
        level: Level::Draft,
        summary: "Forward a message with its attachments. It is sent, unless draft is set.",
        parameters: &[
            ANSWERED,
            required(TO),
            BODY,
            CC,
            BCC,
            BODY_FILE,
            HTML_BODY,
            HTML_FILE,
            FROM,
            ATTACH,
            INLINE,
            or(option("no_attachments", Kind::Boolean, "Leave out the attachments of the message."), "false"),
            UNESCAPE,
            SEND_DRY_RUN,
            IDEMPOTENCY_KEY,
            AS_DRAFT,
            OR_DRAFT,
        ],
        answer: SENT,
    },
    Tool {
        id: Id::CreateDraft,
        name: "create_draft",
        command: "draft create",
        level: Level::Draft,
        summary: "Create a draft; nothing is sent.",
        parameters: &[
            TO,
            SUBJECT,
            BODY,
            CC,
            BCC,
            REPLY_TO,
            BODY_FILE,
            HTML_BODY,
            HTML_FILE,
            FROM,
            ATTACH,
            INLINE,
            UNESCAPE,
            SEND_DRY_RUN,
        ],
        answer: SENT,
    },
    Tool {
        id: Id::UpdateDraft,
        name: "update_draft",
        command: "draft update",
        level: Level::Draft,
        summary: "Change a draft. What is not given stays as it is; attach replaces the attachments.",
        parameters: &[
            DRAFT_ID,
            TO,
            SUBJECT,
            BODY,
            CC,
            BCC,
            REPLY_TO,
            BODY_FILE,
            HTML_BODY,
            HTML_FILE,
            FROM,
            ATTACH,
            INLINE,
            UNESCAPE,
            SEND_DRY_RUN,
        ],
        answer: SENT,
    },
    Tool {
        id: Id::ListDrafts,
        name: "list_drafts",
        command: "draft list",
        level: Level::Read,
        summary: "List the newest drafts.",
        parameters: &[or(option("limit", Kind::Integer { min: 1 }, "How many drafts at most."), "20")],
        answer: Answer::Rows {
            fields: &["draft_id", "uid", "to", "subject", "date", "snippet", "thread_id"],
            columns: &["draft_id", "date", "to", "subject"],
        },
    },
    Tool {
        id: Id::FetchDraft,
        name: "fetch_draft",
        command: "draft show",
        level: Level::Read,
        summary: "Show a draft as it would be read.",
        parameters: &[DRAFT_ID],
        answer: Answer::Document { fields: MESSAGE_FIELDS },
    },
    Tool {
        id: Id::SendDraft,
        name: "send_draft",
        command: "draft send",
        level: Level::Send,
        summary: "Send a draft as it is.",
        parameters: &[DRAFT_ID],
        answer: SENT,
    },
    Tool {
        id: Id::DeleteDraft,
        name: "delete_draft",
        command: "draft delete",
        level: Level::Draft,
        summary: "Delete a draft. Gmail does not keep it.",
        parameters: &[DRAFT_ID],
        answer: Answer::Document { fields: &["draft_id", "deleted"] },
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
        example: "40",
        text: "Seconds that one run may take, not counting the wait for a person.",
    },
];

/// The configuration key with this name.
pub(crate) fn key(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|k| k.name == name)
}
