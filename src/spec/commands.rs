//! How people find the commands: headings, short descriptions, examples, further names, and the words and options of
//! other programs with what to type here instead.
//!
//! The rows stand in the order in which help lists them. A test compares them with the command line, and parses every
//! example.

/// A heading of the list of commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Read,
    Write,
    Organise,
    SignIn,
    SetUp,
    Programs,
}

impl Group {
    pub(crate) const ALL: [Group; 6] =
        [Group::Read, Group::Write, Group::Organise, Group::SignIn, Group::SetUp, Group::Programs];

    pub(crate) fn heading(self) -> &'static str {
        match self {
            Group::Read => "Read",
            Group::Write => "Write",
            Group::Organise => "Organise",
            Group::SignIn => "Sign in",
            Group::SetUp => "Set up",
            Group::Programs => "For agents and scripts",
        }
    }
}

/// What help says about a command.
#[derive(Debug)]
pub(crate) struct CommandText {
    /// The words of the command.
    pub(crate) command: &'static str,
    pub(crate) group: Group,
    /// One phrase in the imperative, without a full stop.
    pub(crate) brief: &'static str,
    pub(crate) examples: &'static [&'static str],
    /// Names that work as well and that help does not list. None of them may make it easy to destroy something.
    pub(crate) aliases: &'static [&'static str],
}

const fn row(
    command: &'static str,
    group: Group,
    brief: &'static str,
    examples: &'static [&'static str],
) -> CommandText {
    CommandText { command, group, brief, examples, aliases: &[] }
}

impl CommandText {
    const fn also(mut self, aliases: &'static [&'static str]) -> CommandText {
        self.aliases = aliases;
        self
    }
}

