//! Charsets that are declared, missing or wrong. `what_is_recovered` prints how much of undeclared text is read right.

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, GB18030, GBK, ISO_2022_JP, ISO_8859_2, ISO_8859_5, KOI8_R, SHIFT_JIS, WINDOWS_874,
    WINDOWS_1250, WINDOWS_1251, WINDOWS_1253, WINDOWS_1254, WINDOWS_1255, WINDOWS_1256,
};
use serde_json::json;

use super::*;
use crate::gmail::read::part::Part;

const CHINESE: &str = "您好，附件是本月的发票和付款说明，请在星期五之前确认。如果金额有问题，请直接回复这封邮件，我们会尽快处理。\
    下周一上午十点在三楼会议室开会，讨论新产品的价格和明年的计划。请准时参加，并带上您的报告。谢谢您的支持，祝您工作顺利。\
    昨天我们收到了您寄来的样品，质量很好，但是包装需要改进。仓库里还有两百件存货，可以在三天内发货。";
const TAIWANESE: &str = "您好，附件是本月的發票與付款說明，請於星期五之前確認。如果金額有問題，請直接回覆這封郵件，我們會儘快處理。\
    下週一上午十點在三樓會議室開會，討論新產品的價格和明年的計畫。請準時參加，並帶上您的報告。謝謝您的支持，祝您工作順利。\
    昨天我們收到了您寄來的樣品，品質很好，但是包裝需要改進。倉庫裡還有兩百件存貨，可以在三天內出貨。";
const JAPANESE: &str = "いつもお世話になっております。今月の請求書を添付いたしますので、金曜日までにご確認ください。\
    金額に間違いがありましたら、このメールに返信してください。来週の月曜日は十時から会議室で打ち合わせを行います。\
    新しい商品の価格と来年の計画について話し合う予定です。サンプルは昨日届きました。品質は良いのですが、包装を改善する必要があります。";
const KOREAN: &str = "안녕하세요. 이번 달 청구서와 결제 안내를 첨부하오니 금요일까지 확인해 주시기 바랍니다. 금액에 문제가 있으면 이 메일로 \
    바로 답장해 주세요. 다음 주 월요일 오전 열 시에 회의실에서 새 제품의 가격과 내년 계획에 대해 이야기할 예정입니다. \
    어제 보내 주신 견본을 받았습니다. 품질은 좋지만 포장을 개선해야 합니다. 늘 도와주셔서 감사합니다.";
const RUSSIAN: &str = "Добрый день! Во вложении счёт за этот месяц и порядок оплаты, просим подтвердить его до пятницы. Если сумма \
    неверна, просто ответьте на это письмо, и мы всё исправим. В понедельник в десять утра собираемся в переговорной, \
    чтобы обсудить цены на новый товар и планы на будущий год. Образцы получили вчера: качество хорошее, но упаковку надо \
    улучшить. На складе осталось двести штук, отправим за три дня.";
const GREEK: &str = "Καλημέρα σας. Σας στέλνω το τιμολόγιο αυτού του μήνα και τις οδηγίες πληρωμής. Παρακαλώ να το επιβεβαιώσετε \
    μέχρι την Παρασκευή. Αν το ποσό δεν είναι σωστό, απαντήστε σε αυτό το μήνυμα. Τη Δευτέρα στις δέκα το πρωί θα \
    συζητήσουμε τις τιμές των νέων προϊόντων και τα σχέδια για την επόμενη χρονιά. Τα δείγματα έφτασαν χθες.";
const HEBREW: &str = "שלום רב, מצורפת החשבונית של החודש והוראות התשלום. נא לאשר אותה עד יום שישי. אם הסכום אינו נכון, אפשר להשיב \
    להודעה הזאת ונתקן מיד. ביום שני בעשר בבוקר ניפגש בחדר הישיבות כדי לדבר על המחירים של המוצרים החדשים ועל התוכניות לשנה \
    הבאה. הדוגמאות הגיעו אתמול, האיכות טובה אבל צריך לשפר את האריזה. תודה על העזרה.";
const ARABIC: &str = "السلام عليكم، تجدون في المرفق فاتورة هذا الشهر وتعليمات الدفع. نرجو تأكيدها قبل يوم الجمعة. إذا كان المبلغ غير \
    صحيح فيمكنكم الرد على هذه الرسالة وسنصححه فورا. سنجتمع يوم الاثنين في العاشرة صباحا لمناقشة أسعار المنتجات الجديدة وخطط \
    السنة القادمة. وصلت العينات أمس والجودة جيدة لكن يجب تحسين التغليف. شكرا لكم.";
