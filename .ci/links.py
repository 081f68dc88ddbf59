#!/usr/bin/env python3
"""Finds dead links in the repository's Markdown files and in the built documentation.

Checks relative links, `#headings` and pictures in every Markdown file, and links, fragments and pictures
of every page of the crate that `cargo doc --no-deps --all-features` builds. It builds them anew, because
`target/doc` may hold pages of private items, and pages of items that are gone. Addresses of this repository
and of the crate on docs.rs are checked against the working tree and against `target/doc`. Other addresses
are not fetched. Exit status 1 if a link is dead.
"""

import html.parser
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOC = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "doc"
CRATE = "weight_init"
REPOSITORY = re.compile(r"https://github\.com/weight-init/weight-init/(?:blob|tree|raw)/main/(.*)")
DOCS_RS = re.compile(r"https://docs\.rs/weight-init/latest/(.*)")


class Page(html.parser.HTMLParser):
    """Collects the targets of a page's links, and the names that a fragment can point at."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value)
            if value and ((name == "href" and tag in ("a", "link")) or (name == "src" and tag != "script")):
                self.links.append((self.getpos()[0], value))


def slug(heading):
    """Returns the anchor that GitHub gives to a heading."""
    text = re.sub(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])", r"\1", heading)
    text = text.strip().strip("#").strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


class Markdown:
    """Collects the same from a Markdown file, and its reference links without a definition."""

    TEXT = r"\[((?:(?!\n\s*\n)[^\[\]]|\[[^\[\]]*\])*)\]"
    IMAGE = re.compile(r"!\[[^\[\]]*\]\(\s*([^()\s]+)")
    LINK = re.compile(TEXT + r"\(\s*<?([^()\s<>]*(?:\([^()\s]*\))?[^()\s<>]*)>?[^)]*\)")
    DEFINITION = re.compile(r"^ {0,3}\[([^\]]+)\]:\s*<?(\S+?)>?\s*$", re.M)
    REFERENCE = re.compile(TEXT + r"\[([^\[\]]*)\]")

    def __init__(self, text):
        self.links, self.anchors, counts, lines, fence = [], set(), {}, [], None
        for line in text.splitlines():
            mark = re.match(r" {0,3}(`{3,}|~{3,})", line)
            if fence or mark:
                if not fence:
                    fence = mark[1]
                elif mark and mark[1].startswith(fence):
                    fence = None
                lines.append("")
                continue
            heading = re.match(r" {0,3}#{1,6}\s+(.*)", line)
            if heading:
                anchor = slug(heading[1])
                counts[anchor] = counts.get(anchor, -1) + 1
                self.anchors.add(f"{anchor}-{counts[anchor]}" if counts[anchor] else anchor)
            # Code has no links, and an escaped bracket begins none.
            line = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "code", line)
            lines.append(line.replace(r"\[", "").replace(r"\]", ""))
        text = "\n".join(lines)

        def find(pattern):
            return ((text.count("\n", 0, match.start()) + 1, match) for match in pattern.finditer(text))

        definitions = {match[1].lower() for _, match in find(self.DEFINITION)}
        self.anchors.update(re.findall(r'<a [^>]*(?:id|name)="([^"]*)"', text))
        self.links += ((line, match[2]) for line, match in find(self.DEFINITION))
        self.links += ((line, match[2]) for line, match in find(self.LINK))
        # Also within the text of a link, where `LINK` has passed over it.
        self.links += ((line, match[1]) for line, match in find(self.IMAGE))
        self.links += ((line, match[1]) for line, match in find(re.compile(r'<img[^>]*\ssrc="([^"]*)"')))
        references = ((line, (match[2] or match[1]).lower()) for line, match in find(self.REFERENCE))
        self.undefined = [(line, name) for line, name in references if name not in definitions]


pages = {}


def page(path):
    if path not in pages:
        text = path.read_text(encoding="utf-8")
        pages[path] = Markdown(text) if path.suffix == ".md" else Page(text)
    return pages[path]


def problem(path, link):
    """Returns why the link is dead, or None."""
    own, docs_rs = REPOSITORY.fullmatch(link), DOCS_RS.fullmatch(link)
    if own:
        base, link = ROOT, own[1]
    elif docs_rs:
        base, link = DOC, docs_rs[1]
    elif re.match(r"[a-z][a-z0-9+.-]*:|//", link):
        return None
    else:
        base = path.parent
    file, _, fragment = link.partition("#")
    file = urllib.parse.unquote(file.partition("?")[0])
    target = pathlib.Path(os.path.normpath(base / file)) if file else path
    if target.is_dir() and DOC in (target, *target.parents):
        target /= "index.html"
    if not target.exists():
        return "no such file"
    if own is None and docs_rs is None and ROOT not in target.parents and DOC not in target.parents:
        return "outside of the repository"
    if not fragment or target.suffix not in (".md", ".html"):
        return None
    if DOC / "src" in target.parents:
        # A range of lines, which a script of the page resolves.
        fragment = fragment.partition("-")[0]
    # rustdoc writes names with the same escapes as links.
    known = page(target).anchors
    found = fragment in known or urllib.parse.unquote(fragment) in known
    return None if found else "no such heading or anchor"


def main():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout
    markdown = [path for path in (ROOT / name for name in listed.split("\0") if name) if path.exists()]
    shutil.rmtree(DOC / CRATE, ignore_errors=True)
    command = ["cargo", "doc", "--quiet", "--no-deps", "--all-features", "--package", "weight-init"]
    subprocess.run(command, cwd=ROOT, check=True)
    # Not the pages of the sources in `src`: rustdoc writes all links there.
    built = sorted((DOC / CRATE).rglob("*.html"))
    if not markdown or not built:
        sys.exit(f"no Markdown files, or no pages in {DOC}")
    dead = checked = 0

    def report(path, line, what):
        nonlocal dead
        dead += 1
        shown = path.relative_to(ROOT) if ROOT in path.parents else path
        print(f"{shown}:{line}: {what}")

    for path in markdown + built:
        for line, link in page(path).links:
            checked += 1
            why = problem(path, link)
            if why:
                report(path, line, f"{link}: {why}")
        for line, name in getattr(page(path), "undefined", []):
            report(path, line, f"[{name}]: the reference is not defined")
    print(f"{checked} links in {len(markdown)} Markdown files and {len(built)} pages: {dead} are dead")
    sys.exit(1 if dead else 0)


main()