pub(crate) const COMMANDS: &[CommandText] = &[
    row(
        "list",
        Group::Read,
        "List the newest messages in a folder",
        &["mcs-gmail list --limit 5", "mcs-gmail list --folder Work/Invoices --format jsonl"],
    )
    .also(&["ls"]),
    row(
        "search",
        Group::Read,
        "Search messages",
        &[
            "mcs-gmail search 'from:alice is:unread newer_than:7d'",
            "mcs-gmail search 'has:attachment' --folder ALL --limit 50",
        ],
    )
    .also(&["find"]),
    row(
        "count",
        Group::Read,
        "Count messages",
        &[
            "mcs-gmail count 'is:unread'",
            "mcs-gmail count 'from:alice newer_than:1y' --folder ALL --format tsv",
        ],
    ),
    row(
        "group",
        Group::Read,
        "Count messages by sender, domain, label, day or month",
        &[
            "mcs-gmail group sender 'newer_than:30d -from:me' --folder ALL",
            "mcs-gmail group day 'newer_than:7d'",
        ],
    )
    .also(&["top"]),
    row(
        "read",
        Group::Read,
        "Show messages",
        &["mcs-gmail read 18c9f2a4b5d6e7f8", "mcs-gmail read 18c9f2a4b5d6e7f8 --no-quotes --body html_text"],
    )
    .also(&["show", "cat"]),
    row(
        "thread",
        Group::Read,
        "Show a whole conversation",
        &["mcs-gmail thread 18c9f2a4b5d6e7f8", "mcs-gmail thread 18c9f2a4b5d6e7f8 --quotes"],
    ),
    row(
        "attachments",
        Group::Read,
        "List the attachments of messages, or save them",
        &[
            "mcs-gmail attachments 18c9f2a4b5d6e7f8 --out-dir invoices",
            "mcs-gmail attachments --query 'from:alice newer_than:1y' --out-dir invoices",
        ],
    ),
    row(
        "export",
        Group::Read,
        "Save messages as they were received",
        &[
            "mcs-gmail export 18c9f2a4b5d6e7f8 > mail.eml",
            "mcs-gmail export --query ALL --maildir --since-last --out mail",
        ],
    ),
    row(
        "new",
        Group::Read,
        "List the mail that arrived since the last run, for cron",
        &[
            "mcs-gmail new --cursor inbox",
            "mcs-gmail new --cursor bills --query 'subject:invoice' --format jsonl",
        ],
    ),
    row("folders", Group::Read, "List the folders", &["mcs-gmail folders", "mcs-gmail folders --counts"])
        .also(&["labels"]),
    row(
        "url",
        Group::Read,
        "Print the address of Gmail's page of a conversation",
        &["mcs-gmail url 18c9f2a4b5d6e7f8", "mcs-gmail url 18c9f2a4b5d6e7f8 --format json"],
    ),
    row(
        "open",
        Group::Read,
        "Open Gmail's page of a conversation in the browser",
        &["mcs-gmail open 18c9f2a4b5d6e7f8", "mcs-gmail open 18c9f2a4b5d6e7f8 --account ada@example.com"],
    ),
    row(
        "whoami",
        Group::Read,
        "Show the account and the size of its mailbox",
        &["mcs-gmail whoami", "mcs-gmail whoami --fields email"],
    ),
    row(
        "send",
        Group::Write,
        "Send an email",
        &[
            "mcs-gmail send --to bob@example.org --subject Lunch --body 'At noon?'",
            "mcs-gmail send --to bob@example.org --subject Report --body-file - --dry-run",
        ],
    ),
    row(
        "reply",
        Group::Write,
        "Reply to a message, in its conversation",
        &[
            "mcs-gmail reply 18c9f2a4b5d6e7f8 --body 'Thank you.'",
            "mcs-gmail reply 18c9f2a4b5d6e7f8 --all --draft --body 'I agree.'",
        ],
    ),
    row(
        "forward",
        Group::Write,
        "Forward a message with its attachments",
        &[
            "mcs-gmail forward 18c9f2a4b5d6e7f8 --to bob@example.org",
            "mcs-gmail forward 18c9f2a4b5d6e7f8 --to bob@example.org --as-attachment",
        ],
    ),
    row(
        "unsubscribe",
        Group::Write,
        "Leave the mailing lists of messages",
        &[
            "mcs-gmail unsubscribe 18c9f2a4b5d6e7f8 --dry-run",
            "mcs-gmail unsubscribe --query 'from:news older_than:7d' --dry-run",
        ],
    ),
    row(
        "draft",
        Group::Write,
        "Create, update, list, show, send or delete drafts",
        &[
            "mcs-gmail draft create --to bob@example.org --subject Lunch --body 'At noon?'",
            "mcs-gmail draft list",
        ],
    ),
    row(
        "draft create",
        Group::Write,
        "Create a draft",
        &[
            "mcs-gmail draft create --to bob@example.org --subject Lunch --body 'At noon?'",
            "mcs-gmail draft create --subject Ideas --body 'To be continued.'",
        ],
    ),
    row(
        "draft update",
        Group::Write,
        "Change a draft; what is not given stays as it is",
        &[
            "mcs-gmail draft update r-123 --subject 'Lunch on Friday'",
            "mcs-gmail draft update r-123 --body 'At one?' --cc carol@example.org",
        ],
    )
    .also(&["edit"]),
    row(
        "draft list",
        Group::Write,
        "List the newest drafts",
        &["mcs-gmail draft list", "mcs-gmail draft list --limit 5 --fields draft_id,subject"],
    )
    .also(&["ls"]),
    row(
        "draft show",
        Group::Write,
        "Show a draft",
        &["mcs-gmail draft show r-123", "mcs-gmail draft show r-123 --format json"],
    )
    .also(&["read", "view"]),
    row(
        "draft send",
        Group::Write,
        "Send a draft as it is",
        &["mcs-gmail draft send r-123", "mcs-gmail draft send r-123 --format json"],
    ),
    row(
        "draft delete",
        Group::Write,
        "Delete a draft permanently",
        &["mcs-gmail draft delete r-123 --yes", "mcs-gmail draft delete r-123 --yes --quiet"],
    ),
    row(
        "archive",
        Group::Organise,
        "Remove messages from the inbox; they stay in All Mail",
        &[
            "mcs-gmail archive 18c9f2a4b5d6e7f8",
            "mcs-gmail archive --query 'from:newsletter older_than:7d' --dry-run",
        ],
    ),
    row(
        "move",
        Group::Organise,
        "Move messages to another folder",
        &[
            "mcs-gmail move 18c9f2a4b5d6e7f8 --to Work/Invoices --create",
            "mcs-gmail move --query 'subject:invoice' --to Work/Invoices --create --dry-run",
        ],
    )
    .also(&["mv"]),
    row(
        "label",
        Group::Organise,
        "Add and remove labels",
        &[
            "mcs-gmail label 18c9f2a4b5d6e7f8 --add Work --create",
            "mcs-gmail label 18c9f2a4b5d6e7f8 --add Work --remove INBOX --create",
        ],
    ),
    row(
        "flag",
        Group::Organise,
        "Set or remove IMAP flags",
        &[
            "mcs-gmail flag 18c9f2a4b5d6e7f8 --flags '\\Flagged'",
            "mcs-gmail flag 18c9f2a4b5d6e7f8 --flags '\\Seen' --remove",
        ],
    ),
    row(
        "star",
        Group::Organise,
        "Star messages",
        &["mcs-gmail star 18c9f2a4b5d6e7f8", "mcs-gmail star --query 'from:alice is:unread' --limit 5"],
    ),
    row(
        "unstar",
        Group::Organise,
        "Remove the star from messages",
        &["mcs-gmail unstar 18c9f2a4b5d6e7f8", "mcs-gmail unstar --query 'older_than:1y' --dry-run"],
    ),
    row(
        "mark-read",
        Group::Organise,
        "Mark messages as read",
        &["mcs-gmail mark-read 18c9f2a4b5d6e7f8", "mcs-gmail mark-read --query 'older_than:30d' --dry-run"],
    ),
    row(
        "mark-unread",
        Group::Organise,
        "Mark messages as unread",
        &["mcs-gmail mark-unread 18c9f2a4b5d6e7f8", "mcs-gmail mark-unread --query 'from:alice' --limit 1"],
    ),
    row(
        "trash",
        Group::Organise,
        "Move messages to the trash, where they stay for 30 days",
        &[
            "mcs-gmail trash 18c9f2a4b5d6e7f8",
            "mcs-gmail trash --query 'category:promotions older_than:1y' --dry-run",
        ],
    ),
    row(
        "untrash",
        Group::Organise,
        "Move messages out of the trash, back into the inbox",
        &["mcs-gmail untrash 18c9f2a4b5d6e7f8", "mcs-gmail untrash --query 'from:alice' --dry-run"],
    ),
    row(
        "spam",
        Group::Organise,
        "Report messages as spam",
        &["mcs-gmail spam 18c9f2a4b5d6e7f8", "mcs-gmail spam --query 'from:lottery' --dry-run"],
    ),
    row(
        "unspam",
        Group::Organise,
        "Move messages out of spam, back into the inbox",
        &["mcs-gmail unspam 18c9f2a4b5d6e7f8", "mcs-gmail unspam --query 'from:alice' --dry-run"],
    ),
    row(
        "import",
        Group::Organise,
        "Put messages from a file into the mailbox",
        &["mcs-gmail import mail.eml", "mcs-gmail import mail.eml --folder Restored --create"],
    ),
    row(
        "create-folder",
        Group::Organise,
        "Create a folder",
        &["mcs-gmail create-folder Work/Invoices", "mcs-gmail create-folder 'Follow up'"],
    ),
    row(
        "edit-folder",
        Group::Organise,
        "Change the colour of a folder, and where Gmail shows it",
        &[
            "mcs-gmail edit-folder Work/Invoices --label-color green",
            "mcs-gmail edit-folder Work/Invoices --label-list show_if_unread",
        ],
    ),
    row(
        "rename-folder",
        Group::Organise,
        "Rename a folder and the folders below it",
        &[
            "mcs-gmail rename-folder Work/Invoices Work/Bills",
            "mcs-gmail rename-folder Work/Bills Work/Invoices",
        ],
    ),
    row(
        "delete-folder",
        Group::Organise,
        "Delete a folder; its messages stay in All Mail",
        &["mcs-gmail delete-folder Work/Old --yes", "mcs-gmail delete-folder 'Follow up' --yes"],
    ),
    row(
        "filters",
        Group::Organise,
        "List the filters, which sort mail when it arrives",
        &["mcs-gmail filters", "mcs-gmail filters --fields search,actions"],
    ),
    row(
        "filter",
        Group::Organise,
        "Create, delete, export, import or apply filters",
        &[
            "mcs-gmail filter create --from a@b.example --label News --create --archive",
            "mcs-gmail filter export > filters.json",
        ],
    ),
    row(
        "filter export",
        Group::Organise,
        "Print all filters as JSON",
        &["mcs-gmail filter export > filters.json", "mcs-gmail filter export | jq '.filters | length'"],
    ),
    row(
        "filter create",
        Group::Organise,
        "Create a filter",
        &[
            "mcs-gmail filter create --from news@example.com --label News --create",
            "mcs-gmail filter create --subject invoice --star --also-existing --dry-run",
        ],
    ),
    row(
        "filter delete",
        Group::Organise,
        "Delete a filter",
        &["mcs-gmail filter delete ANe1BmhU0 --yes", "mcs-gmail filter delete ANe1BmhU0 --yes --format json"],
    ),
    row(
        "filter import",
        Group::Organise,
        "Create the filters of a file that are missing",
        &["mcs-gmail filter import filters.json", "mcs-gmail filter import filters.json --create --dry-run"],
    ),
    row(
        "filter apply",
        Group::Organise,
        "Make the filters those of a file",
        &["mcs-gmail filter apply filters.json --dry-run", "mcs-gmail filter apply filters.json --yes"],
    ),
    row(
        "aliases",
        Group::Write,
        "List the addresses that mail can be sent from",
        &["mcs-gmail aliases", "mcs-gmail aliases --fields address,signature"],
    ),
    row(
        "forwarding",
        Group::Organise,
        "Show where Gmail forwards mail",
        &["mcs-gmail forwarding", "mcs-gmail forwarding --fields enabled,address"],
    ),
    row(
        "vacation",
        Group::Organise,
        "Show automatic replies, turn them on or off",
        &["mcs-gmail vacation show", "mcs-gmail vacation on --body 'Back on Monday.' --to 2026-12-06"],
    ),
    row(
        "vacation show",
        Group::Organise,
        "Show the automatic reply",
        &["mcs-gmail vacation show", "mcs-gmail vacation show --fields enabled,ends"],
    ),
    row(
        "vacation on",
        Group::Organise,
        "Turn on automatic replies",
        &[
            "mcs-gmail vacation on --from 2026-12-24 --to 2027-01-06 --body 'I am away.'",
            "mcs-gmail vacation on --body 'Back on Monday.' --contacts-only --dry-run",
        ],
    ),
    row(
        "vacation off",
        Group::Organise,
        "Turn off automatic replies",
        &["mcs-gmail vacation off", "mcs-gmail vacation off --format json"],
    ),
    row(
        "auth",
        Group::SignIn,
        "Sign in (auth login), show the state (auth status), sign out (auth logout)",
        &["mcs-gmail auth login", "mcs-gmail auth status"],
    ),
    row(
        "auth login",
        Group::SignIn,
        "Sign in, and show the account",
        &["mcs-gmail auth login", "mcs-gmail auth login --new --qr"],
    ),
    row(
        "auth status",
        Group::SignIn,
        "Check whether Gmail can be used: account, scopes, policy and pending sign-in",
        &["mcs-gmail auth status", "mcs-gmail auth status --format json --fields usable,account"],
    ),
    row(
        "auth list",
        Group::SignIn,
        "List the accounts signed in on this machine",
        &["mcs-gmail auth list", "mcs-gmail auth list --format jsonl"],
    )
    .also(&["ls"]),
    row(
        "auth wait",
        Group::SignIn,
        "Wait for a pending sign-in, until it is completed or the link changes",
        &["mcs-gmail auth wait", "mcs-gmail auth wait --wait 120"],
    ),
    row(
        "auth logout",
        Group::SignIn,
        "Revoke the sign-in and delete it from the cache",
        &["mcs-gmail auth logout", "mcs-gmail auth logout --disconnect"],
    ),
    row(
        "doctor",
        Group::SetUp,
        "Check the whole set-up, and say what to fix",
        &["mcs-gmail doctor", "mcs-gmail doctor --offline --format json"],
    ),
    row(
        "config",
        Group::SetUp,
        "Write, show or find the configuration",
        &["mcs-gmail config init", "mcs-gmail config show"],
    ),
    row(
        "config init",
        Group::SetUp,
        "Ask for the values and write them to a file that only you can read",
        &["mcs-gmail config init", "mcs-gmail config init --from-env"],
    ),
    row(
        "config show",
        Group::SetUp,
        "Show each value with its source, the policy, and what is wrong; no secrets",
        &["mcs-gmail config show", "mcs-gmail config show --format json"],
    ),
    row(
        "config path",
        Group::SetUp,
        "List the files that are read, in order, and whether each exists",
        &["mcs-gmail config path", "mcs-gmail config path --format jsonl"],
    ),
    row(
        "config example",
        Group::SetUp,
        "Print a commented example to save as ~/.mcs/mcs-gmail.toml",
        &["mcs-gmail config example", "mcs-gmail config example > mcs-gmail.toml"],
    ),
    row(
        "skill",
        Group::SetUp,
        "Install the skill into Claude Code, or make its bundle for uploading",
        &["mcs-gmail skill install", "mcs-gmail skill pack"],
    ),
    row(
        "skill install",
        Group::SetUp,
        "Install the skill into Claude Code, and show the lines that its settings need",
        &["mcs-gmail skill install", "mcs-gmail skill install --apply"],
    ),
    row(
        "skill pack",
        Group::SetUp,
        "Make the zip of the skill that is uploaded for Cowork and claude.ai",
        &["mcs-gmail skill pack", "mcs-gmail skill pack --binary mcs-gmail-linux-aarch64 --out skill.zip"],
    ),
    row(
        "completions",
        Group::SetUp,
        "Print the completion script for a shell",
        &["mcs-gmail completions bash", "mcs-gmail completions zsh > _mcs-gmail"],
    )
    .also(&["completion"]),
    row("man", Group::SetUp, "Print the manual page", &["mcs-gmail man", "mcs-gmail man > mcs-gmail.1"]),
    row(
        "help",
        Group::SetUp,
        "Show help for a command, a topic or an error code",
        &["mcs-gmail help draft create", "mcs-gmail help rate_limited"],
    ),
    row(
        "exec",
        Group::Programs,
        "Run a tool by its contract name, with its parameters as one JSON object",
        &[
            "mcs-gmail exec list_messages '{\"limit\":5}'",
            "mcs-gmail exec search_messages '{\"criteria\":\"is:unread\"}'",
        ],
    ),
    row(
        "tools",
        Group::Programs,
        "List the tools and their parameters",
        &["mcs-gmail tools", "mcs-gmail tools --as anthropic"],
    ),
    row(
        "schema",
        Group::Programs,
        "Print the whole contract as JSON",
        &["mcs-gmail schema", "mcs-gmail schema --format json"],
    ),
    row(
        "status",
        Group::Programs,
        "Show name, version and tools as JSON",
        &["mcs-gmail status", "mcs-gmail status --access read"],
    ),
];

