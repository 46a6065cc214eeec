//! The history of a conversation is folded, and nothing that the sender wrote: mail of many programs and languages.

use serde_json::Value;

use crate::kit::User;

const ANSWER: &str = "Hi Bob,\nOn my way.";
const OLD: &str = "Shall we meet on Tuesday?";

fn body(message: &Value) -> &str {
    message["body"].as_str().unwrap()
}

/// A reply as plain text: the program and its language, and what it puts below the answer.
const PLAIN: &[(&str, &str)] = &[
    ("Gmail en", "On Mon, Nov 3, 2025 at 9:00 AM Bob Miller <bob@example.org>\nwrote:\n\n> OLD\n> Bob\n"),
    ("Gmail de", "Am Mo., 3. Nov. 2025 um 09:00 Uhr schrieb Bob <bob@example.org>:\n\n> OLD\n> Bob\n"),
    ("Gmail ru", "пн, 3 нояб. 2025 г. в 09:00, Bob <bob@example.org>:\n\n> OLD\n> Bob\n"),
    ("Gmail zh", "Bob <bob@example.org> 于2025年11月3日周一 09:00写道：\n\n> OLD\n> Bob\n"),
    ("Gmail ja", "2025年11月3日(月) 9:00 Bob <bob@example.org>:\n\n> OLD\n> Bob\n"),
    ("Gmail ko", "2025년 11월 3일 (월) 오전 9:00, Bob <bob@example.org>님이 작성:\n\n> OLD\n> Bob\n"),
    ("Gmail he", "בתאריך יום ב׳, 3 בנוב׳ 2025 ב-9:00 מאת Bob <bob@example.org>:\n\n> OLD\n> Bob\n"),
    (
        "Gmail ar",
        "في الاثنين، 3 نوفمبر 2025 في 9:00 ص تمت كتابة ما يلي بواسطة Bob <bob@example.org>:\n\n> OLD\n> Bob\n",
    ),
    ("Gmail tr", "Bob <bob@example.org>, 3 Kas 2025 Pzt, 09:00 tarihinde şunu yazdı:\n\n> OLD\n> Bob\n"),
    ("Gmail hi", "सोम, 3 नव॰ 2025 को 9:00 am बजे को Bob <bob@example.org> ने लिखा:\n\n> OLD\n> Bob\n"),
    ("Apple fr", "Le 3 nov. 2025 à 09:00, Bob <bob@example.org> a écrit :\n> \n> OLD\n> Bob\n"),
    ("Thunderbird pl", "W dniu 3.11.2025 o 09:00, Bob pisze:\n> OLD\n> Bob\n"),
    ("Roundcube es", "El 2025-11-03 09:00, Bob escribió:\n> OLD\n> Bob\n"),
    ("Zoho", "---- On Mon, 03 Nov 2025 09:00:00 +0530 Bob <bob@example.org> wrote ----\n\n> OLD\n> Bob\n"),
    (
        "ProtonMail",
        "On Monday, November 3rd, 2025 at 9:00 AM, Bob <bob@example.org> wrote:\n\n> OLD\n> Bob\n",
    ),
    ("mail.ru", "Понедельник, 3 ноября 2025, 9:00 +03:00 от Bob <bob@example.org>:\n\n> OLD\n> Bob\n"),
    (
        "Outlook nl",
        "Van: Bob <bob@example.org>\nVerzonden: maandag 3 november 2025 09:00\nAan: Ada\nOnderwerp: Plan\n\nOLD\nBob\n",
    ),
    ("Outlook it", "Da: Bob\nInviato: lunedì 3 novembre 2025 09:00\nA: Ada\nOggetto: Piano\n\nOLD\nBob\n"),
    (
        "Outlook cs",
        "Od: Bob <bob@example.org>\nOdesláno: pondělí 3. listopadu 2025 9:00\nKomu: Ada\nPředmět: Plán\n\nOLD\nBob\n",
    ),
    (
        "Outlook el",
        "Από: Bob <bob@example.org>\nΣτάλθηκε: Δευτέρα, 3 Νοεμβρίου 2025 9:00\nΠρος: Ada\nΘέμα: Plan\n\nOLD\nBob\n",
    ),
    (
        "GMX",
        "Gesendet: Montag, 3. November 2025 um 09:00 Uhr\nVon: \"Bob\" <bob@example.org>\nAn: ada@example.com\nBetreff: Plan\n\nOLD\nBob\n",
    ),
    (
        "Samsung pt",
        "-------- Mensagem original --------\nDe: Bob <bob@example.org>\nData: 03/11/2025 09:00\nPara: Ada\nAssunto: Plano\n\nOLD\nBob\n",
    ),
];

