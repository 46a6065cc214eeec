//! What a person sees of a document, by technique. Chromium judges many more (`tests/clients/chromium`).

use super::to_text;

/// Documents in which the word SECRET is not seen.
const HIDDEN: [&str; 75] = [
    "<div style='height:40px;overflow:auto'><div style='height:90px'></div><p>SECRET</p></div>",
    // display and visibility
    "<p style='display:none;display:bogus'>SECRET",
    "<p style='display:var(--d,none)'>SECRET",
    "<p style='display:table-column'>SECRET",
    "<style>@supports (display:grid){@layer a{.w{.c{display:none}}}}</style><div class=w><p class=c>SECRET",
    "<style>.c:dir(ltr){display:none}</style><p class=c>SECRET",
    "<style>.c:not(:playing):not(:modal){display:none}</style><p class=c>SECRET",
    "<style>.c:-webkit-any(p,a){display:none}</style><p class=c>SECRET",
    "<style>body{container-type:inline-size}@container (width>1px){.c{display:none}}</style><p class=c>SECRET",
    "<style>@container style(--a:1){.c{display:none}}</style><div style='--a:1'><p class=c>SECRET</div>",
    "<style>@media (color) and (prefers-reduced-motion:no-preference){.c{display:none}}</style><p class=c>SECRET",
    "<style>@media (hover:none){.c{display:none}}</style><p class=c>SECRET",
    "<style>@import url('data:text/css,.c{display:none}');</style><p class=c>SECRET",
    "<link rel=stylesheet href='data:text/css;base64,LmN7ZGlzcGxheTpub25lfQ=='><p class=c>SECRET",
    "<p style='display:if(style(--a:1):none;else:none)'>SECRET",
    "<p style='--mcs-undecided:0;opacity:if(else:0);--mcs-undecided:0'>SECRET",
    "<p style='visibility:collapse'>SECRET",
    "<p style='content-visibility:hidden'>SECRET",
    "<table><col style='visibility:collapse'><tr><td>SECRET</td><td>x</table>",
    "<details><summary>x</summary>SECRET</details>",
    "<div popover>SECRET</div>",
    "<meter>SECRET</meter><progress>SECRET</progress>",
    "<math>SECRET</math><math><maction><mi>a</mi><mi>SECRET</mi></maction></math>",
    "<option>SECRET</option>",
    "<p style='content:url(x.png)'>SECRET",
    // opacity, filters, blending
    "<div style='opacity:.2'><p style='opacity:.2'>SECRET",
    "<p style='filter:opacity(2%)'>SECRET",
    "<p style='filter:blur(40px)'>SECRET",
    "<style>@keyframes k{to{opacity:0}}</style><p style='animation:k 1ms forwards'>SECRET",
    "<body style='background:#fff'><p style='mix-blend-mode:screen'>SECRET",
    // size
    "<p style='font-size:calc(1px * 2)'>SECRET",
    "<p style='font-size-adjust:.01'>SECRET",
    "<p style='zoom:.1'>SECRET",
    "<p style='transform:scale(.1)'>SECRET",
    "<p style='transform:scale3d(1,1,0)'>SECRET",
    // contrast
    "<p style='color:buttonface'>SECRET",
    "<p style='color:oklch(100% 0 0)'>SECRET",
    "<p style='color:color-mix(in srgb,white,white 90%)'>SECRET",
    "<p bgcolor=black style='color:white'>SECRET",
    "<p style='color:white;background:url(https://img.example/x.png)'>SECRET",
    "<p style='color:#000;background:linear-gradient(#000,#111)'>SECRET",
    "<p style='color:white;background:linear-gradient(#000,#000) 0 0/1px 1px no-repeat'>SECRET",
    "<p style='color:#000;box-shadow:inset 0 0 0 99px #000'>SECRET",
    "<p style='-webkit-text-fill-color:white'>SECRET",
    "<body link=white><a href='https://a.example/'>SECRET</a>",
    "<div style='background:#000;height:0'><p style='color:#fff'>SECRET</p></div>",
    "<div style='background:#000'><p style='color:#fff;float:left'>SECRET</p></div>",
    "<div style='display:contents;background:#000'><p style='color:#fff'>SECRET</p></div>",
    "<span style='background:#000'><p style='color:#fff'>SECRET</p></span>",
    "<style>.c::first-line{color:#fff}</style><p class=c>SECRET",
    // boxes
    "<div style='overflow:hidden;height:2px'>SECRET</div>",
    "<div style='overflow:hidden;inline-size:2px'>SECRET</div>",
    "<div style='contain:strict'>SECRET</div>",
    "<div style='display:grid;grid-template-rows:0;overflow:hidden'>SECRET</div>",
    "<div style='height:40px;overflow:hidden'><p>x</p><p>x</p><p>x</p><p>SECRET</p></div>",
    "<div style='height:40px;overflow:hidden'><div style='height:90px'></div><p>SECRET</p></div>",
    "<div style='width:90px;overflow:hidden;white-space:nowrap'>xxxxxxxxxxxxxxxxxxxxxxxxxxxxx SECRET</div>",
    "<p style='clip-path:circle(1px at 0 0)'>SECRET",
    "<p style='clip-path:polygon(0 0,0 0,0 0)'>SECRET",
    "<p style='position:absolute;clip:rect(0,0,0,0)'>SECRET",
    "<p style='mask:linear-gradient(transparent,transparent)'>SECRET",
    "<p style='mask-image:url(https://img.example/m.png)'>SECRET",
    // out of the page
    "<p style='text-indent:-9999px'>SECRET",
    "<div style='text-indent:-9999px'><span style='text-indent:0'>SECRET</span></div>",
    "<p style='margin-left:-900px'>SECRET",
    "<p style='float:right;margin-right:-9999px'>SECRET",
    "<p style='position:absolute;inset:-9999px auto auto auto'>SECRET",
    "<p style='position:fixed;top:120vh'>SECRET",
    "<p style='translate:-200%'>SECRET",
    "<p style='rotate:x 90deg'>SECRET",
    "<p style='offset:path(\"M-2000 0L-2000 1\")'>SECRET",
    "<div style='transform-style:preserve-3d;transform:rotateY(180deg)'><p style='backface-visibility:hidden'>SECRET",
    "<p style='-webkit-text-security:disc'>SECRET",
    // covered
    "<div style='position:relative'><p>SECRET</p><div style='position:absolute;inset:0;background:#fff'></div></div>",
    "<p>SECRET</p><div style='margin-top:-60px;height:60px;background:#fff;position:relative'>x</div>",
];

