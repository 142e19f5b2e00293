#!/usr/bin/env python3
"""Makes the table of src/aws/letter_pairs.rs: how much likelier a pair of letters is in language than in random text.

    tools/letter_pairs.py FOLDER_OF_HTML > table

The table in the repository was made from the books and the standard library's documentation that a Rust toolchain
installs (share/doc/rust/html; MIT or Apache-2.0). One row per first letter, one character per second letter:
'a' is 13 half bits less likely than chance, 'n' is chance, 'z' is 12 half bits more likely. Any English text gives nearly
the same table; it need not be made again.
"""
import collections
import html
import math
import os
import re
import sys


def words(folder):
    for root, _, names in sorted(os.walk(folder, followlinks=True)):
        for name in sorted(names):
            if name.endswith(".html"):
                with open(os.path.join(root, name), encoding="utf-8", errors="replace") as file:
                    text = html.unescape(re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", file.read(), flags=re.S))
                yield from re.findall(r"[A-Z]?[a-z]+|[A-Z]+", text)


def main():
    # A word counts once for each time it stands there, but never more than 50 times: a documentation repeats itself.
    times = collections.Counter(word.lower() for word in words(sys.argv[1]))
    pairs = collections.Counter()
    for word, count in times.items():
        for first, second in zip(word, word[1:]):
            pairs[first, second] += min(count, 50)
    total = sum(pairs.values())
    letters = "abcdefghijklmnopqrstuvwxyz"
    for first in letters:
        row = ""
        for second in letters:
            odds = math.log2((pairs[first, second] + 0.5) / total * 676)
            row += chr(ord("n") + max(-13, min(12, round(2 * odds))))
        print(f'    b"{row}", // {first}')


if __name__ == "__main__":
    main()
