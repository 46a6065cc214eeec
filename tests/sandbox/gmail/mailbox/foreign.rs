//! Mail of the world: languages, charsets, and senders that declare another charset than they use.

use super::Sack;
use super::letters::{Letter, bare, encode_in, mislabelled, text, text_in};

const GERMAN: &str =
    "Liebe Ada,\n\ndie Fähre nach Föhr fährt früh – größere Koffer kosten 5 € extra.\n\nViele Grüße\nJörg\n";
const FRENCH: &str =
    "Chère Ada,\n\n« L’été à Nîmes », c’est prêt… Le cœur de l’œuvre coûte 12 €.\n\nÀ bientôt,\nFrançoise\n";
const JAPANESE: &str = "エイダ様\n\n来週の会議の予定をお送りします。\n場所：東京本社　三階\n\nよろしくお願いいたします。\n山田太郎\n";
const CHINESE: &str = "艾达，你好：\n\n附件中的合同请在周五之前确认。谢谢！\n\n王伟\n";
const RUSSIAN: &str =
    "Дорогая Ада,\n\nспасибо за письмо. Машина работает, чертежи прилагаю.\n\nС уважением,\nСофья\n";

pub(super) fn post(sack: &mut Sack) {
    western(sack);
    eastern(sack);
    wrong_labels(sack);
}

fn post_one(sack: &mut Sack, slot: u64, letter: Letter) {
    sack.post(1500 + slot * 700, &["INBOX", "CATEGORY_PERSONAL"], letter);
}

fn western(sack: &mut Sack) {
    let joerg = "Jörg Groß <joerg@faehre.example>";
    let german = Letter::new(joerg, "Fähre nach Föhr", text_in("iso-8859-15", "quoted-printable", GERMAN));
    sack.post(1480, &["INBOX", "Reise & Urlaub"], german);
    let again =
        Letter::new(joerg, "Re: Fähre nach Föhr", text("plain", "Das Schiff heißt „Größe“. Gruß, Jörg\n"));
    sack.post(1470, &["INBOX", "UNREAD", "Reise & Urlaub"], again);
    let french =
        Letter::new("Françoise <f@nimes.example>", "L’été à Nîmes", text_in("windows-1252", "8bit", FRENCH));
    post_one(sack, 1, french);
    let polish = text_in("iso-8859-2", "quoted-printable", "Zażółć gęślą jaźń.\n");
    post_one(sack, 2, Letter::new("Michał <m@lodz.example>", "Zażółć gęślą jaźń", polish));
    let turkish = text_in("windows-1254", "8bit", "İyi günler, şimdi ığdır'dayım.\n");
    post_one(sack, 3, Letter::new("Ayşe <ayse@istanbul.example>", "İyi günler", turkish));
    let greek = text_in("iso-8859-7", "base64", "Καλημέρα, όλα καλά;\n");
    post_one(sack, 4, Letter::new("Ελένη <eleni@athens.example>", "Καλημέρα", greek));
    let portuguese = text("plain", "Olá! A reunião é amanhã às 15h, não se esqueça.\n");
    post_one(sack, 5, Letter::new("João <joao@lisboa.example>", "Reunião amanhã", portuguese));
}

fn eastern(sack: &mut Sack) {
    let yamada = format!("{} <yamada@tokyo.example>", encode_in("iso-2022-jp", "山田太郎"));
    let japanese = Letter::new("yamada@tokyo.example", "", text_in("iso-2022-jp", "7bit", JAPANESE))
        .with("From", &yamada)
        .with("Subject", &encode_in("iso-2022-jp", "会議の予定"));
    post_one(sack, 8, japanese);
    let shift = text_in("shift_jis", "base64", "ソフト機能の表示テスト。\n");
    post_one(sack, 9, Letter::new("鈴木 <suzuki@osaka.example>", "表示テスト", shift));
    let chinese = Letter::new("wang@beijing.example", "", text_in("gb18030", "base64", CHINESE))
        .with("From", &format!("{} <wang@beijing.example>", encode_in("gb18030", "王伟")))
        .with("Subject", &encode_in("gb18030", "合同确认"));
    post_one(sack, 10, chinese);
    let taiwan = text_in("big5", "8bit", "您好，訂單已出貨。\n");
    post_one(sack, 11, Letter::new("陳 <chen@taipei.example>", "訂單已出貨", taiwan));
    let korean = text_in("euc-kr", "base64", "안녕하세요, 회의는 내일입니다.\n");
    post_one(sack, 12, Letter::new("김 <kim@seoul.example>", "내일 회의", korean));
    let russian = Letter::new("sofia@moscow.example", "", text_in("koi8-r", "8bit", RUSSIAN))
        .with("From", &format!("{} <sofia@moscow.example>", encode_in("koi8-r", "Софья")))
        .with("Subject", &encode_in("koi8-r", "Чертежи машины"));
    post_one(sack, 13, russian);
    let windows = text_in("windows-1251", "quoted-printable", "Привет! Всё хорошо.\n");
    post_one(sack, 14, Letter::new("Иван <ivan@kazan.example>", "Привет", windows));
    let hindi = text("plain", "नमस्ते आदा, कल मिलते हैं।\n");
    post_one(sack, 15, Letter::new("मीरा <mira@delhi.example>", "कल मिलते हैं", hindi));
    let hebrew = text("plain", "שלום עדה, הפגישה ב-10:00 (room 7) מחר.\n");
    post_one(sack, 16, Letter::new("דוד <david@haifa.example>", "פגישה מחר", hebrew));
    let arabic = text("plain", "مرحبا آدا، الاجتماع غدا الساعة 10.\n");
    post_one(sack, 17, Letter::new("ليلى <layla@cairo.example>", "اجتماع غدا", arabic));
}

/// The declared charset is not the real one.
fn wrong_labels(sack: &mut Sack) {
    let from = "Old Mailer <old@mailer.example>";
    let cases = [
        ("windows-1252 labelled UTF-8", mislabelled("windows-1252", "utf-8", "8bit", FRENCH)),
        ("UTF-8 labelled windows-1252", mislabelled("utf-8", "windows-1252", "8bit", FRENCH)),
        ("UTF-8 labelled US-ASCII", mislabelled("utf-8", "us-ascii", "base64", GERMAN)),
        ("KOI8-R labelled ISO-8859-1", mislabelled("koi8-r", "iso-8859-1", "8bit", RUSSIAN)),
        ("Unknown charset", mislabelled("utf-8", "x-mac-elvish", "quoted-printable", GERMAN)),
        ("UTF-8 without any label", bare("", GERMAN.as_bytes())),
    ];
    for (n, (subject, body)) in cases.into_iter().enumerate() {
        post_one(sack, 20 + n as u64, Letter::new(from, subject, body));
    }
    let raw_header = Letter::new("x@raw.example", "", text("plain", "The subject came in bytes.\n"))
        .with("From", "Zoë <x@raw.example>")
        .with("Subject", "Größe: naïve façade");
    post_one(sack, 27, raw_header);
}