const THAI: &str = "สวัสดีครับ ผมส่งใบแจ้งหนี้ของเดือนนี้และวิธีชำระเงินมาพร้อมกับอีเมลฉบับนี้ กรุณายืนยันภายในวันศุกร์ ถ้าจำนวนเงินไม่ถูกต้อง \
    โปรดตอบกลับอีเมลนี้ได้ทันที วันจันทร์หน้าเวลาสิบโมงเช้าเราจะประชุมเรื่องราคาสินค้าใหม่และแผนงานของปีหน้า ตัวอย่างสินค้ามาถึงเมื่อวาน \
    คุณภาพดีแต่ต้องปรับปรุงบรรจุภัณฑ์ ขอบคุณมากครับ";
const POLISH: &str = "Dzień dobry, w załączniku przesyłam fakturę za ten miesiąc i sposób płatności. Proszę o potwierdzenie do piątku. \
    Jeśli kwota się nie zgadza, wystarczy odpisać na tę wiadomość. W poniedziałek o dziesiątej omówimy ceny nowych \
    produktów i plany na przyszły rok. Próbki dotarły wczoraj, są dobrej jakości, ale opakowanie trzeba ulepszyć. \
    Dziękujemy za współpracę i życzymy miłego dnia.";
const CZECH: &str = "Dobrý den, v příloze posílám fakturu za tento měsíc a pokyny k platbě. Prosím o potvrzení do pátku. Pokud částka \
    nesouhlasí, stačí odpovědět na tuto zprávu. V pondělí v deset hodin probereme ceny nových výrobků a plány na příští \
    rok. Vzorky přišly včera, kvalita je dobrá, ale balení je třeba zlepšit. Děkujeme a přejeme hezký den.";
const FRENCH: &str = "Bonjour, vous trouverez ci-joint la facture du mois et les modalités de règlement. Merci de la valider d’ici à \
    vendredi. Si le montant est erroné, répondez simplement à ce message : nous le corrigerons aussitôt. Lundi à dix heures, \
    réunion à l’étage pour évoquer les tarifs des nouveautés et les projets de l’année à venir. Les échantillons sont \
    arrivés hier, mais l’emballage doit être amélioré.";
const GERMAN: &str = "Guten Tag, anbei die Rechnung für diesen Monat und die Möglichkeiten der Überweisung. Bitte bestätigen Sie bis \
    Freitag. Fällt Ihnen ein Fehler auf, genügt eine kurze Rückmeldung. Am Montag um zehn Uhr besprechen wir im großen Saal \
    die Preise der neuen Geräte und die Pläne für das nächste Jahr. Die Muster sind gestern eingetroffen, die Qualität \
    überzeugt, nur die Verpackung müsste schöner werden.";
const TURKISH: &str = "Merhaba, bu ayın faturası ve ödeme bilgileri ektedir. Lütfen cuma gününe kadar onaylayınız. Tutar yanlışsa bu \
    iletiyi yanıtlamanız yeterlidir. Pazartesi sabahı saat onda yeni ürünlerin fiyatlarını ve gelecek yılın planlarını \
    görüşeceğiz. Numuneler dün ulaştı, kalitesi iyi ama ambalajın iyileştirilmesi gerekiyor. Teşekkür ederiz, iyi çalışmalar.";

