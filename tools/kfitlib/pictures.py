"""kfit pictures: the pictures of README and docs, drawn from the heaps of a run of the kernel.

A page asks for a picture by a comment with its name and the lines that are typed at the kernel's shell, and shows it by
the link below, whose text becomes the picture's title:

    <!-- picture: merge: use first-fit heap=4K; alloc 1000 as a; map; free a; map -->
    ![A block is freed](pictures/merge.svg)

Each `map` makes a `heap` record, and each record a row; above it stands the operation done last. All rows have one
scale. The same records give the same picture, to the byte. Kinds of bytes differ in hatching and outline, not in colour
alone.
"""
import os
import re
from xml.sax.saxutils import escape

from . import typed
from .options import Parser
from .places import ROOT
from .status import BAD_INPUT, FAILED, OK, Stop
from .tables import pages

FOLDER = os.path.join(ROOT, "docs", "pictures")
MARK = "<!-- picture:"
PICTURE = re.compile(r"<!-- picture: ([a-z0-9-]+): (.*?) -->\n!\[([^\]\n]+)\]\(([^)\n]+)\)", re.S)

# Pixels. A letter of the fixed-width font at that size is not wider than LETTER.
WIDTH, EDGE, BAR, ROW, FOOT, LETTER = 760, 10, 40, 76, 34, 7.3
STYLE = """<style>
  text { font: 12px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #000 }
  .in { text-anchor: middle; paint-order: stroke; stroke: #fff; stroke-width: 4px; stroke-linejoin: round }
  .far { text-anchor: end }
  rect { stroke: #000; stroke-width: 1px }
  .page { fill: #fff; stroke: none }
  .used { fill: url(#used) }
  .free { fill: #fff; stroke-dasharray: 4 3 }
  .meta { fill: #444 }
  .untracked { fill: url(#untracked) }
</style>
<defs>
  <pattern id="used" width="7" height="7" patternUnits="userSpaceOnUse">
    <rect width="7" height="7" style="fill: #dbe8f6; stroke: none"/>
    <path d="M-1 1 L1 -1 M0 7 L7 0 M6 8 L8 6" style="stroke: #2864a0; stroke-width: 1px"/>
  </pattern>
  <pattern id="untracked" width="6" height="6" patternUnits="userSpaceOnUse">
    <rect width="6" height="6" style="fill: #fff; stroke: none"/>
    <circle cx="3" cy="3" r="1" style="fill: #000"/>
  </pattern>
</defs>
"""
KINDS = {"used": "used", "free": "hole", "meta": "metadata", "untracked": "untracked"}


class Picture:
    """What a page asks for."""

    def __init__(self, page, match):
        self.page, self.name, self.title, link = page, match.group(1), match.group(3), match.group(4)
        self.lines = [" ".join(line.split()) for line in match.group(2).split(";")]
        self.file = os.path.join(FOLDER, self.name + ".svg")
        if os.path.normpath(os.path.join(os.path.dirname(page), link)) != self.file:
            raise Stop(BAD_INPUT, "%s: the link below the picture '%s' does not lead to docs/pictures/%s.svg"
                       % (os.path.relpath(page, ROOT), self.name, self.name))

    def draw(self):
        """The picture as text."""
        try:
            rows = rows_of(typed.records(self.lines))
        except Stop as stop:
            raise Stop(stop.status, "picture %s: %s" % (self.name, stop.message)) from stop
        if not rows:
            raise Stop(BAD_INPUT, "picture %s: none of its lines is `map`, so there is no heap to draw" % self.name)
        return svg(self.title, rows)

    def shown(self):
        """The text of its file; empty if there is none."""
        try:
            with open(self.file, encoding="ascii") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def write(self, text):
        """Makes that text its file."""
        try:
            os.makedirs(FOLDER, exist_ok=True)
            with open(self.file, "w", encoding="ascii") as file:
                file.write(text)
        except OSError as error:
            raise Stop(FAILED, "%s cannot be written: %s" % (self.file, error.strerror)) from error


def asked_in(page):
    """The pictures that a page asks for."""
    with open(page, encoding="utf-8") as file:
        text = file.read()
    found = [Picture(page, match) for match in PICTURE.finditer(text)]
    if len(found) != text.count(MARK):
        raise Stop(BAD_INPUT, "%s: a picture is asked for by %s NAME: LINES -->, and a link ![TITLE](FILE) below it"
                   % (os.path.relpath(page, ROOT), MARK))
    return found


def all_asked():
    """All pictures of all pages by their names."""
    found = {}
    for page in pages():
        for picture in asked_in(page):
            if picture.name in found:
                raise Stop(BAD_INPUT, "two pictures are named '%s'" % picture.name)
            found[picture.name] = picture
    return found


# ---- rows ----

