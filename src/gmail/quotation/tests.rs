//! What is kept of the HTML of others, and what never is.

use serde_json::json;

use super::{Original, Quote, images::shown_ids, joined_html, sanitise::sanitised};

#[test]
fn what_is_quoted_is_balanced_and_does_nothing() {
    for (html, expected) in [
        ("<p>a</blockquote></div></body>b", "<p>ab</p>"),
        ("a<!-- <b>", "a"),
        ("<style>p{display:none}</style><p class=\"x\">a", "<p class=\"x\">a</p>"),
        ("<b onclick=\"x()\">a<script>x()</script>", "<b>a</b>"),
        ("<a href=\"javascript:x()\">a</a>", "<a>a</a>"),
        ("<a href=\"data:text/html,x\">a</a>", "<a>a</a>"),
        ("<img src=\"data:image/png;base64,AA\">", "<img src=\"data:image/png;base64,AA\">"),
        ("<img src=\"cid:i@x\" width=\"5\">", "<img src=\"cid:i@x\" width=\"5\">"),
        ("<form action=\"https://x.example\"><input value=a>b</form>", "b"),
        ("<html><head><title>t</title><meta http-equiv=refresh content=0></head><body>a", "a"),
        ("<base href=\"https://x.example\"><link rel=stylesheet href=x>a", "a"),
        ("<svg><style><img src=x onerror=x()>", "<img src=\"x\">"),
        ("<table><tfoot><tr><td>a", "<table><tfoot><tr><td>a</td></tr></tfoot></table>"),
    ] {
        assert_eq!(sanitised(html).as_deref(), Some(expected), "{html}");
    }
    let styled =
        sanitised("<p style=\"color: red; position: fixed; top: 0; -moz-binding: url(x)\">a").unwrap();
    assert!(
        styled.contains("color") && !styled.contains("position") && !styled.contains("binding"),
        "{styled}"
    );
    assert_eq!(sanitised(&"<div>".repeat(100_000)), None);
    let open: String = (0..900).map(|number| format!("<b class={number}>")).collect();
    assert_eq!(sanitised(&format!("{open}{}", "<p>a".repeat(50_000))), None);
    for usual in ["<p>a", "a<br>", "<div>a</div>", "<img src=x>"] {
        assert!(sanitised(&usual.repeat(20_000)).is_some(), "{usual}");
    }
}

#[test]
fn content_ids_are_found_in_every_spelling() {
    let html = "<img src='cid:a@x'><img src=CID:b%40x><td background=\"cid:c\"><p style=\"background:url(cid:d)\">acid: cid:a@x";
    assert_eq!(shown_ids(html), ["a@x", "b@x", "c", "d"]);
}

#[test]
fn a_quotation_is_put_into_the_body_of_the_document() {
    assert_eq!(joined_html("<body>a</BODY></html>", "q"), "<body>a<br>q</BODY></html>");
    assert_eq!(joined_html("a", "q"), "a<br>q");
    assert_eq!(joined_html("a", ""), "a");
}

#[test]
fn a_text_that_is_quoted_as_html_contains_no_markup_of_the_sender() {
    let header = |name: &str, value: &str| json!({"name": name, "value": value});
    let headers = [
        header("From", "<script>alert(1)</script> <a@x.org>"),
        header("Date", "\"><img src=x>"),
        header("Subject", "<i>"),
    ];
    let original = Original {
        resource: json!({"payload": {"headers": headers}}),
        body: "<b>Hi</b> & 'bye'\n  indented".to_owned(),
        html: None,
        source: None,
    };
    for quote in [Quote::of_reply(&original, &[]), Quote::of_forward(&original, &[])] {
        assert!(!quote.has_html());
        let html = quote.html();
        for markup in ["<script", "<img", "<b>", "<i>"] {
            assert!(!html.contains(markup), "{html}");
        }
        let expected =
            "&lt;b&gt;Hi&lt;/b&gt; &amp; &#39;bye&#39;<br>\n&nbsp;&nbsp;indented</blockquote></div>";
        assert!(html.ends_with(expected), "{html}");
    }
}
