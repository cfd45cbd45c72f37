#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Plays a tune, and looks at and listens to what the line did.

usage: tune.t [SERIES...]

In a stock kernel of each series (else those of $KERNELS, or all) `devtrio beep play` plays tests/vm/tune/melody
on a line of the test chip. The kernel's trace events (gpio:gpio_value) tell each
edge. Pitch and duration of every note must be what the tune says; what is
measured is left in build/beepctrl/ as a sound to hear (tune-VERSION.wav) and a
picture to look at (tune-VERSION.svg).
"""
import bisect
import os
import re
import statistics
import subprocess
import sys
import wave
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests" / "vm"))

from tap import Tap     # noqa: E402

SERIES = os.environ.get("KERNELS", "5.10 6.1 6.12 7.2 newest").split()
HERE = TOP / "tests/vm/tune"
OUT = TOP / "build" / "beepctrl"

# The melody as it should sound, worked out by hand: Hz, 0 for a rest, and ms.
# Between two notes of one pitch is a rest of 20 ms.
NOTES = [(659, 230), (0, 20), (659, 250), (698, 250), (784, 230), (0, 20),
         (784, 500), (0, 250), (698, 250), (659, 250), (587, 250), (523, 250),
         (0, 63), (440, 1000)]

# An emulator stops now and then for others: what it misses is one edge or many,
# never the next one's place.
PITCH_TOLERANCE = 0.01
TIME_TOLERANCE = 0.040
RATE = 44100


class Note:
    """One step of the melody, and the edges that fall into it."""

    def __init__(self, hz, ms, start, edges):
        self.hz, self.seconds, self.start = hz, ms / 1000, start
        self.end = start + self.seconds
        # An edge can be late, but by less than half a ms it is not early.
        first = bisect.bisect_left(edges, (start - 0.0005,))
        last = bisect.bisect_left(edges, (self.end - 0.0005,))
        self.edges = edges[first:last]

    def measured_hz(self):
        rises = [time for time, level in self.edges if level]
        periods = [b - a for a, b in zip(rises, rises[1:])]
        return 1 / statistics.median(periods) if periods else 0

    def measured_seconds(self):
        if not self.edges:
            return 0
        return self.edges[-1][0] - self.edges[0][0] + 0.5 / self.hz

    def problems(self):
        if not self.hz:
            # The edge that ends the note before may come late. Its last rise
            # may be as little before the rest as the window is wide.
            late = [time for time, level in self.edges
                    if (level and time >= self.start) or
                    time - self.start > TIME_TOLERANCE / 2]
            return [f"{len(late)} edges in a rest"] if late else []
        hz, seconds = self.measured_hz(), self.measured_seconds()
        found = []
        if abs(hz / self.hz - 1) > PITCH_TOLERANCE:
            found.append(f"{hz:.1f} Hz, not {self.hz}")
        if abs(seconds - self.seconds) > TIME_TOLERANCE:
            found.append(f"{seconds * 1000:.0f} ms, not "
                         f"{self.seconds * 1000:.0f}")
        return found

    def name(self):
        what = f"{self.hz} Hz" if self.hz else "rest"
        return f"{what}, {self.seconds * 1000:.0f} ms"


def play_in_guest(series):
    """Returns the exit code, the kernel's version and what the guest said.

    Its clock counts instructions: what else this machine does makes nothing
    late. It has one CPU, too: of two, the emulation sometimes leaves one in the
    breakpoint with which the kernel switches a trace event on.
    """
    guest = subprocess.run(
        [TOP / "tests/vm/minimal", series, HERE, TOP / "build/selftests"],
        env={**os.environ, "DEVTRIO_ICOUNT": "1"},
        stdout=subprocess.PIPE, text=True, check=False)
    version = re.search(r"guest (\S+) came to its end", guest.stdout)
    version = version.group(1) if version else series
    results = TOP / "build" / "vm" / f"{HERE.name}-{version}" / "results"
    text = results.read_text(errors="replace") if results.exists() else ""
    return guest, version, text.replace("\r", "")


def edges_of(text):
    """Times in s since the tune began, and levels; repeats taken out.

    An edge may be late, also the first, and never early: the tune began when the
    one of the first note's edges that was least late says.
    """
    edges = []
    for time, level in re.findall(r"^# edge (\d+\.\d+) ([01])$", text, re.M):
        edge = float(time), int(level)
        if edge[1] != (edges[-1][1] if edges else 0):
            edges.append(edge)
    half = 0.5 / NOTES[0][0]
    begin = min((time - i * half for i, (time, _) in enumerate(edges[:200])),
                default=0)
    return [(time - begin, level) for time, level in edges]


def notes_of(edges):
    notes, start = [], 0.0
    for hz, ms in NOTES:
        notes.append(Note(hz, ms, start, edges))
        start += ms / 1000
    return notes


def write_wav(path, edges, seconds):
    """What a membrane on the line would do: two positions, and rest."""
    times = [time for time, _ in edges]
    samples = bytearray()
    for i in range(int(seconds * RATE)):
        at = bisect.bisect_right(times, i / RATE)
        # Silence once the line has not moved for longer than 20 Hz would.
        still = not at or i / RATE - times[at - 1] > 0.025
        level = 0 if still else 8000 if edges[at - 1][1] else -8000
        samples += level.to_bytes(2, "little", signed=True)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(bytes(samples))


def waveform(edges, start, length, x, y, width, height):
    """The line's level from `start` on, as points of an SVG polyline."""
    times = [time for time, _ in edges]
    at = bisect.bisect_right(times, start)
    level = edges[at - 1][1] if at else 0
    points = [(x, level)]
    for time, new in edges[at:]:
        if time > start + length:
            break
        place = x + (time - start) / length * width
        points += [(place, level), (place, new)]
        level = new
    points.append((x + width, level))
    return " ".join(f"{px:.1f},{y + height * (1 - high):.1f}"
                    for px, high in points)


