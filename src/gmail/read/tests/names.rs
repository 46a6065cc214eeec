//! The names of attachments: as programs spell them, and where there is none.

use serde_json::{Value, json};

use super::{attached, leaf, mail, multi, with_header};
use crate::gmail::read::{attachments, parameter::parameter};

/// The names of the attachments of a message with these parts.
fn names(parts: Vec<Value>) -> Vec<String> {
    attachments(&mail(multi("mixed", parts))).into_iter().map(|a| a.filename).collect()
}

/// The name of a PDF with these headers, for which Gmail gives no name.
fn name_of(disposition: &str, content_type: &str) -> String {
    let part = leaf(&format!("application/pdf{content_type}"), "x");
    names(vec![with_header(part, "Content-Disposition", disposition)]).remove(0)
}

#[test]
fn file_names_lose_directories_and_misleading_characters() {
    for (sent, shown) in [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\ada\\tax.pdf", "tax.pdf"),
        ("in\u{1b}[31mvoice\r\n.pdf", "in[31mvoice .pdf"),
        ("annex\u{202e}fdp.exe", "annexfdp.exe"),
        ("=?utf-8?B?w7xiZXIucGRm?=", "über.pdf"),
        ("..", "attachment-1.pdf"),
        ("dir/", "attachment-1.pdf"),
        ("  ", "attachment-1.pdf"),
        ("发票.pdf", "发票.pdf"),
    ] {
        let mail = mail(multi("mixed", vec![attached(sent, leaf("application/pdf", "x"))]));
        assert_eq!(attachments(&mail)[0].filename, shown, "{sent:?}");
    }
}

#[test]
fn every_spelling_of_a_name_is_read() {
    for (disposition, name) in [
        ("attachment; filename=plain.pdf", "plain.pdf"),
        ("attachment; filename=two words.pdf; size=3", "two words.pdf"),
        ("attachment;filename='single.pdf'", "single.pdf"),
        ("attachment; FileName = \"case.pdf\"", "case.pdf"),
        ("attachment filename=\"no semicolon.pdf\"", "no semicolon.pdf"),
        ("attachment; size=3; filename=\"a;b=c.pdf\"", "a;b=c.pdf"),
        ("attachment; filename=\"say \\\"hi\\\".pdf\"", "say \"hi\".pdf"),
        ("attachment; filename=\"the \"new\" plan.pdf\"; size=3", "the \"new\" plan.pdf"),
        ("attachment; filename=\"not closed.pdf; size=3", "not closed.pdf"),
        ("attachment; filename=\"folded\r\n name.pdf\"", "folded name.pdf"),
        ("attachment; filename=\"=?utf-8?B?w7xiZXIucGRm?=\"", "über.pdf"),
        ("attachment; filename==?utf-8?Q?=C3=BCber.pdf?=", "über.pdf"),
        ("attachment; filename=\"=?iso-8859-1?Q?caf=E9?= =?iso-8859-1?Q?_menu.pdf?=\"", "café menu.pdf"),
        ("attachment; filename=\"=?utf-8?Q?=E5=8F?=\r\n =?utf-8?Q?=91=E7=A5=A8.pdf?=\"", "发票.pdf"),
        ("attachment; filename=\"=?koi8-r?B?8NLJ18XU?=.pdf\"", "Привет.pdf"),
        ("attachment; filename=\"=?iso-2022-jp?B?GyRCJDMkcyRLJEEkTxsoQg==?=.pdf\"", "こんにちは.pdf"),
        ("attachment; filename*=UTF-8''%e2%82%ac%20rates.pdf", "€ rates.pdf"),
        ("attachment; filename*=utf-8'en'%C3%BCber.pdf", "über.pdf"),
        ("attachment; filename*=\"UTF-8''%C3%BCber.pdf\"", "über.pdf"),
        ("attachment; filename*=iso-8859-1''caf%E9.pdf", "café.pdf"),
        ("attachment; filename*=windows-1251''%CF%F0%E8%E2%E5%F2.pdf", "Привет.pdf"),
        ("attachment; filename*=Shift_JIS''%90%BF%8B%81%8F%91.pdf", "請求書.pdf"),
        ("attachment; filename*=gb18030''%B7%A2%C6%B1.pdf", "发票.pdf"),
        ("attachment; filename*=iso-2022-jp''%1B%24B%243%24s%1B%28B.pdf", "こん.pdf"),
        ("attachment; filename*=%C3%BCber.pdf", "über.pdf"),
        ("attachment; filename*=''%C3%BCber.pdf", "über.pdf"),
        ("attachment; filename*=nonsense''%C3%BCber.pdf", "über.pdf"),
        ("attachment; filename=\"utf-8''%C3%BCber.pdf\"", "über.pdf"),
        ("attachment; filename*=utf-8''it's%20here.pdf", "it's here.pdf"),
        ("attachment; filename=\"100% o'clock 'x'.pdf\"", "100% o'clock 'x'.pdf"),
    ] {
        assert_eq!(name_of(disposition, ""), name, "{disposition}");
        let as_type = disposition
            .replacen("attachment", "", 1)
            .replacen("filename", "name", 1)
            .replacen("FileName", "Name", 1);
        assert_eq!(name_of("attachment", &as_type), name, "{as_type}");
    }
}

