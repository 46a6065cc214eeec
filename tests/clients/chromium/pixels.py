"""Whether two pictures of a page differ enough for a person to notice: the word that was replaced is then visible."""

import struct
import zlib

# A word is hidden below the first number and visible above the second. Between them either answer is right.
CONTRAST = (1.25, 1.4)
GLYPH = (5, 7)
# Colours of the same brightness that a person still tells apart, as a sum of differences of the channels.
COLOUR = 60


def rows(png):
    """Width, bytes per pixel, and the rows with their filter byte."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    place, data = 8, b""
    while place < len(png):
        length, kind = struct.unpack(">I4s", png[place:place + 8])
        chunk = png[place + 8:place + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", chunk[:10])
        elif kind == b"IDAT":
            data += chunk
        place += 12 + length
    assert depth == 8 and colour in (2, 6), (depth, colour)
    size = 3 if colour == 2 else 4
    data = zlib.decompress(data)
    stride = 1 + width * size
    return size, [data[n * stride:(n + 1) * stride] for n in range(height)]


def add_bytes(one, other, low):
    """The sum of two rows, byte by byte modulo 256, as one operation on long numbers."""
    return ((one & low) + (other & low)) ^ ((one ^ other) & ~low)


def unfiltered(rows, size):
    """The rows without their filter. Chromium writes filters 0, 1 and 2 where it is asked for speed."""
    length = len(rows[0]) - 1
    low = int.from_bytes(b"\x7f" * length, "little")
    above = 0
    for row in rows:
        value = int.from_bytes(row[1:], "little")
        if row[0] == 2:
            value = add_bytes(value, above, low)
        elif row[0] == 1:
            line = bytearray(row[1:])
            for n in range(size, length):
                line[n] = (line[n] + line[n - size]) & 255
            value = int.from_bytes(line, "little")
        elif row[0] != 0:
            raise ValueError(f"PNG filter {row[0]}")
        above = value
        yield value


def luminance(pixel):
    def linear(value):
        value /= 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(pixel[0]) + 0.7152 * linear(pixel[1]) + 0.0722 * linear(pixel[2])


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def differences(first, second):
    """Every pixel that differs as (x, y, contrast, sum of the channels' differences)."""
    size, ours = rows(first)
    _, theirs = rows(second)
    length = len(ours[0]) - 1
    known, found = {}, []
    for y, (one, other) in enumerate(zip(unfiltered(ours, size), unfiltered(theirs, size))):
        if one == other:
            continue
        one, other = one.to_bytes(length, "little"), other.to_bytes(length, "little")
        for n in range(0, length, size):
            a, b = one[n:n + 3], other[n:n + 3]
            if a != b:
                if (a, b) not in known:
                    known[a, b] = (contrast(a, b), sum(abs(x - y) for x, y in zip(a, b)))
                found.append((n // size, y, *known[a, b]))
    return found


def box(points):
    """The shorter side of the rectangle around the points."""
    if not points:
        return 0
    across, down = [p[0] for p in points], [p[1] for p in points]
    return min(max(across) - min(across), max(down) - min(down)) + 1


def verdict(first, second):
    """`hidden`, `visible`, or `unclear` near a limit, with what was measured."""
    if first == second:
        return "hidden", "no pixel differs"
    found = differences(first, second)
    strong = max((p[2] for p in found), default=1)
    side = box([p for p in found if p[2] >= CONTRAST[0]])
    note = f"contrast {strong:.2f}, {side} px"
    if side >= GLYPH[1] and strong >= CONTRAST[1]:
        return "visible", note
    if side >= GLYPH[0] and strong >= CONTRAST[0]:
        return "unclear", note
    coloured = [p for p in found if p[3] >= COLOUR]
    if box(coloured) >= GLYPH[1]:
        return "unclear", note + ", by colour only"
    return "hidden", note
