//! Headers and snippets as Gmail returns them, and as they are shown.

use serde_json::json;

use super::{header, snippet_of};

#[track_caller]
fn assert_subjects(rows: &[(&str, &str)]) {
    for (sent, shown) in rows {
        let mail = json!({"payload": {"headers": [{"name": "sUBJECT", "value": sent}]}});
        assert_eq!(header(&mail, "Subject"), *shown, "{sent:?}");
    }
}

#[test]
fn values_are_one_line() {
    assert_subjects(&[
        ("", ""),
        ("plain", "plain"),
        ("folded\r\n here", "folded here"),
        ("folded\n\t\there  again ", "folded here again"),
        ("blank before \r\n the fold", "blank before the fold"),
        ("\r\n leading", "leading"),
        ("emoji 😀 and العربية", "emoji 😀 and العربية"),
        ("\u{1b}[31mred\u{1b}[0m", "[31mred[0m"),
    ]);
}

#[test]
fn remaining_encoded_words_are_decoded() {
    assert_subjects(&[
        ("=?utf-8?B?R3LDvMOfZQ==?=", "Grüße"),
        ("=?UTF-8?q?Gr=C3=BC=C3=9Fe_aus?= Bonn", "Grüße aus Bonn"),
        ("Re: =?iso-8859-1?Q?caf=E9?=", "Re: café"),
        ("=?utf-8?Q?=C3=A4?=", "ä"),
        ("=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"),
        ("=?utf-8?Q?a?=\r\n =?utf-8?Q?b?=", "ab"),
        ("=?utf-8?Q?a?= and =?utf-8?Q?b?=", "a and b"),
        ("=?utf-8?Q?=C3?= =?utf-8?Q?=A4?=", "ä"),
        ("=?utf-8?Q?a?= =?koi8-r?B?8NLJ18XU?=", "aПривет"),
        ("=?iso-2022-jp?B?GyRCJDMkcyRLJEEkTxsoQg==?=", "こんにちは"),
        ("=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?B?R3LDvMOfZQ?=", "Grüße"),
        ("\"=?utf-8?Q?J=C3=B6rg?=\" <j@example.org>", "\"Jörg\" <j@example.org>"),
        ("=?utf-8?Q?line=0D=0ABcc:_x?=", "line Bcc: x"),
    ]);
}

#[test]
fn text_that_looks_like_an_encoded_word_is_kept() {
    assert_subjects(&[
        ("what =? is", "what =? is"),
        ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        ("=?utf-8?Q?never closed", "=?utf-8?Q?never closed"),
        ("=?utf 8?Q?abc?=", "=?utf 8?Q?abc?="),
        ("=??Q?abc?=", "=??Q?abc?="),
        ("50% =?", "50% =?"),
        ("=?utf-8?Q?=ZZ=4?=", "=ZZ=4"),
    ]);
}

#[test]
fn the_first_of_repeated_headers_is_used() {
    let mail = json!({"payload": {"headers": [
        {"name": "From", "value": "first@example.org"},
        {"name": "from", "value": "second@example.org"},
        {"name": "To"},
        {"value": "nameless"},
        "no header at all",
    ]}});
    assert_eq!(header(&mail, "From"), "first@example.org");
    assert_eq!(header(&mail, "To"), "");
    assert_eq!(header(&json!(null), "To"), "");
}

#[test]
fn snippets_lose_entities_and_padding() {
    for (sent, shown) in [
        ("It&#39;s &quot;5 &lt; 6&quot; &amp; more", "It's \"5 < 6\" & more"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("&#x1F600; &#128512;", "😀 😀"),
        ("AT&T; R&D &nosuch; &#xZZ; &#1114112; &", "AT&T; R&D &nosuch; &#xZZ; &#1114112; &"),
        ("Sale! \u{34f} \u{200c} \u{34f} \u{200c} \u{feff}", "Sale!"),
        ("&nbsp;&zwnj; Sale", "&zwnj; Sale"),
        ("Sale \u{200c}\u{a0}\u{200c}\u{a0} today", "Sale today"),
        ("👩\u{200d}💻 می\u{200c}خواهم", "👩\u{200d}💻 می\u{200c}خواهم"),
        ("\u{200b}\u{200b}", ""),
        ("", ""),
    ] {
        assert_eq!(snippet_of(&json!({"snippet": sent})), shown, "{sent:?}");
    }
}
