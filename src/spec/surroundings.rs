//! What surrounds a run: exit statuses, files and variables, for the manual and for `help`.

/// Every exit status and what it means. A test compares them with the error codes.
pub(crate) const EXITS: &[(u8, &str)] = &[
    (0, "Done. A closed pipe counts as success, too."),
    (1, "Failed, for a reason that has no status of its own."),
    (2, "A command, a parameter or a value is wrong."),
    (3, "Nothing was found, and --fail-empty was given."),
    (4, "A person must sign in. The result has the link and the code."),
    (5, "A message, folder, draft, attachment or file does not exist."),
    (6, "Refused by the policy, by a missing permission or by the network."),
    (7, "Rate limited. retry_after says how many seconds to wait."),
    (8, "A temporary failure of the network or of a server. Run the same command again."),
    (9, "Partly done, or it is not known whether a message was sent."),
    (10, "The configuration of this program, of Auth0 or of the broker is wrong."),
    (130, "Interrupted with Ctrl-C."),
    (143, "Ended by SIGTERM."),
];

/// Files that are read or written.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("~/.mcs/mcs-gmail.toml", "The configuration of the user. mcs-gmail config path lists the other places."),
    ("~/.config/mcs-gmail/config.toml", "The same, where ~/.mcs/mcs-gmail.toml does not exist."),
    (
        "/etc/mcs-gmail/config.toml",
        "The configuration of the machine. Its policy applies to every user, who can only narrow it.",
    ),
    (
        "~/.mcs/cache/mcs-gmail.json",
        "The state between runs: sign-ins, tokens, cursors. It contains secrets. Never share it.",
    ),
    (
        "~/.mcs/cache/mcs-gmail.lists-*.json",
        "The ids of the messages with which the last lists of an account began, so that a repeated list is one request.",
    ),
    (
        "~/.mcs/cache/mcs-gmail.rows-*.json",
        "With remember = true: what the last lists of an account showed of their messages.",
    ),
];

/// Variables that are not those of a configuration key.
pub(crate) const VARIABLES: &[(&str, &str)] = &[
    ("MCS_GMAIL_CONFIG", "Configuration file to read instead of the usual ones."),
    ("MCS_GMAIL_POLICY", "Access level that narrows the policy: read, organise, draft or send."),
    ("HTTPS_PROXY, ALL_PROXY, NO_PROXY", "The proxy, and the hosts that are reached without it."),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "Certificates to trust, such as those of a proxy that inspects traffic."),
    ("REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, NODE_EXTRA_CA_CERTS", "More certificates to trust."),
    ("TMPDIR", "The temporary directory, from which files may be sent."),
    ("CLAUDE_CONFIG_DIR", "The directory of Claude Code, if it is not ~/.claude. skill install uses it."),
    ("BROWSER", "Command that opens a sign-in link."),
    (
        "VISUAL, EDITOR",
        "Editor in which send, reply, forward and draft create open a message without a body.",
    ),
    (
        "MCS_GMAIL_PAGER, PAGER",
        "Program that shows what is longer than the terminal; less by default, nothing if it is empty or cat.",
    ),
    ("NO_COLOR, CLICOLOR_FORCE", "Never, or always, use colour."),
    ("TZ", "The time zone in which dates are shown."),
];