def write_picture(path, version, edges, notes):
    """The tune as measured, and 10 ms out of the middle of each note."""
    seconds = notes[-1].end
    scale = 1140 / seconds
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" width="1200" '
             'height="620" font-family="sans-serif" font-size="12">',
             '<rect width="1200" height="620" fill="white"/>',
             f'<text x="30" y="24" font-size="16">beepctrl, Linux {version}: '
             f'{len(edges)} edges of the GPIO line, as traced</text>']
    for note in notes:
        if not note.hz:
            continue
        x = 30 + note.start * scale
        y = 280 - (note.measured_hz() - 400) * 0.55
        parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" height="8" '
                     f'width="{note.measured_seconds() * scale:.1f}" '
                     'fill="steelblue"/>')
        parts.append(f'<text x="{x:.1f}" y="{y - 4:.1f}">'
                     f'{note.measured_hz():.0f} Hz</text>')
    for second in range(int(seconds) + 1):
        x = 30 + second * scale
        parts.append(f'<text x="{x:.1f}" y="310" fill="gray">{second} s</text>')
    played = [note for note in notes if note.hz]
    for i, note in enumerate(played):
        x, y = 30 + i % 4 * 295, 340 + i // 4 * 90
        middle = note.start + note.seconds / 2
        points = waveform(edges, middle, 0.010, x, y + 20, 265, 40)
        parts.append(f'<text x="{x}" y="{y + 12}">10 ms of {note.hz} Hz, at '
                     f'{middle:.2f} s</text>')
        parts.append(f'<polyline points="{points}" fill="none" '
                     'stroke="firebrick"/>')
    path.write_text("\n".join([*parts, "</svg>\n"]))


def test_series(tap, series):
    guest, version, text = play_in_guest(series)
    if not tap.test(guest.returncode == 0, f"{version}: plays the tune",
                    guest.stdout + text[-2000:]):
        return
    edges = edges_of(text)
    if not tap.test(len(edges) > 1000 and "# edges lost" not in text,
                    f"{version}: every edge is traced",
                    f"{len(edges)} edges"):
        return
    notes = notes_of(edges)
    for note in notes:
        problems = note.problems()
        tap.test(not problems, f"{version}: {note.name()}",
                 "; ".join(problems))
    tap.test(not edges[-1][1] and edges[-1][0] <=
             notes[-1].end + TIME_TOLERANCE, f"{version}: then silence")
    OUT.mkdir(parents=True, exist_ok=True)
    write_wav(OUT / f"tune-{version}.wav", edges, notes[-1].end + 0.2)
    write_picture(OUT / f"tune-{version}.svg", version, edges, notes)
    tap.note(f"to hear and to see: build/beepctrl/tune-{version}.wav and .svg")


def main():
    tap = Tap()
    subprocess.run(["make", "-s", "-C", TOP, "selftests"], check=True,
                   stdout=sys.stderr)
    for series in sys.argv[1:] or SERIES:
        test_series(tap, series)
    return tap.done()


sys.exit(main())
