"""Reads a report in one of the formats as their consumers do and prints what came across, as JSON.

    consume.py junit|csv|github|markdown FILE"""

import csv
import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

from junitparser import Error, Failure, JUnitXml
from markdown_it import MarkdownIt

form, path = sys.argv[1:]


def junit():
    ElementTree.parse(path)
    suites = list(JUnitXml.fromfile(path))
    cases = [case for suite in suites for case in suite]
    results = lambda kind: [one.message for case in cases for one in case.result if isinstance(one, kind)]
    return {
        "told": [[suite.tests, suite.failures, suite.errors] for suite in suites],
        "tests": len(cases),
        "rules": [case.classname for case in cases],
        "failures": results(Failure),
        "errors": results(Error),
        "text": [one.text for case in cases for one in case.result],
    }


def table():
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, strict=True))
    assert all(None not in row and None not in row.values() for row in rows), "rows differ in length"
    # A spreadsheet takes such a cell for a formula.
    return {"rows": rows, "formulas": [cell for row in rows for cell in row.values() if cell[:1] in tuple("=+-@\t\r")]}


def unescape(text, more=()):
    for code, character in (*more, ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, character)
    return text


def github():
    """Workflow commands as the runner's documentation gives them: one a line, `::name key=value,key=value::data`."""
    commands = []
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line)
        assert match, line
        pairs = (pair.split("=", 1) for pair in match[2].split(","))
        fields = {name: unescape(value, (("%3A", ":"), ("%2C", ","))) for name, value in pairs}
        commands.append({"kind": match[1], "fields": fields, "text": unescape(match[3])})
    return {"commands": commands}


def markdown():
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(Path(path).read_text(encoding="utf-8"))
    inner = [child for token in tokens for child in token.children or []]
    texts, rows, row = [], [], None
    for at, token in enumerate(tokens):
        if token.type == "tr_open":
            row = []
        elif token.type == "tr_close":
            rows.append(row)
        elif token.type == "inline" and tokens[at - 1].type in ("td_open", "th_open"):
            row.append("".join(child.content for child in token.children))
    commands = [token.content.strip() for token in tokens if token.type == "fence"]
    kinds = sorted({token.type for token in tokens + inner})
    return {"rows": rows, "commands": commands, "kinds": kinds}


print(json.dumps({"junit": junit, "csv": table, "github": github, "markdown": markdown}[form]()))