/// The same as HTML.
const HTML: &[(&str, &str)] = &[
    (
        "Gmail sv",
        "<br><div class=gmail_quote><div dir=ltr>Den mån 3 nov. 2025 kl 09:00 skrev Bob &lt;<a href='mailto:bob@example.org'>bob@example.org</a>&gt;:<br></div><blockquote>OLD<br>Bob</blockquote></div>",
    ),
    (
        "Apple en",
        "<div><br><blockquote type=cite><div>On 3 Nov 2025, at 09:00, Bob &lt;bob@example.org&gt; wrote:</div><br><div>OLD<br>Bob</div></blockquote></div>",
    ),
    (
        "Yahoo",
        "<div class=yahoo_quoted><div>On Monday, November 3, 2025 at 09:00:00 AM GMT+1, Bob &lt;bob@example.org&gt; wrote: </div><div><br></div><div>OLD<br>Bob</div></div>",
    ),
    (
        "Yandex",
        "<div>03.11.2025, 09:00, \"Bob\" &lt;bob@example.org&gt;:</div><blockquote><p>OLD</p><p>Bob</p></blockquote>",
    ),
    (
        "Thunderbird de",
        "<div class=moz-cite-prefix>Am 03.11.25 um 09:00 schrieb Bob:<br></div><blockquote>OLD<br>Bob</blockquote>",
    ),
    (
        "Outlook en",
        "<div style='border-top:solid 1pt'><p><b>From:</b> Bob &lt;bob@example.org&gt; <br><b>Sent:</b> Monday, November 3, 2025 9:00 AM<br><b>To:</b> Ada<br><b>Subject:</b> Plan</p></div><p>OLD</p><p>Bob</p>",
    ),
    (
        "Outlook web",
        "<hr><div><font><b>From:</b> Bob &lt;bob@example.org&gt;<br><b>Sent:</b> Monday, November 3, 2025 9:00 AM<br><b>To:</b> Ada<br><b>Subject:</b> Plan</font></div><div>OLD<br>Bob</div>",
    ),
    (
        "Outlook da",
        "<div><p><b>Fra:</b> Bob &lt;bob@example.org&gt;</p><p><b>Sendt:</b> 3. november 2025 09:00</p><p><b>Til:</b> Ada</p><p><b>Emne:</b> Plan</p></div><p>OLD</p><p>Bob</p>",
    ),
];

/// The mails of the tables, each with its program.
fn replies() -> impl Iterator<Item = (&'static str, String)> {
    let mail = |kind: &str, body: String| {
        format!(
            "From: Carol <carol@example.org>\nTo: ada@example.com\nSubject: Re: Plan\nContent-Type: text/{kind}; charset=utf-8\n\n{body}"
        )
    };
    let plain =
        PLAIN.iter().map(move |(program, history)| (*program, mail("plain", format!("{ANSWER}\n{history}"))));
    let html = HTML.iter().map(move |(program, history)| {
        (*program, mail("html", format!("<div>{}</div>{history}", ANSWER.replace('\n', "<br>"))))
    });
    plain.chain(html).map(|(program, mail)| (program, mail.replace("OLD", OLD)))
}

#[test]
fn a_reply_is_kept_and_its_history_folded_whatever_program_and_language_wrote_it() {
    let user = User::signed_in();
    let mails: Vec<(&str, String)> =
        replies().map(|(program, mail)| (program, user.receive(&mail))).collect();
    let ids: Vec<&str> = mails.iter().map(|(_, id)| id.as_str()).collect();
    let read = user.run(&[&["read", "--no-quotes"], &ids[..]].concat()).json();
    for ((program, _), message) in mails.iter().zip(read.as_array().unwrap()) {
        let count = &message["quoted_lines_folded"];
        let expected = [ANSWER, "\n", &format!("[quoted text: {count} lines]")].concat();
        let lines: Vec<&str> = body(message).lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(lines.join("\n"), expected, "{program}");
    }
}

/// The body of a plain text with this subject, read with its history folded.
fn folded(user: &User, subject: &str, text: &str) -> Value {
    let id = user.receive(&format!(
        "From: Carol <carol@example.org>\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n{text}"
    ));
    user.run(&["read", &id, "--no-quotes"]).json()
}

