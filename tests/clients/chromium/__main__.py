"""Compares what mcs-gmail shows of HTML mail with what Chromium shows a person, and lists where they differ.

A leak is a text that Chromium does not show and mcs-gmail does; a lost text is the reverse. The documents are made
from tables (declarations.py, carriers.py, markup.py) and at random (soup.py). Only the standard library is needed.
"""

import argparse
import collections
import os
import re
import shutil
import sys
import time

import corpus
import judge
import program
import soup

SOUPS = 2000
LOST_OF = (3, 600)
# Lost texts that are meant: technique, a part of the document, and the reason.
EXCEPTIONS = [
    ("contrast", "color:#fff;background:#000;background-clip:text", "only the edges of the glyphs are seen"),
    ("text paint", "-webkit-text-stroke", "a stroke over glyphs is not judged"),
    ("clip", "clip-path:path(", "a path is not judged"),
    ("overflow", "overflow-clip-margin", "it is not judged"),
    ("indent", "letter-spacing:-", "letters over each other cannot be read"),
    ("indent", "bidi-override", "the letters are written in the order in which they are seen"),
    ("transform", "rotate(", "how long a line is, is an estimate"),
    ("replaced", "<object", "what an object shows in place of its text is not known"),
    ("form", "placeholder", "the style of a hint is not computed"),
    ("form", "</p><option>", "an option outside a list shows its text, but not what is inside"),
    ("parsing", "<option", "the same"),
    ("svg and math", "<svg", "drawings are not drawn"),
    ("presentation", "<col", "the ground of a column is not followed to its cells"),
    ("inheritance", "9999px", "the content of a box out of the page is not looked for elsewhere"),
    ("inheritance", "translateX(900px)", "the same"),
    ("inheritance", "height:0;overflow:hidden", "the same"),
    ("inheritance", "scale(10)", "the same"),
    ("inheritance", "@keyframes", "an animation can only hide"),
    ("generated text", "::marker", "the style of markers is not computed"),
]
# Documents for which either answer is right, each with the reason: by a pattern of the source or the document.
EITHER = {
    r"<canvas": "its fallback is shown where scripts are off, as here, and hidden in a web client",
    r"<noscript": "likewise",
    r"scripting:none": "likewise",
    r"<(script|style)[^>]*display:block": "every mail client removes the text of scripts and sheets",
    r"hover:none": "a desktop has a mouse, this browser has none",
    r"<fencedframe": "only Chromium knows this element",
    r"<img title=": "it is shown only while the image is missing",
    r"<iframe": "every mail client removes it",
    r"to\{opacity:1\}": "most mail clients remove animations",
}


def options():
    parser = argparse.ArgumentParser(prog="chromium", description=__doc__.split("\n")[0])
    parser.add_argument("program", help="path of mcs-gmail")
    parser.add_argument("sandbox", help="path of the sandbox example")
    parser.add_argument("--only", metavar="NAME", help="only cases whose technique or carrier has this name, or: soup")
    parser.add_argument("--soups", type=int, default=SOUPS, metavar="NUMBER", help=f"random soups (default {SOUPS})")
    parser.add_argument("--every", type=int, default=1, metavar="NUMBER", help="only each case of this number")
    parser.add_argument("--keep", metavar="DIR", help="write documents that are judged differently to this folder")
    parser.add_argument("--report", metavar="FILE", help="write every difference to this file")
    parser.add_argument("--browsers", type=int, default=4, metavar="NUMBER", help="browsers at once (default 4)")
    return parser.parse_args()


def chosen(asked):
    found, soups = corpus.cases(), [soup.soup(number) for number in range(asked.soups)]
    if asked.only == "soup":
        return [], soups
    if asked.only:
        return [case for case in found if asked.only in (case.technique, case.carrier)], []
    return found[::asked.every], soups


def compare_cases(cases, verdicts, bodies):
    """Differences as (kind, technique, carrier, source, note, document), and the number of each verdict."""
    differences, counts = [], collections.Counter()
    for case, (verdict, note), body in zip(cases, verdicts, bodies):
        shown = case.word in body.lower()
        counts[case.technique, verdict] += 1
        if verdict != "unclear" and shown != (verdict == "visible"):
            kind = "leak" if shown else "lost"
            differences.append((kind, case.technique, case.carrier, case.source, note, case.html))
        elif "control" + case.word[-4:] not in body and "control" + case.word[-4:] in case.html:
            differences.append(("control", case.technique, case.carrier, case.source, "", case.html))
    return differences, counts


