#!/usr/bin/env python3
"""Runs several commands in turns on one machine and prints the median of each and its ratio to the first.

    measure.py ROUNDS LABEL BAR COMMAND... [::: LABEL BAR COMMAND...]...

BAR is the ratio to the first that a command should stay under (2.2), or to the one of another label (1.25 of LABEL), or
a time (15ms), or - for none. Every command runs once unmeasured, so that all find a warm page cache; then ROUNDS rounds
follow in which each runs once: a machine that slows down slows all of them. Time is wall time from start to end of the
process, memory is the largest resident set. Exit statuses 0, 1 and 3 count as runs that worked (3 is a keysift report
with gaps, and is marked). What the variable BEFORE holds is run by a shell before each run, and not measured.
"""

import os
import statistics
import subprocess
import sys
import time


def run(command):
    """(seconds, peak resident bytes, exit status) of one run whose output goes nowhere."""
    if before := os.environ.get("BEFORE"):
        subprocess.run(before, shell=True, check=True)
    nowhere = os.open(os.devnull, os.O_RDWR)
    start = time.perf_counter()
    child = os.posix_spawnp(
        command[0],
        command,
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_DUP2, nowhere, 0),
            (os.POSIX_SPAWN_DUP2, nowhere, 1),
            (os.POSIX_SPAWN_DUP2, nowhere, 2),
        ],
    )
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    os.close(nowhere)
    scale = 1 if sys.platform == "darwin" else 1024
    return seconds, usage.ru_maxrss * scale, os.waitstatus_to_exitcode(status)


def split(arguments):
    """The arguments, cut at every `:::`."""
    groups = [[]]
    for argument in arguments:
        if argument == ":::":
            groups.append([])
        else:
            groups[-1].append(argument)
    return groups


def shown(seconds):
    return f"{seconds * 1000:.1f} ms" if seconds < 0.5 else f"{seconds:.2f} s"


def verdict(bar, median, medians):
    """Whether a median is within its bar, with the ratio where it is to another than the first."""
    if bar == "-":
        return ""
    if bar.endswith("ms"):
        return "held" if median * 1000 <= float(bar[:-2]) else "MISSED"
    most, _, label = bar.partition(" of ")
    ratio = median / (medians[label] if label else next(iter(medians.values())))
    held = "held" if ratio <= float(most) else "MISSED"
    return f"{ratio:.2f}: {held}" if label else held


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    rounds = int(sys.argv[1])
    entries = [(group[0], group[1], group[2:]) for group in split(sys.argv[2:])]
    times = {label: [] for label, _, _ in entries}
    memory = {label: 0 for label, _, _ in entries}
    notes = {label: "" for label, _, _ in entries}
    for turn in range(rounds + 1):
        for label, _, command in entries:
            seconds, peak, status = run(command)
            if status not in (0, 1, 3):
                sys.exit(f"measure.py: {' '.join(command)}: exit status {status}")
            if status == 3:
                notes[label] = "incomplete (exit status 3)"
            if turn > 0:
                times[label].append(seconds)
                memory[label] = max(memory[label], peak)
    medians = {label: statistics.median(all_times) for label, all_times in times.items()}
    first = medians[entries[0][0]]
    print(f"{rounds} rounds in turns, {os.cpu_count()} cores, medians\n")
    print("| what | median | least to most | ratio | bar | | peak memory |")
    print("|---|---|---|---|---|---|---|")
    for label, bar, _ in entries:
        median = medians[label]
        ratio = median / first
        spread = f"{shown(min(times[label]))} to {shown(max(times[label]))}"
        held = " ".join(filter(None, [verdict(bar, median, medians), notes[label]]))
        print(f"| {label} | {shown(median)} | {spread} | {ratio:.2f} | {bar} | {held} | {memory[label] / 1e6:.0f} MB |")


main()
