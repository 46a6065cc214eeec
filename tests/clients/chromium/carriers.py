"""How declarations reach an element: style attributes, sheets, selectors, the cascade, and the element itself."""

import html


def style(declarations):
    return "", f'style="{html.escape(declarations)}"'


def rule(selector, attributes, before="", after="", wrap="%s"):
    """A carrier whose sheet has one rule; `before` and `after` are other rules."""

    def carrier(declarations):
        return f"<style>{before}{wrap % (selector + '{' + declarations + '}')}{after}</style>", attributes

    return carrier


def important(declarations):
    parts = [part if "!" in part else part + "!important" for part in declarations.split(";") if part.strip()]
    return "<style>.c{" + ";".join(parts) + "}</style>", 'class="c"'


# Carriers that apply the declarations.
APPLYING = {
    "style": style,
    "style upper case": lambda d: ("", f"STYLE='{html.escape(d)}'"),
    "style with comment": lambda d: ("", f'style="/* ; */{html.escape(d)};/* x"'),
    "class": rule(".c", 'class="c"'),
    "class of several": rule(".c", 'class="a c b"'),
    "id": rule("#i", 'id="i"'),
    "two classes": rule(".c.k", 'class="c k"'),
    "attribute": rule("[data-x]", 'data-x="1"'),
    "attribute value": rule('[data-x="one two"]', 'data-x="one two"'),
    "attribute prefix": rule("[class^=pre]", 'class="preheader"'),
    "attribute suffix": rule("[class$=der]", 'class="preheader"'),
    "attribute part": rule("[class*=head]", 'class="preheader"'),
    "attribute word": rule("[title~=b]", 'title="a b"'),
    "attribute dash": rule("[lang|=en]", 'lang="en-GB"'),
    "attribute case": rule("[data-x=ABC i]", 'data-x="abc"'),
    ":is": rule(":is(.c,.d)", 'class="d"'),
    ":where": rule(":where(.c)", 'class="c"'),
    ":not": rule(".k:not(.z)", 'class="k"'),
    ":has": rule(".c:has(*,i),.c:not(:has(z))", 'class="c"'),
    "parent :has": rule("body:has(p) .c", 'class="c"'),
    ":nth-child": rule(".w > :nth-child(2)", 'class="c"'),
    ":nth-child(even)": rule(".w > *:nth-child(even)", 'class="c"'),
    ":nth-of-type": rule(".w > .c:nth-of-type(n+1)", 'class="c"'),
    ":nth-last-child": rule(".w > :nth-last-child(2)", 'class="c"'),
    ":nth-child of": rule(":nth-child(1 of .c)", 'class="c"'),
    "not first child": rule(".w > :not(:first-child):not(:last-child)", 'class="c"'),
    "adjacent": rule("p.first + .c", 'class="c"'),
    "sibling": rule(".first ~ .c", 'class="c"'),
    "descendant": rule("body .w .c", 'class="c"'),
    "child": rule("body>.w>.c", 'class="c"'),
    ":root": rule(":root .c", 'class="c"'),
    "html > body": rule("html > body .c", 'class="c"'),
    ":lang": rule(":lang(fr)", 'lang="fr"'),
    ":dir": rule(".c:dir(ltr)", 'class="c"'),
    "link state": rule(".c:not(:hover):not(:focus)", 'class="c"'),
    "selector list": rule("h7,.c , b.z", 'class="c"'),
    "escaped name": rule(".\\63", 'class="c"'),
    "escaped digit": rule(".\\31 23", 'class="123"'),
    "escaped colon": rule(".md\\:hide", 'class="md:hide"'),
    "nesting": rule(".w", 'class="c"', wrap="%s", before=""),
    "important": important,
    "important over id": None,
    "media screen": rule(".c", 'class="c"', wrap="@media screen{%s}"),
    "media min-width": rule(".c", 'class="c"', wrap="@media only screen and (min-width:480px){%s}"),
    "media range": rule(".c", 'class="c"', wrap="@media (400px<=width<=900px){%s}"),
    "media not print": rule(".c", 'class="c"', wrap="@media not print{%s}"),
    "media list": rule(".c", 'class="c"', wrap="@media print,all{%s}"),
    "media light": rule(".c", 'class="c"', wrap="@media (prefers-color-scheme:light){%s}"),
    "media or": rule(".c", 'class="c"', wrap="@media (width:1px) or (color){%s}"),
    "media attribute": lambda d: (f'<style media="screen">.c{{{d}}}</style>', 'class="c"'),
    "supports": rule(".c", 'class="c"', wrap="@supports (display:grid){%s}"),
    "supports not": rule(".c", 'class="c"', wrap="@supports not (bogus:1){%s}"),
    "supports selector": rule(".c", 'class="c"', wrap="@supports selector(a>b){%s}"),
    "layer": rule(".c", 'class="c"', wrap="@layer one{%s}"),
    "layers in order": rule(".c", 'class="c"', before="@layer a,b;", wrap="@layer b{%s}"),
    "container": rule(".c", 'class="c"', before="body{container-type:inline-size}",
                      wrap="@container (width>1px){%s}"),
    "scope": rule(".c", 'class="c"', wrap="@scope (body){%s}"),
    "cdo": rule(".c", 'class="c"', before="<!--", after="-->"),
    "charset": rule(".c", 'class="c"', before='@charset "utf-8";'),
    "bad import": rule(".c", 'class="c"', before="@import url(https://css.example/a.css);"),
    "namespace": rule(".c", 'class="c"', before="@namespace svg url(http://www.w3.org/2000/svg);"),
    "after bad rule": rule(".c", 'class="c"', before="p{color:red;} a b c d {} }", after=""),
    "after bad selector": rule(".c", 'class="c"', before="a::bogus,p{display:none} @bogus x{y{z}}"),
    "after comment": rule(".c/**/", 'class="c"', before="/* } */"),
    "font face before": rule(".c", 'class="c"', before="@font-face{font-family:X;src:url(x)}"),
    "second sheet": lambda d: (f'<style>p{{margin:1em}}</style><style>.c{{{d}}}</style>', 'class="c"'),
    "type css": lambda d: (f'<style type="text/css">.c{{{d}}}</style>', 'class="c"'),
    "unclosed": lambda d: (f"<style>.c{{{d}</style>", 'class="c"'),
    "whole wins": lambda d: (f"<style>*{{color:#010101}}.c{{{d}}}</style>", 'class="c"'),
    "order": lambda d: (f"<style>.c{{opacity:1;display:block}}.c{{{d}}}</style>", 'class="c"'),
    "property": lambda d: (f"<style>@property --p{{syntax:'*';inherits:true}}.c{{{d}}}</style>", 'class="c"'),
    "data import": lambda d: (f'<style>@import url("data:text/css,.c{{{d.replace("%", "%25").replace("#", "%23")}}}");</style>',
                              'class="c"') if '"' not in d else style(d),
}
APPLYING["nesting"] = lambda d: (f"<style>.w{{color:#010101;& .c{{{d}}}}}</style>", 'class="c"')
APPLYING["nesting without &"] = lambda d: (f"<style>.w{{.c{{{d}}}}}</style>", 'class="c"')
APPLYING["nesting >"] = lambda d: (f"<style>.w{{> .c{{{d}}}}}</style>", 'class="c"')
APPLYING["nesting media"] = lambda d: (f"<style>.c{{@media screen{{{d}}}}}</style>", 'class="c"')
APPLYING["nesting compound"] = lambda d: (f"<style>.k{{&.c{{{d}}}}}</style>", 'class="c k"')
APPLYING["important over id"] = lambda d: ("<style>#i{opacity:1;display:block;color:#000}" + important(d)[0][7:],
                                           'id="i" class="c"')

