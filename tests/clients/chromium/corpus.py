"""The documents of the table: every declaration in some carriers and shapes, and every document of markup."""

import dataclasses

import carriers
import declarations
import markup


@dataclasses.dataclass
class Case:
    technique: str
    carrier: str
    source: str
    word: str
    html: str


def cases():
    found = []

    def add(technique, carrier, source, html):
        word = f"target{len(found):04}"
        found.append(Case(technique, carrier, source, word, html(word)))

    def declared(technique, carrier, shape, text):
        if carrier in ("style", "style with comment", "style upper case"):
            carry = carriers.APPLYING[carrier]
        else:
            carry = carriers.APPLYING.get(carrier) or carriers.OTHER[carrier]
        add(technique, carrier, f"{shape}: {text}", lambda word: carriers.document(carry, shape, text, word))

    applying, shapes = list(carriers.APPLYING), list(carriers.SHAPES)
    for number, (technique, text) in enumerate(declarations.DECLARATIONS):
        declared(technique, "style", "div", text)
        # The steps have no common divisor with the lengths, so that all pairs are reached in turn.
        declared(technique, applying[number * 7 % len(applying)], shapes[number * 3 % len(shapes)], text)
    for carrier in [*carriers.APPLYING, *carriers.OTHER]:
        for text in ("display:none", "color:#fff", "font-size:1px"):
            declared("carrier", carrier, "div", text)
    for technique, number, html in markup.documents():
        add(technique, "markup", f"line {number}", html)
    return found