/// A text in an encoding, a top-level domain, and the least share of characters, in per cent, that is read right without
/// any hint, and with the label `iso-8859-1`, in which accented letters of Central Europe cannot be told from others.
type Sample = (&'static str, &'static Encoding, &'static str, u32, u32);

const SAMPLES: [Sample; 20] = [
    (CHINESE, GBK, "cn", 100, 100),
    (CHINESE, GB18030, "cn", 100, 100),
    (TAIWANESE, BIG5, "tw", 100, 100),
    (JAPANESE, SHIFT_JIS, "jp", 100, 100),
    (JAPANESE, EUC_JP, "jp", 100, 100),
    (JAPANESE, ISO_2022_JP, "jp", 100, 100),
    (KOREAN, EUC_KR, "kr", 100, 100),
    (RUSSIAN, KOI8_R, "ru", 100, 100),
    (RUSSIAN, WINDOWS_1251, "ru", 100, 100),
    (RUSSIAN, ISO_8859_5, "ru", 100, 100),
    (GREEK, WINDOWS_1253, "gr", 100, 100),
    (HEBREW, WINDOWS_1255, "il", 100, 100),
    (ARABIC, WINDOWS_1256, "sa", 100, 100),
    (THAI, WINDOWS_874, "th", 100, 100),
    (POLISH, WINDOWS_1250, "pl", 90, 0),
    (POLISH, ISO_8859_2, "pl", 90, 0),
    (CZECH, WINDOWS_1250, "cz", 90, 0),
    (FRENCH, WINDOWS_1252, "fr", 100, 100),
    (GERMAN, WINDOWS_1252, "de", 100, 100),
    (TURKISH, WINDOWS_1254, "tr", 100, 0),
];

/// Parts of a text that have about this many bytes in an encoding.
fn pieces(text: &str, encoding: &'static Encoding, size: usize) -> Vec<String> {
    let mut found = vec![String::new()];
    for c in text.chars() {
        let last = found.last_mut().unwrap();
        last.push(c);
        if encoding.encode(last).0.len() >= size {
            found.push(String::new());
        }
    }
    if found.len() > 1 {
        found.pop();
    }
    found
}

/// The share of the characters that are not ASCII and that are read right, in per cent.
fn recall(
    text: &str,
    encoding: &'static Encoding,
    size: usize,
    label: Option<&str>,
    hints: impl Fn() -> Hints,
) -> u32 {
    let (mut right, mut all) = (0, 0);
    for piece in pieces(text, encoding, size) {
        let read = decode_with(&encoding.encode(&piece).0, label, &hints);
        let pairs = piece.chars().zip(read.chars()).filter(|(c, _)| !c.is_ascii());
        all += piece.chars().filter(|c| !c.is_ascii()).count();
        right += pairs.filter(|(c, read)| c == read).count();
    }
    u32::try_from(right * 100 / all).unwrap()
}

fn hints_of(headers: &[(&str, &str)]) -> Hints {
    let headers: Vec<_> = headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    Hints::of(Part::payload(&json!({"payload": {"headers": headers}})))
}

/// What is known about a text: its label, the hints, and the least share that must be read right.
type Case<'c> = (&'static str, Option<&'static str>, &'c dyn Fn() -> Hints, u32);

#[test]
#[allow(clippy::print_stdout, reason = "a table for whoever asks for it with --nocapture")]
fn what_is_recovered() {
    println!("{:14} {:>18} {:>5} {:>5} {:>5} {:>5}", "charset", "hint", 40, 80, 160, 400);
    for (text, encoding, domain, without_hint, in_latin) in SAMPLES {
        let none = Hints::default;
        let sender = || hints_of(&[("From", &format!("Ada <ada@example.{domain}>"))]);
        let elsewhere = || hints_of(&[("Subject", &format!("=?{}?Q?x?=", encoding.name()))]);
        let kinds: [Case<'_>; 6] = [
            ("none", None, &none, without_hint),
            ("domain", None, &sender, 100),
            ("label elsewhere", None, &elsewhere, 100),
            ("right label", Some(encoding.name()), &none, 100),
            ("wrong: utf-8", Some("utf-8"), &sender, 100),
            ("wrong: iso-8859-1", Some("iso-8859-1"), &none, in_latin),
        ];
        for (kind, label, hints, floor) in kinds {
            let found = [40, 80, 160, 400].map(|size| recall(text, encoding, size, label, hints));
            let [a, b, c, d] = found;
            println!("{:14} {kind:>18} {a:5} {b:5} {c:5} {d:5}", encoding.name());
            assert!(found.iter().all(|share| *share >= floor), "{} {kind} {found:?}", encoding.name());
        }
    }
}

