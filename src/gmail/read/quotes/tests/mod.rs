//! Replies of mail programs, whose history is folded, and texts that only look like history.

mod replies;

use proptest::prelude::*;

use self::replies::{ATTRIBUTIONS, BLOCKS};
use super::{
    Purpose::{Forward, Reply, Unknown},
    *,
};

const QUOTE: &str = "> Shall we meet on Tuesday?\n>\n> I could bring the plan.\n>> An older line.\n> Bob\n";
const OLD: &str = "Shall we meet on Tuesday?\n\nI could bring the plan.\nBob\n";

/// Own words that stand above a history. Each of them has been lost to an attribution in some mail program.
const ANSWERS: [&str; 8] = [
    "Hi Bob,\nOn my way.",
    "Yes.",
    "On Monday at 9:00 I am away, on 4 Nov 2025 I am not.",
    "Hi Bob:\nAm Dienstag passt es gut.\nLe 5 aussi",
    "See below:\n\n3 Nov 2025 is taken.",
    "Bob <bob@example.org> wrote to Carol, too.\nShe answered at 10:30",
    "好的，周二见。\nДо встречи!\nנתראה",
    "Le 4, oui\nEl 5, no\nPlan B: 2025-11-06, 9:00",
];

fn folded(text: &str, purpose: Purpose) -> (String, usize) {
    let Folded { text, lines, .. } = fold_quotes(text, purpose, None);
    (text, lines)
}

fn fold(text: &str) -> (String, usize) {
    folded(text, Reply)
}

fn lines(count: usize) -> String {
    format!("[quoted text: {count} lines]")
}

/// What differs from an answer that is kept and a history that is folded, with and without a blank line between them.
fn differences(program: &str, answer: &str, history: &str) -> Vec<String> {
    let count = history.lines().count();
    let texts = ["\n\n", "\n"]
        .map(|gap| (format!("{answer}{gap}{history}"), format!("{answer}{gap}{}", lines(count))));
    let wrong = texts.into_iter().filter(|(text, expected)| fold(text) != (expected.clone(), count));
    wrong.map(|(text, _)| format!("{program}: {text:?}\n  {:?}", fold(&text).0)).collect()
}