#[test]
fn a_mail_that_is_passed_on_is_shown_whole() {
    let user = User::signed_in();
    let blocks = [
        "From: Bob <bob@example.org>\nSent: Monday, November 3, 2025 9:00 AM\nTo: Ada\nSubject: Plan",
        "Von: Bob\nGesendet: Montag, 3. November 2025 09:00\nAn: Ada\nBetreff: Plan",
        "-----Original Message-----\nFrom: Bob <bob@example.org>\nSent: Monday\nTo: Ada\nSubject: Plan",
    ];
    for (at, subject) in [
        "FW: Plan",
        "WG: Plan",
        "TR: Plan",
        "RV: Plan",
        "ENC: Plan",
        "I: Plan",
        "Fwd: Plan",
        "[EXT] FW: Re: Plan",
    ]
    .iter()
    .enumerate()
    {
        let text = format!(
            "For your information.\n\n{}\n\nShall we meet?\n> older\n> still\n> and\n> more\n",
            blocks[at % 3]
        );
        let message = folded(&user, subject, &text);
        assert_eq!((body(&message).trim_end(), message.get("quoted_lines_folded")), (text.trim_end(), None));
    }
    let passed_on = "See below.\n\nBegin forwarded message:\n\n> From: Bob <bob@example.org>\n> Subject: Plan\n>                      Date: 3 November 2025 at 09:00:00 GMT+1\n> To: Ada <ada@example.com>\n> \n> Shall we meet?\n";
    assert_eq!(body(&folded(&user, "Plan", passed_on)), passed_on);
    let answered = folded(&user, "Re: FW: Plan", &format!("No.\n\n{}\n\nShall we meet?\n", blocks[0]));
    assert_eq!(body(&answered), "No.\n\n[quoted text: 6 lines]");
}