class Row:
    """One heap, and the operation that led to it."""

    def __init__(self, record, step):
        if "extents_left_out" in record:
            raise Stop(BAD_INPUT, "the heap has more blocks than its record can hold")
        self.alloc, self.heap, self.extents = record["alloc"], record["heap"], record["extents"]
        self.step = step

    def caption(self):
        if not self.step:
            return self.alloc
        return "%s: %s%s" % (self.alloc, self.step["line"], " - REFUSED" if self.step["refused"] else "")

    def sum(self):
        """What is free, in words."""
        holes = [size for kind, _, size in (extent[:3] for extent in self.extents) if kind == "free"]
        if len(holes) < 2:
            return "{:,} free in {} hole{}".format(sum(holes), len(holes), "" if holes else "s")
        return "{:,} free in {} holes, largest {:,}".format(sum(holes), len(holes), max(holes))

    def words(self):
        """The row for those who do not see it."""
        parts = ["%s %s" % (_label(extent), "{:,}".format(extent[2])) for extent in self.extents]
        return "%s. %s. Bytes by address: %s." % (self.caption(), self.sum(), ", ".join(parts))


def rows_of(records):
    """A row for each `heap` record."""
    rows, step = [], None
    for record in records:
        if record["type"] == "step":
            step = record
        elif record["type"] == "heap":
            rows.append(Row(record, step))
            step = None
    return rows


def _label(extent):
    return extent[3] if len(extent) > 3 else KINDS[extent[0]]


# ---- drawing ----

def _number(value):
    return ("%.1f" % value).rstrip("0").rstrip(".")


def _fits(text, width):
    return len(text) * LETTER + 6 <= width


def _block(extent, top, scale):
    """A block: its box, with name and size in it as far as they fit."""
    kind, at, size = extent[:3]
    left, width = EDGE + at * scale, size * scale
    label, bytes_text = _label(extent), "{:,}".format(size)
    lines = ["<g><title>%s, %s bytes at 0x%04x</title>" % (escape(label), bytes_text, at),
             '<rect class="%s" x="%s" y="%d" width="%s" height="%d"/>'
             % (kind, _number(left), top, _number(width), BAR)]
    texts = [text for text in (label, bytes_text) if _fits(text, width)] if kind != "meta" else []
    first = top + BAR / 2 + 4 - 8 * (len(texts) - 1)
    for number, text in enumerate(texts):
        lines.append('<text class="in" x="%s" y="%s">%s</text>'
                     % (_number(left + width / 2), _number(first + 16 * number), escape(text)))
    return lines + ["</g>"]


def _legend(kinds, top):
    lines, left = [], EDGE
    for kind in kinds:
        lines += ['<rect class="%s" x="%d" y="%d" width="24" height="14"/>' % (kind, left, top),
                  '<text x="%d" y="%d">%s</text>' % (left + 30, top + 11, KINDS[kind])]
        left += 30 + int(LETTER * len(KINDS[kind])) + 24
    return lines


def svg(title, rows):
    """The picture of these rows."""
    height = ROW * len(rows) + FOOT
    scale = (WIDTH - 2 * EDGE) / max(row.heap for row in rows)
    present = {extent[0] for row in rows for extent in row.extents}
    lines = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" '
             'aria-labelledby="title what">' % (WIDTH, height, WIDTH, height),
             '<title id="title">%s</title>' % escape(title),
             '<desc id="what">%s</desc>' % escape(" ".join(row.words() for row in rows)),
             STYLE + '<rect class="page" width="%d" height="%d"/>' % (WIDTH, height)]
    for number, row in enumerate(rows):
        top = ROW * number + 24
        lines += ['<text x="%d" y="%d">%s</text>' % (EDGE, top - 7, escape(row.caption())),
                  '<text class="far" x="%d" y="%d">%s</text>' % (WIDTH - EDGE, top - 7, escape(row.sum()))]
        for extent in row.extents:
            lines += _block(extent, top, scale)
    lines += _legend([kind for kind in KINDS if kind in present], ROW * len(rows) + 8)
    return "\n".join(lines + ["</svg>", ""])


# ---- the command ----

def pictures(words):
    """kfit pictures [NAME...] [--write]"""
    parser = Parser("pictures", "Draws the pictures of README and docs anew, from the heaps of runs of the 64-bit "
                    "kernel, and tells which of their files are not so: then the status is 1.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    parser.add_argument("--write", action="store_true", help="write them into docs/pictures (status 0)")
    asked = parser.parse_args(words)
    known = all_asked()
    for name in asked.names:
        if name not in known:
            parser.error("there is no picture '%s'; there are %s" % (name, ", ".join(known) or "none"))
    stale = False
    for name in asked.names or known:
        picture = known[name]
        fresh = picture.draw()
        is_same = fresh == picture.shown()
        stale = stale or not is_same
        if asked.write and not is_same:
            picture.write(fresh)
        changed = "is new" if asked.write else "is not what the kernel says now (--write draws it)"
        print("%s %s" % (os.path.relpath(picture.file, ROOT), "is as it was" if is_same else changed), flush=True)
    return FAILED if stale and not asked.write else OK
