//! What came today and yesterday: the mail of a person who has nothing to do with tests, for those who try the program.

use super::letters::{Letter, alternative, attachment, inline_image, multipart, pdf, text};
use super::{DAY, Sack};

const ADA: &str = "Ada Lovelace <ada@example.com>";
const CHARLES: &str = "Charles Babbage <charles@engines.example>";

pub(super) fn post(sack: &mut Sack) {
    budget(sack);
    for (minutes_ago, labels, letter) in single() {
        sack.post(minutes_ago, labels, letter);
    }
}

/// A conversation with an answer of Ada's in it.
fn budget(sack: &mut Sack) {
    let first = sack.post(
        DAY + 190,
        &["INBOX", "Work"],
        Letter::new(
            CHARLES,
            "Budget for the second engine",
            text(
                "plain",
                "Dear Ada,\n\nthe Treasury asks for a figure by Friday. I have 1,500 for brass and 900 for the\nmill. Did I forget something?\n\nCharles\n",
            ),
        ),
    );
    let second = sack.post(
        DAY + 60,
        &["SENT", "Work"],
        Letter::new(
            ADA,
            "Re: Budget for the second engine",
            text(
                "plain",
                "The cards: 200, and a carpenter for the reader.\n\nAda\n\nOn Thursday, Charles Babbage wrote:\n> Dear Ada,\n>\n> the Treasury asks for a figure by Friday.\n",
            ),
        )
        .with("To", CHARLES)
        .answering(&first, std::slice::from_ref(&first)),
    );
    sack.post(
        41,
        &["INBOX", "UNREAD", "IMPORTANT", "Work"],
        Letter::new(
            CHARLES,
            "Re: Budget for the second engine",
            text(
                "plain",
                "Of course, the cards! 2,600 then, plus the carpenter. I will hand it in tomorrow, unless you\nobject. Could you read the draft before six?\n\nCharles\n\nAda Lovelace <ada@example.com> wrote:\n> The cards: 200, and a carpenter for the reader.\n>\n> Ada\n",
            ),
        )
        .answering(&second, &[first, second.clone()]),
    );
}

fn single() -> Vec<(u64, &'static [&'static str], Letter)> {
    vec![
        (
            7,
            &["INBOX", "UNREAD"],
            Letter::new(
                "Mary Somerville <mary@somerville.example>",
                "Lunch on Thursday?",
                text(
                    "plain",
                    "Hello Ada,\n\nI am in town on Thursday. Shall we meet at one, at the usual place? I would love to hear\nabout the notes.\n\nMary\n",
                ),
            ),
        ),
        (95, &["INBOX", "UNREAD", "CATEGORY_UPDATES"], build()),
        (180, &["INBOX", "Work/Invoices"], invoice()),
        (
            60 * 5,
            &["INBOX", "CATEGORY_UPDATES"],
            Letter::new(
                "Parcel Post <tracking@parcelpost.example>",
                "Your parcel arrives tomorrow between 10:00 and 12:00",
                alternative(
                    "Your parcel 7QX-4412 arrives tomorrow between 10:00 and 12:00.\n",
                    "<p>Your parcel <b>7QX-4412</b> arrives tomorrow between 10:00 and 12:00.</p>",
                ),
            ),
        ),
        (60 * 9, &["INBOX", "STARRED"], photos()),
        (
            DAY + 20,
            &["INBOX", "CATEGORY_UPDATES"],
            Letter::new(
                "The Weekly Loom <news@weeklyloom.example>",
                "Threads of the week: warp speed",
                alternative(
                    "Warp speed\n\nWhy the fastest looms are quiet, and three patterns for the autumn.\n",
                    "<h1>Warp speed</h1><p>Why the fastest looms are quiet, and three patterns for the autumn.</p>",
                ),
            )
            .with("List-Unsubscribe", "<https://weeklyloom.example/u/1>"),
        ),
        (
            DAY + 400,
            &["INBOX"],
            Letter::new(
                "花子 山田 <hanako@kyoto.example>",
                "展示会のご案内 (invitation to the exhibition)",
                text(
                    "plain",
                    "エイダ様\n\n来月の展示会にご招待いたします。\nPlease join us in Kyoto next month.\n\n花子\n",
                ),
            ),
        ),
    ]
}

fn build() -> Letter {
    Letter::new(
        "Code Reviews <noreply@reviews.example>",
        "[engine] Build 482 passed on main",
        alternative(
            "Build 482 of engine passed on main (3 minutes 12 seconds).\n\nhttps://reviews.example/engine/builds/482\n",
            "<p>Build 482 of <b>engine</b> passed on main (3 minutes 12 seconds).</p><p><a href=\"https://reviews.example/engine/builds/482\">https://reviews.example/engine/builds/482</a></p>",
        ),
    )
}

fn invoice() -> Letter {
    Letter::new(
        "Stellar Hosting <billing@stellar.example>",
        "Invoice 2026-1107 for November",
        multipart(
            "mixed",
            vec![
                text(
                    "plain",
                    "Dear customer,\n\nyour invoice of 12.00 is attached. It will be debited on the first of the month.\n\nStellar Hosting\n",
                ),
                attachment("application/pdf", "invoice-2026-1107.pdf", &pdf(48_000)),
            ],
        ),
    )
}

fn photos() -> Letter {
    Letter::new(
        "Annabella Byron <annabella@home.example>",
        "Photos from Sunday",
        multipart(
            "mixed",
            vec![
                text(
                    "plain",
                    "The one in the garden is my favourite. Call me when you are back!\n\nMother\n",
                ),
                inline_image("garden.png", "garden"),
                attachment("image/png", "terrace.png", &super::letters::png()),
            ],
        ),
    )
}