def compare_soups(soups, verdicts, bodies):
    differences, counts = [], collections.Counter()
    for number, ((html, words), verdict, body) in enumerate(zip(soups, verdicts, bodies)):
        for word in words:
            judged = verdict.get(word, "hidden")
            counts["soup", judged] += 1
            if judged != "unclear" and (word in body) != (judged == "visible"):
                kind = "leak" if word in body else "lost"
                differences.append((kind, "soup", "soup", f"{number} {word}", "", html))
    return differences, counts


def confirmed(binary, differences, cases, bodies, browsers):
    """A lost control word counts only if Chromium shows it."""
    controls = [d for d in differences if d[0] == "control"]
    word_of = {case.html: "control" + case.word[-4:] for case in cases}
    tasks = [lambda page, h=d[5]: judge.by_pixels(page, h, word_of[h]) for d in controls]
    seen = judge.all_of(binary, tasks, min(browsers, len(tasks))) if tasks else []
    lost = [("lost", *d[1:4], "control word", d[5]) for d, (verdict, _) in zip(controls, seen) if verdict == "visible"]
    return [d for d in differences if d[0] != "control"] + lost


def excepted(difference):
    kind, technique, _, _, _, html = difference
    meant = kind == "lost" and any(technique == of and part in html for of, part, _ in EXCEPTIONS)
    return meant or any(re.search(pattern, html) for pattern in EITHER)


def table(differences, counts):
    print(f"{'technique':<20}{'hidden':>8}{'leaks':>7}{'visible':>9}{'lost':>6}{'unclear':>9}")
    wrong = collections.Counter((d[1], d[0]) for d in differences)
    total = collections.Counter()
    for technique in dict.fromkeys(name for name, _ in counts):
        row = [counts[technique, "hidden"], wrong[technique, "leak"], counts[technique, "visible"],
               wrong[technique, "lost"], counts[technique, "unclear"]]
        print(f"{technique:<20}{row[0]:>8}{row[1]:>7}{row[2]:>9}{row[3]:>6}{row[4]:>9}")
        if technique != "soup":
            total.update(dict(enumerate(row)))
    if total:
        print(f"{'all but soups':<20}{total[0]:>8}{total[1]:>7}{total[2]:>9}{total[3]:>6}{total[4]:>9}")


def keep(folder, differences):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for number, (kind, technique, carrier, source, note, html) in enumerate(differences):
        with open(os.path.join(folder, f"{number:04}-{kind}-{technique.replace(' ', '-')}.html"), "w") as file:
            file.write(f"{html}\n<!-- {kind}: {technique}, {carrier}, {source.replace('--', '- -')}; {note} -->\n")


def report(path, differences):
    with open(path, "w") as file:
        for kind, technique, carrier, source, note, html in sorted(differences, key=lambda d: (d[0], d[1])):
            shown = "" if technique == "soup" else html.replace("\n", "\\n")
            file.write(f"{kind}\t{technique}\t{carrier}\t{source}\t{note}\t{shown}\n")


def main():
    asked, start = options(), time.monotonic()
    binary = shutil.which("chromium")
    if not binary:
        sys.exit("chromium is not installed")
    cases, soups = chosen(asked)
    bodies = program.bodies(asked.sandbox, asked.program, [c.html for c in cases] + [html for html, _ in soups])
    read = time.monotonic()
    tasks = [lambda page, c=c: judge.by_pixels(page, c.html, c.word) for c in cases]
    tasks += [lambda page, h=html: judge.by_boxes(page, h) for html, _ in soups]
    verdicts = judge.all_of(binary, tasks, asked.browsers)
    differences, counts = compare_cases(cases, verdicts, bodies)
    more, words = compare_soups(soups, verdicts[len(cases):], bodies[len(cases):])
    differences = confirmed(binary, differences, cases, bodies, asked.browsers) + more
    counts.update(words)
    differences = [d for d in differences if d[1] == "soup" or not excepted(d)]
    table(differences, counts)
    if asked.keep:
        keep(asked.keep, differences)
    if asked.report:
        report(asked.report, differences)
    end = time.monotonic()
    print(f"{len(cases)} documents and {len(soups)} soups: mcs-gmail {read - start:.0f} s, Chromium {end - read:.0f} s")
    leaks = sum(d[0] == "leak" for d in differences)
    lost = sum(d[0] == "lost" and d[1] != "soup" for d in differences)
    allowed = max(LOST_OF[0], len(cases) * LOST_OF[0] // LOST_OF[1])
    print(f"{leaks} leaks (at most 0), {lost} lost (at most {allowed})")
    sys.exit(leaks > 0 or lost > allowed)


main()