#[test]
fn the_sections_of_a_name_are_put_together_in_the_order_of_their_numbers() {
    for (disposition, name) in [
        ("attachment; filename*0=\"long \"; filename*1=\"name.pdf\"", "long name.pdf"),
        ("attachment; filename*1=\"name.pdf\"; filename*0=\"long \"", "long name.pdf"),
        ("attachment; filename*0*=utf-8''%C3%BC; filename*1=ber; filename*2*=%2Epdf", "über.pdf"),
        ("attachment; filename*1*=ber%2Epdf; filename*0*=utf-8''%C3%BC", "über.pdf"),
        ("attachment; filename*0*=utf-8''%E5%8F; filename*1*=%91%E7%A5%A8.pdf", "发票.pdf"),
        ("attachment; filename*0*=iso-8859-1''caf%E9; filename*1=\" menu.pdf\"", "café menu.pdf"),
        ("attachment; filename*0*=Shift_JIS''%90%BF%8B; filename*1*=%81%8F%91.pdf", "請求書.pdf"),
        ("attachment; filename*0*=%C3%BC; filename*1*=ber.pdf", "über.pdf"),
        ("attachment; filename*0=\"=?utf-8?Q?=C3=BC\"; filename*1=\"ber.pdf?=\"", "über.pdf"),
        ("attachment; filename*1=\"from one\"; filename*2=\".pdf\"", "from one.pdf"),
        ("attachment; filename*0=\"a\"; filename*0=\"x\"; filename*2=\"b.pdf\"", "ab.pdf"),
        (
            "attachment; filename*0=a; filename*1=b; filename*2=c; filename*3=d; filename*4=e; filename*5=f; \
          filename*6=g; filename*7=h; filename*8=i; filename*9=j; filename*10=k.pdf",
            "abcdefghijk.pdf",
        ),
        ("attachment; filename*999999999999=x; filename*=; filename*x=y; filename=z.pdf", "z.pdf"),
    ] {
        assert_eq!(name_of(disposition, ""), name, "{disposition}");
    }
}

#[test]
fn of_several_names_the_most_exact_one_counts() {
    for (disposition, content_type, name) in [
        ("attachment; filename=fallback.pdf; filename*=utf-8''%C3%BCber.pdf", "", "über.pdf"),
        ("attachment; filename=fallback.pdf; filename*0*=utf-8''%C3%BC; filename*1=ber.pdf", "", "über.pdf"),
        ("attachment; filename=ours.pdf", "; name=theirs.pdf", "ours.pdf"),
        ("attachment", "; name=theirs.pdf", "theirs.pdf"),
        ("attachment; filename=\"\"", "; name=theirs.pdf", "theirs.pdf"),
        ("attachment; filename=\"..\"", "; name=theirs.pdf", "theirs.pdf"),
        ("attachment; filename=a.pdf; filename=b.pdf", "", "a.pdf"),
    ] {
        assert_eq!(name_of(disposition, content_type), name, "{disposition} {content_type}");
    }
    // Gmail's reading is used where the headers say nothing or cannot be read.
    let mut part = attached("gmail.pdf", leaf("application/pdf", "x"));
    part["headers"] =
        json!([{"name": "Content-Disposition", "value": "attachment; filename=\"\u{fffd}.pdf\""}]);
    assert_eq!(names(vec![part.clone()]), ["gmail.pdf"]);
    part["headers"] = json!([]);
    assert_eq!(names(vec![part]), ["gmail.pdf"]);
}

#[test]
fn a_name_that_is_spelled_in_code_is_as_harmless_as_a_plain_one() {
    for (disposition, name) in [
        ("attachment; filename*=utf-8''..%2F..%2Fetc%2Fpasswd.pdf", "passwd.pdf"),
        ("attachment; filename=\"=?utf-8?Q?..=2F..=2Fboot.pdf?=\"", "boot.pdf"),
        ("attachment; filename*0*=utf-8''C%3A%5Cx; filename*1*=%5Cup.pdf", "up.pdf"),
        ("attachment; filename*=utf-8''invoice%E2%80%AEfdp.exe", "invoicefdp.exe"),
        ("attachment; filename*=utf-8''a%0D%0ABcc%3A%20x%00%1B.pdf", "a Bcc: x.pdf"),
        ("attachment; filename*=utf-8''%E2%80%8B%E2%80%8B", "attachment-1.pdf"),
        ("attachment; filename=\"report.pdf. . \"", "report.pdf"),
        ("attachment; filename=\"=?utf-8?Q?=3D=3Futf-8=3FQ=3Ftwice=3F=3D.pdf?=\"", "=?utf-8?Q?twice?=.pdf"),
        ("attachment; filename=\".pdf\"", "attachment-1.pdf"),
    ] {
        assert_eq!(name_of(disposition, ""), name, "{disposition}");
    }
}