#[test]
fn the_oldest_message_of_a_thread_is_shown_whole() {
    let user = User::signed_in();
    let history = "From: Bob <bob@example.org>\nSent: Monday\nTo: Ada\nSubject: Plan\n\nShall we meet?\n";
    let mail = |id: &str, headers: &str| {
        format!(
            "From: carol@example.org\nSubject: Re: Plan\nMessage-ID: <{id}@example.org>\nReferences: <o@example.org>{headers}\n\n\
             Yes.\n\n{history}"
        )
    };
    let first = user.receive(&mail("o1", ""));
    user.receive(&mail("o2", " <o1@example.org>\nIn-Reply-To: <o1@example.org>"));
    let thread = user.run(&["thread", &first]).json();
    let messages = thread["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 2, "{thread}");
    assert_eq!(body(&messages[0]), format!("Yes.\n\n{history}"));
    assert_eq!(body(&messages[1]), "Yes.\n\n[quoted text: 6 lines]");
    let read = user.run(&["read", &first, "--no-quotes"]).json();
    assert_eq!(body(&read), body(&messages[1]));
}

#[test]
fn own_words_that_look_like_history_are_kept() {
    let user = User::signed_in();
    for text in [
        "I travel.\n\nFrom: Berlin\nTo: Munich\nDate: 3 Nov 2025\n\nPlease book it.\n",
        "On Monday at 9:00 Bob wrote:\nhe will not come.\n\nWhat now?\n",
        "As Bob <bob@example.org> said on 3 Nov 2025 at 9:00:\n\nit rains.\n",
    ] {
        let message = folded(&user, "Re: Plan", text);
        assert_eq!((body(&message), message.get("quoted_lines_folded")), (text, None));
    }
    let answers = "On 3 Nov 2025, at 09:00, Bob <bob@example.org> wrote:\n> one\n> two\n> three\n> four\nYes.\n> five\nNo.\n";
    let message = folded(&user, "Re: Plan", answers);
    assert_eq!(body(&message), "[quoted text: 5 lines]\nYes.\n> five\nNo.");
    let outlook = "From: Bob <bob@example.org>\nSent: Monday\nTo: Ada\nSubject: Plan\n\n> one\n> two\nYes.\n> three\n> four\nNo.\n";
    let message = folded(&user, "Re: Plan", &format!("See below.\n\n{outlook}"));
    assert_eq!(body(&message), "See below.\n\n[quoted text: 7 lines]\nYes.\n> three\n> four\nNo.");
}

#[test]
fn what_a_sender_disguises_as_history_is_counted_and_shown_on_request() {
    let user = User::signed_in();
    let text = "Thanks!\n\nOn 3 Nov 2025, at 09:00, Bob <bob@example.org> wrote:\n> Please pay\n> 900 euros\n> at once.\n";
    let message = folded(&user, "Re: Invoice", text);
    assert_eq!(
        (body(&message), &message["quoted_lines_folded"]),
        ("Thanks!\n\n[quoted text: 4 lines]", &4.into())
    );
    let id = message["uid"].as_str().unwrap();
    assert_eq!(body(&user.run(&["read", id]).json()), text);
}

/// The bodies of a thread of two messages: the second one answers the first.
fn thread_bodies(user: &User, first: &str, second: &str) -> (Vec<String>, String) {
    let mail = |id: &str, more: &str, text: &str| {
        format!("From: bob@example.org\nSubject: Plan\nMessage-ID: <{id}@example.org>\n{more}\n{text}")
    };
    let old = user.receive(&mail("i1", "", first));
    let more = "References: <i1@example.org>\nIn-Reply-To: <i1@example.org>\n";
    let answer = user.receive(&mail("i2", more, second).replacen("Subject: Plan", "Subject: Re: Plan", 1));
    let thread = user.run(&["thread", &old]).json();
    let bodies =
        thread["messages"].as_array().unwrap().iter().map(|message| body(message).to_owned()).collect();
    let read = user.run(&["read", &answer, "--no-quotes"]).json();
    (bodies, body(&read).to_owned())
}

const QUESTIONS: &str = "Hello Ada,\nsome questions about the offer that we talked about.\n\nWhen can you start with the new work?\n\n\
    Which price do you have in mind?\nIs Tuesday at noon fine for the call with the lawyers?\n\nYours\nBob\n";

#[test]
fn answers_between_lines_without_marks_are_shown() {
    let outlook = "From: Bob <bob@example.org>\nSent: Monday\nTo: Ada\nSubject: Plan\n\n";
    let dashes =
        "-----Original Message-----\nFrom: Bob <bob@example.org>\nSent: Monday\nTo: Ada\nSubject: Plan\n\n";
    for intro in [outlook, dashes] {
        let answered = QUESTIONS
            .replace("new work?\n", "new work?\nNext week.\n")
            .replace("in mind?\n", "in mind?\n900 euros, net.\n")
            .replace("lawyers?\n", "lawyers?\n\u{1f44d}\n");
        let (bodies, read) =
            thread_bodies(&User::signed_in(), QUESTIONS, &format!("See below in red.\n\n{intro}{answered}"));
        for shown in [&bodies[1], &read] {
            for own in ["See below in red.", "Next week.", "900 euros, net.", "\u{1f44d}"] {
                assert!(shown.contains(own), "{own} in {shown}");
            }
            assert!(shown.contains("[quoted text:") && !shown.contains("Hello Ada"), "{shown}");
        }
    }
}

#[test]
fn an_answer_at_the_end_of_a_history_without_marks_is_shown() {
    let outlook = "From: Bob <bob@example.org>\nSent: Monday\nTo: Ada\nSubject: Plan\n\n";
    let text = format!("{outlook}{QUESTIONS}\nTuesday is fine.\nAda\n");
    let (bodies, _) = thread_bodies(&User::signed_in(), QUESTIONS, &text);
    assert!(bodies[1].ends_with("Tuesday is fine.\nAda"), "{}", bodies[1]);
}

#[test]
fn a_history_without_marks_is_folded_if_the_thread_shows_it() {
    let intro = "From: Bob <bob@example.org>\nSent: Monday\nTo: Ada\nSubject: Plan\n\n";
    let bodies = |text: &str| {
        thread_bodies(&User::signed_in(), QUESTIONS, &format!("Fine.\n\n{intro}{text}")).0.remove(1)
    };
    assert_eq!(bodies(QUESTIONS), "Fine.\n\n[quoted text: 15 lines]");
    // Lines that were wrapped in another way are the same lines.
    let wrapped = "Hello Ada, some questions about the\noffer that we talked about. When can\nyou start with the new work?\n\
        Which price do you have in mind? Is\nTuesday at noon fine for the call\nwith the lawyers?\nYours Bob\n";
    assert_eq!(bodies(wrapped), "Fine.\n\n[quoted text: 12 lines]");
    // What is in no other message of this mailbox is shown.
    let other =
        bodies("Dear Carol,\nplease pay 900 euros to the account that you know.\nSee you soon.\nBob\n");
    assert!(other.contains("please pay 900 euros"), "{other}");
}