# Carriers that do not apply them, or apply others over them: the text is as visible as without.
RESET = "display:block;visibility:visible;opacity:1;font-size:16px;color:#000;background:#fff;position:static;" \
        "height:auto;max-height:none;width:auto;text-indent:0;margin:0;transform:none;overflow:visible;filter:none"
OTHER = {
    "media print": rule(".c", 'class="c"', wrap="@media print{%s}"),
    "media narrow": rule(".c", 'class="c"', wrap="@media screen and (max-width:600px){%s}"),
    "media dark": rule(".c", 'class="c"', wrap="@media (prefers-color-scheme:dark){%s}"),
    "media bogus": rule(".c", 'class="c"', wrap="@media bogus{%s}"),
    "media not all": rule(".c", 'class="c"', wrap="@media not all{%s}"),
    "media width": rule(".c", 'class="c"', wrap="@media (width<400px){%s}"),
    "media monochrome": rule(".c", 'class="c"', wrap="@media (monochrome){%s}"),
    "media touch": rule(".c", 'class="c"', wrap="@media (max-device-width:480px){%s}"),
    "media attribute print": lambda d: (f'<style media="print">.c{{{d}}}</style>', 'class="c"'),
    "supports bogus": rule(".c", 'class="c"', wrap="@supports (bogus:1){%s}"),
    "hover": rule(".c:hover", 'class="c"'),
    "focus": rule(".c:focus-within", 'class="c"'),
    "other class": rule(".d", 'class="c"'),
    "other element": rule("h5.c", 'class="c"'),
    "bad list": rule(".c,::bogus", 'class="c"'),
    "bad selector": rule(".c:bogus(1)", 'class="c"'),
    "pseudo element": rule(".c::after", 'class="c"'),
    "vendor list": rule(".c,::-moz-x", 'class="c"'),
    "empty is": rule(":is()", 'class="c"'),
    "type other": lambda d: (f'<style type="text/x">.c{{{d}}}</style>', 'class="c"'),
    "in a comment": lambda d: (f"<style>/* .c{{{d}}} */</style>", 'class="c"'),
    "in template": lambda d: (f"<template><style>.c{{{d}}}</style></template>", 'class="c"'),
    "in noscript of head": lambda d: (f"<!doctype html><head><noscript><p>x</noscript></head>", 'class="c"'),
    "keyframes": rule("from", 'class="c"', wrap="@keyframes c{%s}"),
    "reset by id": lambda d: (f"<style>#i{{{RESET}}}.c{{{d}}}</style>", 'id="i" class="c"'),
    "reset by order": lambda d: (f"<style>.c{{{d}}}.c{{{RESET}}}</style>", 'class="c"'),
    "reset by importance": lambda d: (
        "<style>.c{" + RESET.replace(";", "!important;") + "!important}.c.c{" + d + "}</style>", 'class="c"'),
    "reset by style": lambda d: (f"<style>.c{{{d}}}</style>", f'class="c" style="{RESET}"'),
    "reset by all": lambda d: (f"<style>.c{{{d}}}#i{{all:initial;display:block}}</style>", 'id="i" class="c"'),
    "reset by revert": lambda d: (f"<style>.c{{{d}}}#i{{all:revert}}</style>", 'id="i" class="c"'),
    "reset by unset": lambda d: (f"<style>.c{{{d}}}#i{{all:unset}}</style>", 'id="i" class="c"'),
    "reset by layer": lambda d: (f"<style>.c{{{RESET}}}@layer a{{.c{{{d}}}}}</style>", 'class="c"'),
    "reset by :is": lambda d: (f"<style>:is(#x,.c){{{RESET}}}.c{{{d}}}</style>", 'class="c"'),
    "sheet under style": lambda d: (f"<style>.c{{{RESET}}}</style>", f'class="c" style="{html.escape(d)}"'),
    "important under style": lambda d: (
        "<style>.c{" + RESET.replace(";", "!important;") + "!important}</style>",
        f'class="c" style="{html.escape(d)}"'),
}

# How the element that carries the declarations holds the word.
SHAPES = {
    "div": "<div {x}>{w}</div>",
    "span": "<span {x}>{w}</span>",
    "p": "<p {x}>{w}</p>",
    "nested": "<div {x}><p>x <b>{w}</b></p></div>",
    "deep": "<div {x}><div><div><span>{w}</span></div></div></div>",
    "link": '<div {x}><a href="https://a.example/">{w}</a></div>',
    "heading": "<h2 {x}>{w}</h2>",
    "table": "<table {x}><tr><td>{w}</td></tr></table>",
    "cell": "<table class=w><tr class=first><td>a</td><td {x}>{w}</td></tr></table>",
    "row": "<table><tr {x}><td>{w}</td></tr></table>",
    "list": "<ul {x}><li>{w}</li></ul>",
    "pre": "<pre {x}>{w}</pre>",
    "font": "<font {x}>{w}</font>",
    "center": "<center {x}>{w}</center>",
}


def page(head, inner, word):
    number = word[-4:]
    return f"{head}<div class=w><p class=first>control{number}</p>{inner}<p>after</p></div>"


def document(carrier, shape, declarations, word):
    head, attributes = carrier(declarations)
    return page(head, SHAPES[shape].format(x=attributes, w=word), word)