/// What help says about the command with these words.
pub(crate) fn command_text(command: &str) -> Option<&'static CommandText> {
    COMMANDS.iter().find(|row| row.command == command)
}

/// Words that are commands elsewhere, or that say what somebody wants, and what to type here. They are only suggested.
/// Those of a group of commands begin with its name.
pub(crate) const HABITS: &[(&str, &str)] = &[
    ("accounts", "auth list"),
    ("attach", "attachments"),
    ("auth accounts", "auth list"),
    ("auth add", "auth login"),
    ("auth check", "auth status"),
    ("auth refresh", "auth login --new"),
    ("auth remove", "auth logout"),
    ("auth revoke", "auth logout"),
    ("auth show", "auth status"),
    ("auth sign-in", "auth login"),
    ("auth sign-out", "auth logout"),
    ("auth signin", "auth login"),
    ("auth signout", "auth logout"),
    ("auth token", "auth status"),
    ("auth whoami", "whoami"),
    ("browse", "open"),
    ("attachment", "attachments"),
    ("check", "new --cursor inbox"),
    ("compose", "send"),
    ("config edit", "config path"),
    ("config get", "config show"),
    ("config list", "config show"),
    ("config set", "config path"),
    ("conversation", "thread"),
    ("conversations", "list --threads"),
    ("del", "trash"),
    ("delete", "trash"),
    ("download", "attachments"),
    ("draft add", "draft create"),
    ("draft cat", "draft show"),
    ("draft change", "draft update"),
    ("draft discard", "draft delete"),
    ("draft get", "draft show"),
    ("draft new", "draft create"),
    ("draft remove", "draft delete"),
    ("draft rm", "draft delete"),
    ("draft write", "draft create"),
    ("drafts", "draft list"),
    ("envelope", "list"),
    ("erase", "trash"),
    ("fetch", "read"),
    ("filter add", "filter create"),
    ("filter diff", "filter apply --dry-run"),
    ("filter list", "filters"),
    ("filter ls", "filters"),
    ("filter new", "filter create"),
    ("filter remove", "filter delete"),
    ("filter rm", "filter delete"),
    ("filter show", "filters"),
    ("flagged", "search is:starred"),
    ("folder", "folders"),
    ("forwarding list", "forwarding"),
    ("forwards", "forward"),
    ("fwd", "forward"),
    ("get", "read"),
    ("grep", "search"),
    ("inbox", "list"),
    ("index", "list"),
    ("init", "config init"),
    ("junk", "spam"),
    ("latest", "list"),
    ("mail", "list, or mcs-gmail send"),
    ("mailbox", "folders"),
    ("mailboxes", "folders"),
    ("mails", "list"),
    ("mark", "mark-read"),
    ("me", "whoami"),
    ("message", "read"),
    ("messages", "list"),
    ("mkdir", "create-folder"),
    ("new-folder", "create-folder"),
    ("outbox", "draft list"),
    ("print", "read"),
    ("profile", "whoami"),
    ("query", "search"),
    ("refile", "move"),
    ("remove", "trash"),
    ("respond", "reply"),
    ("restore", "untrash"),
    ("rm", "trash"),
    ("rmdir", "delete-folder"),
    ("save", "attachments"),
    ("seen", "mark-read"),
    ("sent", "list --folder Sent"),
    ("setup", "config init"),
    ("sign-in", "auth login"),
    ("sign-out", "auth logout"),
    ("signin", "auth login"),
    ("signout", "auth logout"),
    ("starred", "search is:starred"),
    ("tag", "label"),
    ("threads", "list --threads"),
    ("undelete", "untrash"),
    ("unread", "search is:unread"),
    ("unseen", "search is:unread"),
    ("usage", "help"),
    ("web", "open"),
    ("link", "url"),
    ("user", "whoami"),
    ("version", "--version"),
    ("view", "read"),
    ("watch", "new --cursor inbox"),
    ("write", "send"),
];