/// Documents in which the word SEEN is seen.
const SEEN: [&str; 49] = [
    "<div style='orphans:auto;text-indent:0px;-webkit-text-stroke-width:0px;text-decoration:none'>SEEN</div>",
    "<div style='-webkit-text-stroke:0 #fff;offset-path:none'>SEEN</div>",
    "<body style='height:100%;overflow-x:hidden'><div style='height:900px'></div><p>SEEN",
    "<div style='height:200px;overflow:auto'><div style='height:900px'></div><p>SEEN</p></div>",
    "<table><tr><td style='margin-left:-2000px'>SEEN</table>",
    "<p style='display:none;display:block'>SEEN",
    "<p style='display:block;display:bogus'>SEEN",
    "<style>.c{display:none}#i{display:block}</style><p class=c id=i>SEEN",
    "<style>@media (max-width:600px){.c{display:none}}</style><p class=c>SEEN",
    "<style>@media print{.c{display:none}}</style><p class=c>SEEN",
    "<style>.c:hover{display:none}</style><p class=c>SEEN",
    "<style>.c,::bogus{display:none}</style><p class=c>SEEN",
    "<style>.c::after{display:none}</style><p class=c>SEEN",
    "<math><style>.c{display:none}</style></math><p class=c>SEEN",
    "<p style='-moz-transform:scale(0)'>SEEN",
    "<div style='visibility:hidden'><p style='visibility:visible'>SEEN",
    "<p style='opacity:.5'>SEEN",
    "<div style='font-size:0'><p style='font-size:14px'>SEEN",
    "<div style='line-height:0'><p style='line-height:1.5'>SEEN",
    "<p style='line-height:0'>SEEN",
    "<div style='position:absolute;left:50%;top:50%;transform:translate(-50%,-50%)'>SEEN</div>",
    "<h1 style='background:linear-gradient(#f00,#00f);-webkit-background-clip:text;color:transparent'>SEEN</h1>",
    "<table><tr><td style='width:1px'>SEEN</td><td>x</table>",
    "<table><tr><td style='height:1px;overflow:hidden'>SEEN</table>",
    "<style>.g{background-color:#036}</style><table><tr><td class=g><h1 style='color:#fff'>SEEN</h1></table>",
    "<div style='background:#000'><div style='float:left;color:#fff'>SEEN</div><br style='clear:both'></div>",
    "<div style='background:#000;overflow:hidden'><p style='color:#fff;float:left'>SEEN</p></div>",
    "<p style='color:#fff;text-shadow:0 0 2px #000'>SEEN",
    "<div style='color:#fff'><table><tr><td>SEEN</table></div>",
    "<p style='mix-blend-mode:multiply'>SEEN",
    "<p style='color:#fff;background:#000 url(https://img.example/x.png)'>SEEN",
    "<div style='overflow:hidden;height:2em'>SEEN</div>",
    "<div style='overflow:hidden;max-height:0;min-height:20px'>SEEN</div>",
    "<div style='overflow:hidden;height:0;padding-bottom:30px'>SEEN</div>",
    "<div style='height:40px;overflow:hidden'><p>SEEN</p><p>x</p><p>x</p></div>",
    "<div style='height:0'>SEEN</div>",
    "<p style='clip-path:inset(0)'>SEEN",
    "<p style='clip-path:url(#nothing)'>SEEN",
    "<p style='margin-left:36pt;text-indent:-18pt'>SEEN",
    "<div style='text-indent:-9999px'>x<br>SEEN</div>",
    "<p style='position:relative;top:-5px'>SEEN",
    "<p style='transform:rotate(3deg)'>SEEN",
    "<details open><summary>x</summary>SEEN</details>",
    "<button>SEEN</button>",
    "<input value=SEEN>",
    "<select size=3><option>a<option>SEEN</select>",
    "<select><option>a<option selected>SEEN</select>",
    "<style>p::before{content:'SEEN'}</style><p>x",
    "<ul style='list-style:\"SEEN\"'><li>x</ul>",
];