#[test]
fn the_history_below_an_attribution_is_folded_and_no_line_of_the_reply() {
    let histories = ATTRIBUTIONS.iter().flat_map(|(program, line)| {
        [format!("{line}\n{QUOTE}"), format!("{line}\n\n{QUOTE}")].map(|history| (program, history))
    });
    let wrong: Vec<_> = histories
        .flat_map(|(program, history)| ANSWERS.map(|answer| differences(program, answer, &history)).concat())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_history_below_a_header_block_is_folded_and_no_line_of_the_reply() {
    let wrong: Vec<_> = BLOCKS
        .iter()
        .flat_map(|(program, block)| {
            ANSWERS.map(|answer| differences(program, answer, &format!("{block}\n\n{OLD}"))).concat()
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn quoted_history_is_folded() {
    let reply =
        "Fine.\n\nOn Tue, Oct 15, 2024 at 10:00 AM Anna\n<anna@example.com> wrote:\n\n> a\n>\n> b\n> c\n";
    assert_eq!(fold(reply), ("Fine.\n\n[quoted text: 7 lines]".to_owned(), 7));
    let german = "Ja.\n\nAm 15.10.2024 um 10:00 schrieb Anna <a@b.example>:\n> Kommst du?\n";
    assert_eq!(fold(german).1, 2);
    let outlook = "Ok\n\n________________________________\nFrom: A <a@b.example>\nSent: Monday\nTo: B\nSubject: x\n\nold\n";
    assert_eq!(fold(outlook), ("Ok\n\n[quoted text: 7 lines]".to_owned(), 7));
    let original = "Ok\n-----Original Message-----\nold\n";
    assert_eq!(fold(original), ("Ok\n[quoted text: 2 lines]".to_owned(), 2));
}

#[test]
fn replies_between_quotes_and_short_context_are_kept() {
    let inline = "> Are you coming?\n\nYes.\n\n> one\n> two\n> three\n> four\n\nNo.\n\n> end\n";
    assert_eq!(
        fold(inline),
        ("> Are you coming?\n\nYes.\n\n[quoted text: 4 lines]\n\nNo.\n\n[quoted text: 1 line]".to_owned(), 5)
    );
}

#[test]
fn nothing_is_folded_in_a_mail_that_only_quotes() {
    for text in [
        "> a\n> b\n",
        "\n-----Original Message-----\nold\n",
        "no quotes here\nOn balance, he wrote:\nnothing\n",
        "",
    ] {
        assert_eq!(fold(text), (text.to_owned(), 0));
    }
    let forward =
        "FYI\n\n---------- Forwarded message ---------\nFrom: A <a@b.example>\nDate: Monday\n\nnews\n";
    assert_eq!(fold(forward).1, 0);
}

#[test]
fn large_texts_are_folded() {
    for unit in [
        "From:\n\n> a\nOn x wrote:\n",
        "\n",
        "---\n\n\n",
        "a:\n\n",
        "> a\n\n\nb\n",
        "On 3 Nov 2025 at 9:00, A\n",
    ] {
        fold(&unit.repeat(200_000 / unit.len()));
    }
}

proptest! {
    #[test]
    fn folding_never_loses_the_senders_own_text(lines in prop::collection::vec("(> |On |From: |wrote:|[a-z ]){0,4}", 0..20)) {
        let (folded, count) = fold(&lines.join("\n"));
        prop_assert!(count > 0 || folded == lines.join("\n"));
    }
}

/// Own words that look like the start of a history, above more own words or above a quote.
#[test]
fn a_text_that_only_looks_like_history_is_kept() {
    let own = [
        "From: Berlin\nTo: Munich\nDate: 3 Nov 2025",
        "From: the whole team",
        "From: Bob's side there is no objection, and\nTo: me it is fine",
        "From: Bob <bob@example.org>\nHe wrote to me.",
        "Date: 3 Nov 2025 9:00\nWhere: Room 5\nContact: Bob <bob@example.org>\nSubject: plan",
        "Contact: Bob <bob@example.org>\nWhen: 3 Nov 2025 9:00\nWhere: Room 5\nTopic: plan",
        "---\nContact: Bob <bob@example.org>\nWhen: 3 Nov 2025 9:00\nTopic: plan",
        "On Monday at 9:00 Bob wrote:\nnothing at all.",
        "On balance, he wrote:\nnothing at all.",
        "Ask Bob <bob@example.org> about 3 Nov 2025 at 9:00:\nhe knows.",
        "As Bob <bob@example.org> said on 3 Nov 2025 at 9:00:\nit rains.",
        "Am Montag um 10:30 schrieb er mir:\ner kommt nicht.",
        "Agenda for 3 Nov 2025, 9:00:\nthe plan.",
        "----- Plan -----\nfirst\n----------\nsecond",
        "2025-11-03 09:00: alarm\n2025-11-03 09:05: silence",
        "To: everybody\nCc: Bob <bob@example.org>\nthe list of those who come:",
        "He wrote: 9:00\nShe wrote: 10:00\nBob wrote:",
    ];
    for own in own {
        for text in [format!("Hi Bob,\n\n{own}\n\nThe end.\n"), format!("{own}\nThe end.\n")] {
            assert_eq!(fold(&text), (text.clone(), 0));
            let quoting = format!("{text}\n{QUOTE}");
            assert_eq!(fold(&quoting), (format!("{text}\n{}", lines(5)), 5));
        }
    }
    let above = [
        "The minutes of 3.11.2025, 9:00:",
        "3.11.2025, 9:00 Kickoff:",
        "See bob@example.org at 10:00:",
        "I asked Bob <bob@example.org> who wrote:",
        "On 3 Nov 2025 I met Bob <bob@example.org>.\nHe wrote:",
        "On 3 Nov 2025 at 9:00 I am at the dentist\nBob wrote:",
        "Deadline: 3 Nov 2025 9:00\nSee Bob:",
        "See you on 3 Nov 2025 at 9:00\nYou asked:",
        "On second thought, please ask Bob <bob@example.org> on 3 Nov 2025 at 9:00:",
        "On 3 Nov 2025 at 9:00, or on 4 Nov 2025 at 10:00, Bob wrote:",
        "He wrote:",
        "Monday, 3 Nov 2025 at 9:00\nBob wrote:",
        "2025-11-03, 9:00\nYou asked:",
    ];
    for own in above {
        assert_eq!(fold(&format!("{own}\n{QUOTE}")), (format!("{own}\n{}", lines(5)), 5));
    }
}

#[test]
fn a_line_of_the_reply_above_an_attribution_is_kept() {
    let claws = "Bob <bob@example.org> wrote:";
    for own in [
        "I will be there on 3 Nov 2025 at 9:00",
        "Deadline: 3 Nov 2025 9:00",
        "Until 3 Nov 2025 at 9:00, Bob",
        "Monday, 3 Nov 2025 at 9:00",
        "3.11.2025 9:00",
    ] {
        let text = format!("{own}\n{claws}\n{QUOTE}");
        assert_eq!(fold(&text), (format!("{own}\n{}", lines(6)), 6));
    }
}

#[test]
fn answers_between_quoted_lines_are_kept() {
    let quote = "> one\n> two\n> three\n> four\n";
    for (program, attribution) in ATTRIBUTIONS {
        let text = format!("{attribution}\n{quote}Yes.\n\n{quote}\nNo.\n> x\n> y\n\nPerhaps.");
        let count = attribution.lines().count() + 4;
        let expected = format!("{}\nYes.\n\n{}\n\nNo.\n> x\n> y\n\nPerhaps.", lines(count), lines(4));
        assert_eq!(fold(&text), (expected, count + 4), "{program}");
    }
    for (program, block) in BLOCKS {
        let text = format!("See below.\n\n{block}\n\n{quote}\nYes.\n\n{quote}\nNo.");
        let (folded, _) = fold(&text);
        assert!(
            folded.starts_with("See below.\n\n[")
                && folded.ends_with("]\n\nYes.\n\n[quoted text: 4 lines]\n\nNo."),
            "{program}: {folded}"
        );
        let late = format!("See below.\n\n{block}\n\nYes, and:\n\n{quote}\nNo.");
        let (folded, _) = fold(&late);
        assert!(folded.contains("\n\nYes, and:\n\n[quoted text: 4 lines]\n\nNo."), "{program}: {folded}");
    }
}

#[test]
fn a_history_that_holds_an_older_one_is_folded_whole() {
    for (program, block) in BLOCKS {
        let older = format!("{OLD}\n{}\n{QUOTE}\nan even older end", ATTRIBUTIONS[0].1);
        let history = format!("{block}\n\n{older}");
        assert_eq!(differences(program, "Yes.", &history), Vec::<String>::new());
    }
}

#[test]
fn a_mail_that_is_passed_on_is_never_folded() {
    for (program, block) in BLOCKS {
        let text = format!("For you.\n\n{block}\n\n{OLD}");
        assert_eq!(folded(&text, Forward), (text.clone(), 0), "{program}");
    }
    let block = BLOCKS[0].1;
    let quoted: String = block.lines().chain(["", "news"]).map(|line| format!("> {line}\n")).collect();
    for text in [
        "FYI\n\n---------- Forwarded message ---------\nFrom: A <a@b.example>\nDate: Monday\n\nnews\n"
            .to_owned(),
        format!("FYI\n\n---------- Přeposlaná zpráva ---------\n{block}\n\nnews\n"),
        format!("FYI\n\n---------- Sendo pluen ---------\n{block}\n\nnews\n"),
        format!("FYI\n\n============ Forwarded message ============\n{block}\n\nnews\n"),
        format!("FYI\n\nBegin forwarded message:\n\n{quoted}"),
        format!("FYI\n\nAnfang der weitergeleiteten Nachricht:\n\n{block}\n\nnews\n"),
        format!("FYI\n\n{quoted}"),
    ] {
        assert_eq!(fold(&text), (text.clone(), 0));
    }
}

#[test]
fn the_outermost_prefix_of_a_subject_says_whether_a_mail_is_passed_on() {
    for subject in [
        "FW: plan",
        "Fwd: plan",
        "fw:plan",
        "WG: plan",
        "TR: plan",
        "RV: plan",
        "ENC: plan",
        "I: plan",
        "VS: plan",
        "VB: plan",
        "PD: plan",
        "Doorst: plan",
        "İLT: plan",
        "ΠΡΘ: plan",
        "转发：plan",
        "転送: plan",
        "전달: plan",
        "הועבר: plan",
        "FW: RE: plan",
        "[Fwd: plan]",
        "[EXTERNAL] FW: plan",
        "[list] [ext] Fwd: x",
        "FW[2]: plan",
        "Fwd(3): plan",
        "plan (fwd)",
        "  fwd : plan",
        "TR : plan",
    ] {
        assert_eq!(Purpose::of(subject, true), Forward, "{subject}");
    }
    for subject in [
        "Re: FW: plan",
        "AW: WG: plan",
        "SV: plan",
        "Odp: Fwd: x",
        "回复：转发：plan",
        "[list] Re: [Fwd: x]",
        "R: plan",
    ] {
        assert_eq!(Purpose::of(subject, false), Reply, "{subject}");
    }
    for subject in ["", "plan", "Forwarding: a guide", "[FW] plan", "12:30", ":", "[", "[a]"] {
        assert_eq!(Purpose::of(subject, false), Unknown, "{subject}");
        assert_eq!(Purpose::of(subject, true), Reply, "{subject}");
    }
}

#[test]
fn a_mail_that_is_not_known_to_be_a_reply_is_folded_only_below_addresses() {
    let memo = "Dear all,\n\nFrom: the board\nDate: 3 Nov 2025\nTo: all\nSubject: holidays\n\nWe close.\n";
    assert_eq!(folded(memo, Unknown), (memo.to_owned(), 0));
    let text = format!("Yes.\n\n{}\n\n{OLD}", BLOCKS[0].1);
    assert_eq!(folded(&text, Unknown).0, format!("Yes.\n\n{}", lines(9)));
}