/// The same for options. An option is only suggested for a command that has it.
pub(crate) const OPTION_HABITS: &[(&str, &str)] = &[
    ("--attachment", "--attach"),
    ("--attachments", "--attach"),
    ("--batch", "--no-input"),
    ("--confirm", "--yes"),
    ("--content", "--body"),
    ("--count", "--limit"),
    ("--csv", "--format tsv"),
    ("--dest", "--to"),
    ("--destination", "--to"),
    ("--dir", "--out-dir"),
    ("--directory", "--out-dir"),
    ("--dry", "--dry-run"),
    ("--everyone", "--all"),
    ("--file", "--attach"),
    ("--filter", "--query"),
    ("--force", "--yes"),
    ("--html", "--html-body"),
    ("--ids", "--format ids"),
    ("--in", "--folder"),
    ("--interactive", "--wait"),
    ("--json", "--format json"),
    ("--jsonl", "--format jsonl"),
    ("--label", "--folder"),
    ("--mailbox", "--folder"),
    ("--max-count", "--limit"),
    ("--max-results", "--limit"),
    ("--message", "--body"),
    ("--no-color", "--color never"),
    ("--no-colour", "--color never"),
    ("--non-interactive", "--no-input"),
    ("--number", "--limit"),
    ("--output", "--format"),
    ("--page", "--page-token"),
    ("--plain", "--format tsv"),
    ("--profile", "--account"),
    ("--recipient", "--to"),
    ("--reply-all", "--all"),
    ("--sender", "--from"),
    ("--silent", "--quiet"),
    ("--source", "--folder"),
    ("--table", "--format text"),
    ("--text", "--body"),
    ("--title", "--subject"),
    ("--trace", "--debug"),
    ("--tsv", "--format tsv"),
    ("--user", "--account"),
    ("-F", "--format"),
    ("-a", "--account"),
    ("-b", "--body"),
    ("-f", "--folder"),
    ("-j", "--format json"),
    ("-m", "--body"),
    ("-o", "--format"),
    ("-s", "--subject"),
    ("-t", "--to"),
    ("-v", "--verbose"),
    ("-w", "--wait"),
    ("-y", "--yes"),
];