#[test]
fn what_a_person_does_not_see_is_not_read() {
    for html in HIDDEN {
        let shown = to_text(&format!("VISIBLE{html}"));
        assert!(!shown.text.contains("SECRET") && shown.removed.hidden > 0, "{html}\n{shown:?}");
    }
}

#[test]
fn what_a_person_sees_is_read() {
    for html in SEEN {
        let shown = to_text(html);
        assert!(shown.text.contains("SEEN"), "{html}\n{shown:?}");
    }
}

#[test]
fn struck_text_is_marked_and_reversed_text_is_turned() {
    assert_eq!(to_text("Only <s>10 €</s> 5 €").text, "Only ~~10 €~~ 5 €");
    assert_eq!(to_text("<p style='text-decoration:line-through'>old").text, "~~old~~");
    assert_eq!(to_text("<bdo dir=rtl>olleh</bdo>").text, "hello");
}

#[test]
fn alternative_text_is_marked_short_and_as_visible_as_the_image() {
    let image =
        |alt: &str, style: &str| format!("<img src='https://img.example/x' alt='{alt}' style='{style}'>");
    assert_eq!(to_text(&image("A cat", "")).text, "[image: A cat]");
    assert_eq!(to_text(&image("A cat", "display:none")).text, "");
    assert_eq!(to_text(&image("A cat", "max-height:0")).text, "");
    assert_eq!(to_text(&image("A cat", "color:#fff")).text, "");
    let row = to_text(&image(&"word ".repeat(20), "").repeat(5));
    assert!(
        row.text.chars().filter(|c| c.is_alphanumeric()).count() < 140 && row.removed.hidden > 0,
        "{row:?}"
    );
}

#[test]
fn a_document_that_takes_too_long_or_is_nested_too_deeply_is_hidden() {
    let slow: String = (0..5_000).map(|n| format!("div div div .c{} div{{color:red}}", n % 7)).collect();
    let deep = format!("{}.c{{display:none}}{}", "a{".repeat(300), "}".repeat(300));
    let large = "a{color:red}".repeat(100_000);
    for css in [slow, deep, large] {
        let shown =
            to_text(&format!("<style>{css}</style>{}x<p class=c>SECRET", "<div class=c1>".repeat(400)));
        assert!(!shown.text.contains("SECRET") && shown.removed.hidden > 0);
    }
}