#[test]
fn a_name_without_an_ending_gets_that_of_its_type() {
    for (name, mime, shown) in [
        ("report", "application/pdf", "report.pdf"),
        ("Invoice No. 5", "application/pdf", "Invoice No. 5.pdf"),
        ("Minutes of 3.May", "application/pdf", "Minutes of 3.May.pdf"),
        ("photo", "image/jpeg", "photo.jpg"),
        ("Version 1.2", "text/plain", "Version 1.2.txt"),
        ("sheet", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "sheet.xlsx"),
        ("table", "application/vnd.ms-excel", "table.xls"),
        ("clip", "video/mp4", "clip.mp4"),
        ("song", "audio/mpeg", "song.mp3"),
        ("page", "TEXT/HTML; charset=utf-8", "page.html"),
        ("Fwd: offer", "message/rfc822", "Fwd: offer.eml"),
        ("archive.tar.gz", "application/gzip", "archive.tar.gz"),
        ("notes.typ", "text/plain", "notes.typ"),
        ("picture.PNG", "image/jpeg", "picture.PNG"),
        ("data", "application/octet-stream", "data"),
        ("data", "application/x-nobody-knows", "data"),
    ] {
        assert_eq!(names(vec![attached(name, leaf(mime, "x"))]), [shown], "{name} {mime}");
    }
}

#[test]
fn a_part_without_a_name_is_named_by_its_kind_and_place() {
    let kinds = [
        "image/png",
        "application/pdf",
        "image/jpeg",
        "audio/ogg",
        "video/webm",
        "text/csv",
        "application/zip",
        "application/octet-stream",
        "x-nobody/knows",
        "text/calendar",
        "application/pgp-signature",
    ];
    assert_eq!(
        names(kinds.iter().map(|kind| leaf(kind, "x")).collect()),
        [
            "image-1.png",
            "attachment-2.pdf",
            "image-3.jpg",
            "audio-4.ogg",
            "video-5.webm",
            "attachment-6.csv",
            "attachment-7.zip",
            "attachment-8.bin",
            "attachment-9.bin",
            "invite.ics",
            "signature.asc",
        ]
    );
}

#[test]
fn an_attached_message_is_named_by_its_subject() {
    let nested = |subject: &str| {
        let inner = with_header(leaf("text/plain", "inner"), "Subject", subject);
        json!({"mimeType": "message/rfc822", "filename": "noname.eml", "headers": [], "parts": [inner],
               "body": {"attachmentId": "ANGjd4", "size": 9}})
    };
    for (subject, name) in [
        ("Offer", "Offer.eml"),
        ("=?utf-8?Q?Gr=C3=BC=C3=9Fe?= 1.5", "Grüße 1.5.eml"),
        ("Re: either/or \\ both", "Re: either-or - both.eml"),
        ("..", "message.eml"),
        ("\u{202e}gpj\u{200b}", "gpj.eml"),
        ("", "message.eml"),
    ] {
        assert_eq!(names(vec![nested(subject)]), [name], "{subject:?}");
    }
    assert!(names(vec![nested(&"ä".repeat(500))])[0].chars().count() <= 84);
    let source =
        "From: a@example.org\r\nSUBJECT: =?utf-8?Q?Gr=C3=BC?=\r\n =?utf-8?Q?=C3=9Fe?=\r\n\r\nSubject: no\r\n";
    assert_eq!(names(vec![leaf("message/rfc822", source)]), ["Grüße.eml"]);
    assert_eq!(
        names(vec![leaf("message/rfc822", "From: a@example.org\r\n\r\nSubject: no\r\n")]),
        ["message.eml"]
    );
}

#[test]
fn parameters_are_read_leniently() {
    for (header, value) in [
        ("text/plain; charset=utf-8", "utf-8"),
        ("text/plain;charset=\"utf-8\";x=y", "utf-8"),
        ("text/plain; format=flowed; CharSet=' utf-8'", "utf-8"),
        ("text/plain; x=\"charset=koi8-r\"; charset=utf-8", "utf-8"),
        ("text/plain; charset", ""),
        ("text/plain; ; =; charset==", "="),
        ("charset=utf-8", ""),
        ("", ""),
    ] {
        assert_eq!(parameter(header, "charset").unwrap_or_default(), value, "{header}");
    }
}

proptest::proptest! {
    #[test]
    fn no_header_causes_a_panic(header in "(a|;|=|\"|'|\\*|\\\\|%|0|1|name|\u{e9}|=\\?utf-8\\?Q\\?| ){0,30}") {
        parameter(&header, "name");
        name_of(&header, &header);
    }
}
