#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Plays a tune and checks pitch and duration of each note on the GPIO line.

usage: tune.t [SERIES...]

Runs `devtrio beep play` with tests/vm/tune/melody on a line of the test chip, in a
stock kernel of each series (default: $KERNELS, or all). The kernel's trace event
gpio:gpio_value records each edge. Writes the measured tune to build/beepctrl/, as a
sound (tune-VERSION.wav) and as a picture (tune-VERSION.svg).
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

# The expected notes, calculated by hand: Hz (0 is a rest) and ms. A rest of 20 ms
# separates two notes of the same pitch.
NOTES = [(659, 230), (0, 20), (659, 250), (698, 250), (784, 230), (0, 20),
         (784, 500), (0, 250), (698, 250), (659, 250), (587, 250), (523, 250),
         (0, 63), (440, 1000)]

# An emulator pauses now and then. It may delay or drop edges, but the edges after
# that are on time again.
PITCH_TOLERANCE = 0.01
TIME_TOLERANCE = 0.040
RATE = 44100


class Note:
    """One step of the melody, and the edges within it."""

    def __init__(self, hz, ms, start, edges):
        self.hz, self.seconds, self.start = hz, ms / 1000, start
        self.end = start + self.seconds
        # An edge can be late, but never more than 0.5 ms early.
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
            # The edge that ends the previous note may be late, and its last rise
            # may be in the 0.5 ms before the rest.
            late = [time for time, level in self.edges
                    if (level and time >= self.start) or
                    time - self.start > TIME_TOLERANCE / 2]
            return [f"{len(late)} edges during a rest"] if late else []
        hz, seconds = self.measured_hz(), self.measured_seconds()
        found = []
        if abs(hz / self.hz - 1) > PITCH_TOLERANCE:
            found.append(f"{hz:.1f} Hz, expected {self.hz}")
        if abs(seconds - self.seconds) > TIME_TOLERANCE:
            found.append(f"{seconds * 1000:.0f} ms, expected "
                         f"{self.seconds * 1000:.0f}")
        return found

    def name(self):
        what = f"{self.hz} Hz" if self.hz else "rest"
        return f"{what}, {self.seconds * 1000:.0f} ms"


def play_in_guest(series):
    """Returns the finished process, the kernel's version and the guest's results.

    The guest's clock counts instructions, so load on the host delays no edge. It has
    one CPU, because with two, QEMU sometimes leaves one stuck in the breakpoint with
    which the kernel enables a trace event.
    """
    guest = subprocess.run(
        [TOP / "tests/vm/minimal", series, HERE, TOP / "build/selftests"],
        env={**os.environ, "DEVTRIO_ICOUNT": "1"},
        stdout=subprocess.PIPE, text=True, check=False)
    version = re.search(r"guest (\S+) ran to completion", guest.stdout)
    version = version.group(1) if version else series
    results = TOP / "build" / "vm" / f"{HERE.name}-{version}" / "results"
    text = results.read_text(errors="replace") if results.exists() else ""
    return guest, version, text.replace("\r", "")


def edges_of(text):
    """Returns times in s since the start of the tune, and levels, without repeats.

    Any edge, even the first, may be late, but none is early: calculate the start of
    the tune from the least late edge of the first note.
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
    """Writes the movement of a membrane on the line: two positions, and rest."""
    times = [time for time, _ in edges]
    samples = bytearray()
    for i in range(int(seconds * RATE)):
        at = bisect.bisect_right(times, i / RATE)
        # Silence if the line stands still for longer than at 20 Hz.
        still = not at or i / RATE - times[at - 1] > 0.025
        level = 0 if still else 8000 if edges[at - 1][1] else -8000
        samples += level.to_bytes(2, "little", signed=True)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(bytes(samples))


def waveform(edges, start, length, x, y, width, height):
    """Returns the line's level from `start` on, as points of an SVG polyline."""
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
    """Draws the measured tune, and 10 ms from the middle of each note."""
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
    if not tap.test(guest.returncode == 0, f"{version}: the guest plays the tune",
                    guest.stdout + text[-2000:]):
        return
    edges = edges_of(text)
    if not tap.test(len(edges) > 1000 and "# edges lost" not in text,
                    f"{version}: the trace lost no edge",
                    f"{len(edges)} edges"):
        return
    notes = notes_of(edges)
    for note in notes:
        problems = note.problems()
        tap.test(not problems, f"{version}: {note.name()}",
                 "; ".join(problems))
    tap.test(not edges[-1][1] and edges[-1][0] <=
             notes[-1].end + TIME_TOLERANCE, f"{version}: silence after the tune")
    OUT.mkdir(parents=True, exist_ok=True)
    write_wav(OUT / f"tune-{version}.wav", edges, notes[-1].end + 0.2)
    write_picture(OUT / f"tune-{version}.svg", version, edges, notes)
    tap.note(f"sound and picture: build/beepctrl/tune-{version}.wav and .svg")


def main():
    tap = Tap()
    for series in sys.argv[1:] or SERIES:
        test_series(tap, series)
    return tap.done()


sys.exit(main())