#[test]
fn a_right_label_is_never_overruled() {
    let latin = [
        "ÄÖÜäöüß",
        "ÅÄÖ åäö, éèàùçâêîôû ÁÉÍÓÚ áéíóú ÞÐÆÖ þðæö",
        " ¡¢£¤¥¦§¨©ª«¬®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ",
        "¤°º¤ø ¸¸ ø¤º°¤ø ¸¸ ø¤º°¤ø Ada ¤°º¤ø ¸¸ ø¤º°¤ø ¸¸ ø¤º°¤ø",
        "···············\n•••••••••••••••\n–––––––––––––––\n»»»»»»»»»»»»»»»»\n§§§ ©©© ®®®",
        "“Œuvre” – ‘œil’ … €5 ‰ ™ Š š Ž ž Ÿ ƒ †‡ ‹›",
        "Þýðing á öðrum móðurmálum: ýmsir æðri þættir, það er níðþungt. Sæl öll, ég þýði þetta fyrir æðsta ráðið á Íslandi.",
        "ÉVÉNEMENT À VENIR : ÇA Y EST, L’ÉTÉ EST DÉJÀ LÀ ! ÀÉÎÕÜ",
        "Não há opções: informações, ações e situações são públicas. ÇÃÕ",
        "Jäääär, öötöö, kõueöö, Õäö, üüürike",
        "N°\u{a0}5\u{a0}: 10\u{a0}€\u{a0}; «\u{a0}oui\u{a0}»",
    ];
    for text in latin {
        for label in ["iso-8859-1", "windows-1252"] {
            let bytes = WINDOWS_1252.encode(text).0;
            let hints = || hints_of(&[("From", "a@example.ru"), ("X", "=?gbk?Q?x?=")]);
            assert_eq!(decode_with(&bytes, Some(label), hints), text);
            assert_eq!(decode_with(text.as_bytes(), Some(label), hints), text);
        }
    }
    // A byte without a meaning in an otherwise right text, and a character that was cut.
    assert_eq!(decode(b"Vous trouverez la facture ch\xe9rie \x81 \xe0 l'\xe9tage, d\xe9j\xe0 pay\xe9e \xe9t\xe9 \xe9mis",
        Some("iso-8859-1")).replace('\u{81}', ""), "Vous trouverez la facture chérie  à l'étage, déjà payée été émis");
    for (text, encoding) in [(CHINESE, GBK), (JAPANESE, SHIFT_JIS), (KOREAN, EUC_KR), (TAIWANESE, BIG5)] {
        let mut bytes = encoding.encode(text).0.into_owned();
        bytes.truncate(41);
        let read = decode_with(&bytes, Some(encoding.name()), || hints_of(&[("From", "a@example.ru")]));
        assert!(read.chars().zip(text.chars()).take(15).all(|(a, b)| a == b), "{read}");
    }
}

#[test]
fn bytes_that_are_utf8_are_read_so_whatever_is_declared() {
    for label in
        [None, Some("gbk"), Some("koi8-r"), Some("utf-7"), Some("us-ascii"), Some("unknown-8bit"), Some("x")]
    {
        for text in ["Grüße", "Привет", "发票", "café +ADw-b+AD4-"] {
            assert_eq!(decode(text.as_bytes(), label), text, "{label:?}");
        }
    }
    assert_eq!(decode("Grüße, schöne".as_bytes().split_last().unwrap().1, Some("utf-8")), "Grüße, schön");
    assert_eq!(decode(&[b"\xef\xbb\xbf", "Grüße".as_bytes()].concat(), Some("gbk")), "Grüße");
    assert_eq!(decode(b"\xff\xfeG\0r\0\xfc\0", None), "Grü");
    assert_eq!(decode(b"\xfe\xff\0G\0r\0\xfc", Some("iso-8859-1")), "Grü");
    assert_eq!(decode(b"H\0e\0l\0l\0o\0\n\0", None), "Hello\n");
    assert_eq!(decode(b"\0H\0e\0l\0l\0o\0\n", Some("utf-16")), "Hello\n");
    assert_eq!(decode(b"a\0b", None), "a\0b");
}

#[test]
fn a_conversion_of_gmail_from_a_wrong_charset_is_undone() {
    for (text, encoding) in [(CHINESE, GBK), (RUSSIAN, KOI8_R), (KOREAN, EUC_KR), (HEBREW, WINDOWS_1255)] {
        let served = WINDOWS_1252.decode(&encoding.encode(text).0).0.into_owned();
        assert_eq!(decode(served.as_bytes(), Some("iso-8859-1")), text, "{}", encoding.name());
        assert_eq!(decode(text.as_bytes(), Some("iso-8859-1")), text);
    }
}

