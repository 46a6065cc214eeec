//! What each operation costs with a valid access token: TLS connections, requests and Gmail's quota units, in the
//! first run, and in the same run once more after three messages have arrived.

use std::sync::Mutex;

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::{
    kit::{User, for_each_in_parallel},
    sandbox::Costs,
};

/// Connections, requests, units.
type Row = (&'static str, [u64; 3], [u64; 3]);

/// `@N` are the ids of the newest N messages in the inbox, `@big` is a message with an attachment of 5 MB, `@draft`
/// is a draft, `@list` a message of a mailing list.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    // command                                         first run        once more
    ("list --limit 1",                                 [1, 2, 31],      [1, 2, 51]),
    ("list --limit 5",                                 [1, 2, 111],     [1, 2, 171]),
    ("list --limit 20",                                [1, 2, 411],     [1, 2, 471]),
    ("list --limit 100",                               [1, 5, 2011],    [1, 4, 2011]),
    ("list --limit 500",                               [1, 21, 10011],  [1, 20, 10011]),
    ("list --limit 500 --fields uid",                  [1, 1, 5],       [1, 1, 5]),
    ("list --limit 20 --folder Work",                  [1, 3, 252],     [1, 1, 252]),
    ("search subject:message --limit 20",              [1, 2, 411],     [1, 2, 471]),
    ("count",                                          [1, 4, 20],      [1, 4, 20]),
    ("count --estimate",                               [1, 1, 5],       [1, 1, 5]),
    ("group sender --folder Work",                     [1, 3, 246],     [1, 3, 246]),
    ("group label",                                    [1, 5, 116],     [1, 5, 116]),
    ("read @1",                                        [1, 1, 20],      [1, 1, 20]),
    ("read @1 --risk",                                 [1, 2, 25],      [1, 2, 25]),
    ("read @10",                                       [1, 1, 200],     [1, 1, 200]),
    ("thread @1",                                      [1, 1, 40],      [1, 1, 40]),
    ("attachments @big",                               [1, 1, 20],      [1, 1, 20]),
    ("attachments @big --out-dir .",                   [1, 2, 40],      [1, 2, 40]),
    ("export @1 --out .",                              [1, 1, 20],      [1, 1, 20]),
    ("send --to a@example.org --subject s --body x",   [1, 2, 101],     [1, 1, 100]),
    ("reply @1 --body x",                              [1, 2, 121],     [1, 2, 121]),
    ("forward @big --to a@example.org",                [1, 3, 121],     [1, 2, 120]),
    ("unsubscribe @list",                              [1, 3, 121],     [1, 1, 20]),
    ("unsubscribe @list --dry-run",                    [1, 1, 20],      [1, 1, 20]),
    ("draft create --to a@example.org --body x",       [1, 2, 11],      [1, 1, 10]),
    ("draft list",                                     [1, 2, 85],      [1, 1, 85]),
    ("draft show @draft",                              [1, 1, 20],      [1, 1, 20]),
    ("archive @1",                                     [1, 1, 5],       [1, 1, 5]),
    ("archive @5",                                     [1, 1, 25],      [1, 1, 25]),
    ("archive @1000",                                  [1, 4, 55],      [1, 5, 63]),
    ("archive --query ALL --limit 1000 --yes",         [1, 3, 60],      [1, 3, 60]),
    ("move @5 --to Work",                              [1, 2, 26],      [1, 2, 26]),
    ("star @5",                                        [1, 1, 25],      [1, 1, 25]),
    ("mark-read @1",                                   [1, 1, 5],       [1, 1, 5]),
    ("trash @1",                                       [1, 1, 5],       [1, 1, 5]),
    ("trash @5",                                       [1, 1, 25],      [1, 1, 25]),
    ("trash @1000",                                    [1, 6, 59],      [1, 5, 63]),
    ("untrash @5",                                     [1, 1, 100],     [1, 1, 100]),
    ("new --cursor c",                                 [1, 2, 26],      [1, 2, 68]),
    ("folders",                                        [1, 1, 1],       [1, 1, 1]),
    ("edit-folder Work --label-color red",             [1, 2, 6],       [1, 2, 6]),
    ("send --to a@example.org --subject s --body x --signature", [1, 2, 101], [1, 2, 101]),
    ("whoami",                                         [1, 1, 1],       [1, 1, 1]),
];

#[test]
fn each_operation_costs_this_many_connections_requests_and_units() {
    let wrong = Mutex::new(Vec::new());
    for_each_in_parallel(ROWS.chunks(ROWS.len().div_ceil(4)), |rows| {
        for row in rows {
            let measured = measure(row.0);
            if measured != *row {
                wrong.lock().unwrap().push(line(&measured));
            }
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "these rows have other costs:\n{}", wrong.concat());
}

fn measure(command: &'static str) -> Row {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.bulk(1500));
    let args = arguments(&user, command);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let [first, again] = [1, 2].map(|_| {
        user.world.clear_log();
        let done = user.run(&args).done();
        assert_eq!(done.code, 0, "{command}: {}", done.stderr);
        let Costs { connections, requests, units } = user.world.costs();
        user.world.gmail(|gmail| gmail.bulk(3));
        [connections as u64, requests as u64, units]
    });
    (command, first, again)
}

fn arguments(user: &User, command: &str) -> Vec<String> {
    let word = |word: &str| match word.strip_prefix('@') {
        None => vec![word.to_owned()],
        Some("big") => vec![message_with_a_big_attachment(user)],
        Some("list") => vec![message_of_a_list(user)],
        Some("draft") => vec![user.draft_ids().pop().unwrap()],
        Some(count) => user.inbox(count.parse().unwrap()),
    };
    command.split(' ').flat_map(word).collect()
}

fn message_of_a_list(user: &User) -> String {
    let list =
        "From: n@news.example\nTo: ada@example.com\nList-Unsubscribe: <mailto:leave@news.example>\n\nNews\n";
    user.receive_checked("dmarc=pass header.from=news.example", list)
}

fn message_with_a_big_attachment(user: &User) -> String {
    let bytes = BASE64_STANDARD.encode(vec![0; 5_000_000]);
    user.receive(&format!(
        "From: b@example.org\nTo: ada@example.com\nSubject: Big\nMessage-ID: <big@example.org>\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee attachment.\n--b\n\
         Content-Type: application/octet-stream; name=big.bin\nContent-Disposition: attachment; filename=big.bin\n\
         Content-Transfer-Encoding: base64\n\n{bytes}\n--b--\n"
    ))
}

/// A row as it stands in the table.
fn line((command, first, again): &Row) -> String {
    let name = format!("({command:?},");
    let first = format!("{first:?},");
    format!("    {name:<51}{first:<17}{again:?}),\n")
}
