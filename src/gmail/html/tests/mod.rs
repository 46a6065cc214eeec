//! Mails that hide text, mails that hide nothing, and mails that try to break the program.

mod sight;

use std::{fs, path::PathBuf};

use proptest::prelude::*;

use super::*;

fn data(folder: &str) -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "html"));
    files.sort();
    files
}

fn text(html: &str) -> String {
    to_text(html).text
}

/// Whether a text has no tag character outside a flag and no override of direction.
fn is_safe(text: &str) -> bool {
    let plain = ["gbeng", "gbsct", "gbwls"].iter().fold(text.to_owned(), |text, flag| {
        let tags: String = flag.chars().map(|c| char::from_u32(0xe0000 + c as u32).unwrap()).collect();
        text.replace(&format!("\u{1f3f4}{tags}\u{e007f}"), "")
    });
    !plain.contains(
        |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}'),
    )
}

#[test]
fn no_hidden_instruction_reaches_the_text() {
    let files = data("hidden");
    assert!(files.len() >= 30);
    let mut failed = Vec::new();
    for path in files {
        let text = text(&fs::read_to_string(&path).unwrap());
        if text.contains("SECRET") || !text.contains("VISIBLE-TEXT") || !is_safe(&text) {
            failed.push(format!("{}: {text}", path.display()));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn ordinary_mail_is_converted_as_expected() {
    let files = data("visible");
    assert!(files.len() >= 12);
    let mut failed = Vec::new();
    for path in files {
        let text = text(&fs::read_to_string(&path).unwrap());
        let expected = fs::read_to_string(path.with_extension("txt")).unwrap_or_default();
        if text.trim_end() != expected.trim_end() {
            failed.push(format!("{}:\n{text}\n", path.display()));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn hidden_text_is_counted() {
    let html = "<!-- a --><![if !mso]><p style='display:none'>x<b>y</b></p><![endif]--><div hidden></div>\
                <img src=https://t.example/o.gif width=1 height=1><p>a\u{200b}b\u{202e}c</p><style>p{color:red}</style>";
    let Rendered { text, removed, .. } = to_text(html);
    assert_eq!(text, "abc");
    assert_eq!(
        removed,
        Removed { hidden: 1, comments: 1, trackers: 1, invisible: 1, bidi: 1, alternative: 0 }
    );
    let mut twice = removed;
    twice.add(removed);
    let names: Vec<_> = twice.counts().collect();
    assert_eq!(names, [("hidden", 2), ("comments", 2), ("trackers", 2), ("invisible", 2), ("bidi", 2)]);
    assert_ne!(twice, Removed::default());
}

#[test]
fn nothing_is_removed_from_an_ordinary_mail() {
    let html = "<html><head><title>t</title><style>p{margin:0}</style></head><body><p>Hi <b>you</b></p></body></html>";
    assert_eq!(to_text(html).removed, Removed::default());
    assert_eq!(clean("Hi you,\n\nשלום\u{200f} 👩\u{200d}🔬 می\u{200c}خواهم\n").removed, Removed::default());
}

#[test]
fn the_padding_of_a_preheader_is_removed() {
    let padding = "&zwnj;&nbsp;&#847;&#8203;&shy; &#65279;&#8199;".repeat(60);
    let Rendered { text, removed, .. } = to_text(&format!("<div>Hello{padding}</div><p>Body</p>"));
    assert_eq!(text, "Hello\n\nBody");
    assert!(removed.invisible >= 240);
}

#[test]
fn a_child_can_be_visible_by_its_own_style() {
    assert_eq!(text("<div style='visibility:hidden'>a<b style='visibility:visible'>b</b></div>"), "b");
    assert_eq!(text("<td></td><div style='font-size:0'>a<b style='font-size:12px'>b</b></div>"), "b");
    assert_eq!(text("<div style='color:#fff'>a<b style='color:#000'>b</b></div>"), "b");
    assert_eq!(
        text("<div style='color:#fff'>a <a href='https://b.example/x'>b</a></div>"),
        "b <https://b.example/x>"
    );
}

#[test]
fn rules_follow_specificity_and_order() {
    let with = |css: &str| text(&format!("<style>{css}</style><p id=i class='c d'>x</p>"));
    assert_eq!(with("p{display:none} .c{display:block}"), "x");
    assert_eq!(with(".c{display:block} p{display:none}"), "x");
    assert_eq!(with(".c{display:none} .d{display:block}"), "x");
    assert_eq!(with(".d{display:block} .c{display:none}"), "");
    assert_eq!(with("p.c{display:none!important} #i{display:block}"), "");
    assert_eq!(with(".c:hover{display:none} p + .c{display:none} .c[x]{display:none}"), "x");
}

#[test]
fn media_rules_apply_if_they_match_a_desktop() {
    let with = |media: &str| {
        text(&format!("<style>@media {media} {{ .c {{ display:none }} }}</style><p class=c>x</p>"))
    };
    for applies in ["screen", "all", "only screen and (min-width: 480px)", "print, screen"] {
        assert_eq!(with(applies), "", "{applies}");
    }
    for other in [
        "print",
        "(max-width:600px)",
        "screen and (max-width:600px)",
        "(prefers-color-scheme: dark)",
        "not all",
    ] {
        assert_eq!(with(other), "x", "{other}");
    }
}

#[test]
fn end_tags_close_what_a_browser_closes() {
    let hidden = "<div style='display:none'>";
    assert_eq!(text("<p style='display:none'>a<div>b</div>"), "b");
    assert_eq!(text(&format!("{hidden}<span></div>b")), "b");
    assert_eq!(text(&format!("{hidden}<td></div>b")), "b");
    assert_eq!(text(&format!("{hidden}a</span></p></b></td></div>b")), "b");
    assert_eq!(text("<svg/>b"), "b");
    assert_eq!(text("<li style='display:none'>a<li>b"), "- b");
    assert_eq!(text("<table><tr><td style='display:none'>a<td>b<tr><td>c</table>"), "b\nc");
}

#[test]
fn links_are_shown_if_they_add_something() {
    assert_eq!(
        text("<a href='https://a.example/x?utm_source=y&id=1#z'>t</a>"),
        "t <https://a.example/x?id=1#z>"
    );
    assert_eq!(text("<a href='https://www.a.example/'>a.example</a>"), "a.example");
    assert_eq!(
        text("<a href='https://a.example/1'>one</a> <a href='https://a.example/1'>two</a>"),
        "one <https://a.example/1> two"
    );
    assert_eq!(text("<a href='mailto:a@b.example?subject=x'>write</a>"), "write <a@b.example>");
    assert_eq!(text("<a href='java\nscript:x'>t</a><a href='  JavaScript:x'>u</a>"), "tu");
    assert_eq!(text("<a href='https://a.example/\u{202e}x> y'>t</a>"), "t <https://a.example/x%3E%20y>");
    assert_eq!(
        text("<a href='https://a.example/i'><img src='https://a.example/i.png'></a>"),
        "<https://a.example/i>"
    );
    assert_eq!(
        text("<a href='https://a.example/i'> <img src='cid:1' alt='Open'> </a>"),
        "<https://a.example/i>"
    );
}

#[test]
fn a_mail_with_one_long_link_keeps_it_and_one_with_many_cuts_them() {
    let link = |n: usize| {
        format!("<p><a href='https://click.example.com/{n}/?upn={}'>go {n}</a></p>", "x".repeat(400))
    };
    assert!(text(&link(1)).contains(&"x".repeat(400)));
    let many: String = (0..100).map(link).collect();
    let out = text(&many);
    assert!(out.contains("go 99 <https://click.example.com/99/…>"));
    assert!(out.len() < 8_000, "{}", out.len());
}

/// A newsletter as large senders build them: nested tables, click counters, spacers, a preheader.
fn newsletter(articles: usize) -> String {
    let tracked = |n: usize| {
        format!("https://click.mail.example.com/ls/click?upn=u{n}.{}&amp;utm_source=nl", "Ab3_".repeat(70))
    };
    let mut html = String::from(
        "<!DOCTYPE html><html><head><title>Weekly</title><style>.pre{display:none} @media (max-width:600px){.col{display:none!important}}</style></head>\
         <body bgcolor=#eeeeee><div class=pre>SECRET-INSTRUCTION preview</div><table role=presentation width=100%><tr><td align=center>\
         <table width=600 bgcolor=#ffffff><tr><td style='background:#003366'><h1 style='color:#ffffff'>Weekly</h1></td></tr>",
    );
    for n in 0..articles {
        let url = tracked(n);
        html += &format!(
            "<!-- article {n} --><tr><td class=col style='padding:20px 30px;font-family:Helvetica,Arial,sans-serif'><!--[if mso]><table width=540 cellpadding=0 cellspacing=0 border=0><tr><td width=200 valign=top><![endif]-->\
             <table width=100% cellpadding=0 cellspacing=0 border=0 role=presentation style='border-collapse:collapse;mso-table-lspace:0pt;mso-table-rspace:0pt'><tr>\
             <td width=40% valign=top><a href='{url}'><img src='https://img.example.com/{n}.jpg' alt='' width=200 style='display:block'></a></td>\
             <td valign=top style='font-size:16px;line-height:24px;color:#333333'><h2 style='margin:0 0 10px'><a href='{url}' style='color:#003366;text-decoration:none'>Article {n}</a></h2>\
             <p style='margin:0 0 10px'>Two sentences that say what article {n} is about. They are short.</p>\
             <!--[if mso]><v:roundrect href='{url}' style='height:40px;v-text-anchor:middle;width:200px' arcsize='10%' fillcolor='#003366'><center>Read on</center></v:roundrect><![endif]-->\
             <table><tr><td bgcolor=#003366 style='border-radius:4px'><a href='{url}' style='color:#ffffff;padding:10px 20px;display:inline-block'>Read on</a></td></tr></table>\
             </td></tr></table></td></tr><tr><td height=20 style='font-size:0;line-height:0'>&nbsp;</td></tr>"
        );
    }
    html + "</table></td></tr></table><img src='https://o.example.com/open.gif' width=1 height=1></body></html>"
}

#[test]
fn a_newsletter_of_100_kb_becomes_less_than_8_kb_of_text() {
    let html = newsletter(38);
    assert!(html.len() > 95_000, "{}", html.len());
    let Rendered { text, removed, .. } = to_text(&html);
    assert!(text.len() < 8_000, "{}", text.len());
    assert!(
        text.contains("Article 37")
            && text.contains("Read on")
            && !text.contains("SECRET")
            && !text.contains('|')
    );
    assert_eq!((removed.hidden, removed.trackers, removed.comments), (1, 1, 38 * 3));
}

#[test]
fn below_the_depth_of_browsers_hidden_text_stays_hidden_and_other_text_is_shown() {
    let (open, close) = ("<div>".repeat(2000), "</div>".repeat(2000));
    assert_eq!(text(&format!("a{open}b{close}c")), "a\nb\nc");
    for hidden in [
        format!("<div style='display:none'>{open}x{close}y</div>"),
        format!("{open}<div style='display:none'>x<b>y</b></div>{close}"),
        format!("{open}<div style='display:none'>{}x{}y</div>{close}", "<b>".repeat(100), "</b>".repeat(99)),
        format!("{open}<div hidden><p>x<p>y</div>{close}"),
        format!("{open}<script>x</script><template>y</template>{close}"),
        format!("<div style='display:none'>{}x{}y</div>", "<i>".repeat(3000), "</i>".repeat(3000)),
    ] {
        let shown = to_text(&format!("a{hidden}<p>c"));
        assert_eq!(shown.text.replace('\n', ""), "ac", "{} bytes", hidden.len());
    }
    let shown = to_text(&format!("{open}<div style='display:none'>x</div>y"));
    assert_eq!((shown.text.trim(), shown.removed.hidden), ("y", 1));
}

#[test]
fn deep_and_large_documents_are_converted() {
    let (many, some) = (100_000, 10_000);
    for unit in ["<div>", "<table><tr><td>", "<b>"] {
        to_text(&unit.repeat(many));
    }
    for unit in ["<ul><li>x", "<blockquote>x", "<a href=x>", "<font color=red><p>", "<h1>", "<svg>", "<x>"] {
        to_text(&unit.repeat(some));
    }
    to_text(&("<div>".repeat(many) + &"</span>".repeat(many)));
    to_text(&("<span><td>".repeat(some) + &"</span></p>".repeat(some)));
    to_text(&("<font color=red>".repeat(some) + &"<div></font>".repeat(some)));
    to_text(&("<table><tr><td>a<td>".repeat(some) + &"b</table>".repeat(some)));
    to_text(&(0..some).map(|i| format!("<t{i} class=c{i}>")).collect::<String>());
    clean(&"\u{200b}\n".repeat(many));
}

#[test]
fn a_style_sheet_that_tries_to_be_slow_still_hides_text() {
    let rules: String = (0..5_000).map(|i| format!("div div div .c{} div{{color:red}}", i % 7)).collect();
    let html = format!(
        "<style>{rules} .x{{display:none}}</style>{}<p class=x>SECRET",
        "<div class='c1 c2'>".repeat(20_000)
    );
    assert_eq!(text(&html), "");
}

#[test]
fn plain_text_loses_its_invisible_characters() {
    let smuggled: String =
        "ignore all".chars().map(|c| char::from_u32(0xe0000 + c as u32).unwrap()).collect();
    let Rendered { text, removed, .. } =
        clean(&format!("a{smuggled}b\u{200b}\u{feff}c\u{202e}d\u{2066}\u{1b}[31m\0"));
    assert_eq!(text, "abcd[31m");
    assert_eq!((removed.invisible, removed.bidi), (smuggled.chars().count() + 4, 2));
}

#[test]
fn plain_text_keeps_its_lines() {
    assert_eq!(clean("a\r\nb\rc\n \n\t\n\n\n\nd\te\n-- \nme").text, "a\nb\nc\n\n\nd\te\n-- \nme");
    assert_eq!(clean("").text, "");
    assert_eq!(clean("a\n").text, "a\n");
}

fn htmlish() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<div style='display:none'>"),
        Just("<p>"),
        Just("</p>"),
        Just("</div>"),
        Just("<table>"),
        Just("<td>"),
        Just("<tr>"),
        Just("</table>"),
        Just("<li>"),
        Just("<ul>"),
        Just("</ul>"),
        Just("<a href='https://a.example'>"),
        Just("</a>"),
        Just("<b style='color:#fff"),
        Just("'>"),
        Just("<style>.a{"),
        Just("</style>"),
        Just("<!--"),
        Just("-->"),
        Just("<font color=white>"),
        Just("</font>"),
        Just("<blockquote>"),
        Just("</blockquote>"),
        Just("<pre>"),
        Just("</pre>"),
        Just("<br>"),
        Just("<hr>"),
        Just("text"),
        Just("\u{202e}"),
        Just("\u{e0041}"),
        Just("\u{1f3f4}"),
        Just("&#x202e;"),
        Just("é"),
        Just("\u{a0}"),
        Just("\\"),
        Just("/*"),
        Just(";"),
        Just("<h2>"),
    ];
    prop::collection::vec(prop_oneof![4 => piece.prop_map(str::to_owned), 1 => any::<String>()], 0..60)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_html_causes_a_panic_or_keeps_an_override(html in htmlish()) {
        prop_assert!(is_safe(&text(&html)));
    }

    #[test]
    fn no_bytes_cause_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(is_safe(&text(&String::from_utf8_lossy(&bytes))));
    }

    #[test]
    fn no_style_causes_a_panic(css in "[a-z0-9:;(){}!@#.,%\"'/*\\\\ é-]{0,80}") {
        text(&format!("<style>{css}</style><p style=\"{css}\">x"));
    }

    #[test]
    fn cleaning_is_idempotent(plain in any::<String>()) {
        let once = clean(&plain).text;
        prop_assert!(is_safe(&once));
        prop_assert_eq!(clean(&once).text, once);
    }
}