#[test]
fn utf7_is_decoded_where_it_is_declared_and_valid() {
    for (sent, read) in [
        ("+APw-ber", "über"),
        ("Hi Mom -+Jjo--!", "Hi Mom -☺-!"),
        ("A+ImIDkQ.", "A≢Α."),
        ("+ZeVnLIqe", "日本語"),
        ("+ZeVnLIqe-", "日本語"),
        ("+ZeVnLIqe text", "日本語 text"),
        ("1 +- 1 = 2", "1 + 1 = 2"),
        ("+2D3eAA-", "😀"),
        ("+2D3eAA-+AGEAYg-", "😀ab"),
        ("cut +ZeVnLIq", "cut 日本"),
        ("C++ and 1+1, x+y", "C++ and 1+1, x+y"),
        ("+2D0-", "+2D0-"),
        ("+AGF-", "+AGF-"),
        ("+", "+"),
        ("", ""),
    ] {
        for label in ["utf-7", "UTF-7", " unicode-1-1-utf-7 ", "csUTF7"] {
            assert_eq!(decode(sent.as_bytes(), Some(label)), read, "{sent}");
        }
        assert_eq!(decode(sent.as_bytes(), Some("utf-8")), sent);
        assert_eq!(decode(sent.as_bytes(), None), sent);
    }
    assert_eq!(decode(b"caf\xe9 +APw-ber", Some("utf-7")), "café über");
}

#[test]
fn escape_sequences_are_read_whether_or_not_they_are_declared() {
    let korean = b"\x1b$)C\n\x0e>H3g\x0f!\n";
    for label in
        [None, Some("us-ascii"), Some("utf-8"), Some("iso-2022-jp"), Some("shift_jis"), Some("iso-8859-1")]
    {
        assert_eq!(decode(b"\x1b$B$3$s$K$A$O\x1b(B!", label), "こんにちは!", "{label:?}");
    }
    for label in [None, Some("us-ascii"), Some("iso-2022-kr")] {
        assert_eq!(decode(korean, label).trim(), "안녕!", "{label:?}");
    }
    assert_eq!(decode(b"~{VPND~} ~~ text", Some("hz-gb-2312")), "中文 ~ text");
    assert_eq!(decode(b"home ~{x~}", None), "home ~{x~}");
    // A colour of a terminal, which is removed later, and a sequence that is not valid.
    assert_eq!(decode(b"\x1b[31mred\x1b[0m", None), "\x1b[31mred\x1b[0m");
    assert_eq!(decode(b"\x1b$B$", None), "\x1b$B$");
    assert_eq!(decode(&SHIFT_JIS.encode(JAPANESE).0, Some("iso-2022-jp")), JAPANESE);
}

#[test]
fn html_declares_its_charset_as_for_a_browser() {
    let read = |head: &str| {
        let body = WINDOWS_1251.encode("<p>Да").0;
        let html = [head.as_bytes(), &body].concat();
        decode_html(&html, None, Hints::default).ends_with("Да")
    };
    for head in [
        "<meta charset=windows-1251>",
        "<META CHARSET='Windows-1251' />",
        "<html><head x='<meta charset=koi8-r>'><meta name=a content=b><meta charset = \"cp1251\">",
        "<meta http-equiv=Content-Type content='text/html; charset=windows-1251'>",
        "<meta content='text/html; charset = \"windows-1251\"; x' http-equiv='Content-Type'>",
        "<!-- <meta charset=koi8-r> --><meta charset=windows-1251>",
        "<!doctype html><?pi charset=koi8-r?><meta charset=windows-1251>",
        "<?xml version='1.0' encoding='windows-1251'?><html>",
        "<metadata charset=koi8-r><meta charset=windows-1251>",
        "<meta charset=nonsense><meta charset=windows-1251>",
    ] {
        assert!(read(head), "{head}");
    }
    assert_eq!(prescan::declared(b"<p>charset=koi8-r <!-- <meta charset=koi8-r>"), None);
    assert_eq!(prescan::declared(b"<meta name=description content='text; charset=koi8-r'>"), None);
    assert_eq!(prescan::declared(b"<meta charset=utf-16>"), Some(UTF_8));
    assert_eq!(prescan::declared(b"<meta charset=utf-7>"), None);
    assert_eq!(prescan::declared(format!("{}<meta charset=koi8-r>", " ".repeat(1024)).as_bytes()), None);
    // The declaration of the part comes first, unless it cannot be true.
    let russian = WINDOWS_1251.encode(RUSSIAN).0;
    let html = [b"<meta charset=windows-1251>", &*russian].concat();
    assert!(decode_html(&html, Some("koi8-r"), Hints::default).contains(&*KOI8_R.decode(&russian).0));
    assert!(decode_html(&html, Some("us-ascii"), Hints::default).contains(RUSSIAN));
    assert!(decode_html(&html, Some("utf-8"), Hints::default).contains(RUSSIAN));
}

#[test]
fn the_rest_of_a_message_gives_hints() {
    let short = WINDOWS_1255.encode("כן").0;
    for headers in [
        [("Subject", "פגישה מחר"), ("From", "ada@example.com")],
        [("Subject", "x"), ("From", "Ada <ada@mail.example.co.il>")],
        [("Subject", "=?windows-1255?Q?x?="), ("From", "")],
        [("Content-Type", "multipart/mixed; charset=windows-1255"), ("From", "<@>")],
    ] {
        assert_eq!(decode_with(&short, None, || hints_of(&headers)), "כן", "{headers:?}");
    }
    for from in ["", "@", "a@b.", "a@b.münchen", "a@b.XN--P1AI", "a@[1.2.3.4]", "a@b.c>d", "a@b..", "a@b.C_M"]
    {
        decode_with(&short, None, || hints_of(&[("From", from)]));
    }
}

#[test]
fn headers_that_are_not_encoded_are_read_again_only_if_they_cannot_be_latin() {
    let none = Hints::default;
    let as_latin = |text: &str, encoding: &'static Encoding| {
        WINDOWS_1252.decode(&encoding.encode(text).0).0.into_owned()
    };
    for (text, encoding) in [
        ("Счёт на оплату товара", WINDOWS_1251),
        ("Счёт на оплату товара", KOI8_R),
        ("関係者各位、請求書を送付いたします", SHIFT_JIS),
        ("您好，本月的发票已经开具，请查收附件", GBK),
        ("Τιμολόγιο του μήνα", WINDOWS_1253),
    ] {
        assert_eq!(reread(&as_latin(text, encoding), none).as_deref(), Some(text), "{}", encoding.name());
    }
    let russian = || hints_of(&[("From", "a@example.ru")]);
    assert_eq!(reread(&as_latin("Привет всем", WINDOWS_1251), russian).as_deref(), Some("Привет всем"));
    let declared = || hints_of(&[("Content-Type", "text/plain; charset=windows-1251")]);
    assert_eq!(reread(&as_latin("Привет", WINDOWS_1251), declared).as_deref(), Some("Привет"));
    assert_eq!(reread("Ð\u{9f}Ñ\u{80}Ð¸Ð²ÐµÑ\u{82}", none).as_deref(), Some("Привет"));
    for text in [
        "Grüße aus Köln",
        "ÄÖÜäöüß",
        "Umlaute: ÄÖÜ äöü ß ÀÉÎÕÜ",
        "Œuvre – été 5 €",
        "Привет",
        "发票 für Sie",
        "😀 ÄÖÜÄÖÜ",
        "Þýðing á öðrum",
        "•••••• Sale ••••••",
        "Ã¤ in place of ä",
        "",
    ] {
        assert_eq!((reread(text, none), reread(text, russian)), (None, None), "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn a_latin_text_is_never_overruled(text in "([a-z]{1,6}[àâçèéêëîïôùûüœäöüßñóåæø]{0,2}[a-z]{1,4}[ .,\n]{1,2}){1,60}") {
        let bytes = WINDOWS_1252.encode(&text).0;
        // What is UTF-8 is read as UTF-8: the bytes of "\u{df}\u{153}" happen to be.
        proptest::prop_assume!(text.is_ascii() || std::str::from_utf8(&bytes).is_err());
        let hints = || hints_of(&[("From", "a@example.cn")]);
        proptest::prop_assert_eq!(decode_with(&bytes, Some("iso-8859-1"), hints), text);
    }

    #[test]
    fn no_bytes_cause_a_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..80), kind in 0..8_usize, from in "\\PC{0,12}") {
        let labels = [None, Some("utf-7"), Some("utf-16"), Some("iso-2022-kr"), Some("hz-gb-2312"), Some("gbk"), Some("iso-8859-1"), Some("x")];
        decode_html(&bytes, labels[kind], || hints_of(&[("From", &from), ("Subject", &from)]));
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        reread(&text, || hints_of(&[("From", &from)]));
        utf7::decode(&text);
        prescan::declared(&[b"<meta ", bytes.as_slice()].concat());
    }
}
