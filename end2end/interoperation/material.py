"""What the programs play: numbered pictures and a tone, raw and encoded.

The number of a picture stands in it as black and white blocks, the lower sixteen bits from left to
right, and upside down in the row below: what was decoded wrongly isn't taken for a number.
"""

import fractions
import math
import random
import struct

import av

WIDTH, HEIGHT, FRAME_RATE = 320, 240, 30
BITS = 16
BLOCK = WIDTH // BITS
AUDIO_RATE, AUDIO_SAMPLES = 48000, 960
BLACK, WHITE = 16, 235

NOISE = bytes(random.Random(1).choices(range(96, 160), k=2 * WIDTH * HEIGHT))


def picture(number, noise=False, pixels="yuv420p"):
    """The picture of that number: below its blocks a brightness that climbs, or noise that moves."""
    bits = [number >> (BITS - 1 - bit) & 1 for bit in range(BITS)]
    rows = [
        b"".join(bytes([WHITE if bit == value else BLACK]) * BLOCK for bit in bits) * BLOCK
        for value in (1, 0)
    ]
    rest = WIDTH * HEIGHT - sum(map(len, rows))
    start = number * 37 % (WIDTH * HEIGHT)
    below = NOISE[start : start + rest] if noise else bytes([32 + 2 * (number % 96)]) * rest
    frame = av.VideoFrame(WIDTH, HEIGHT, pixels)
    luma, *chroma = frame.planes
    luma.update(b"".join(rows) + below)
    for plane in chroma:
        plane.update(bytes([128]) * plane.buffer_size)
    frame.pts, frame.time_base = number, fractions.Fraction(1, FRAME_RATE)
    return frame


def tone(number, layout="mono"):
    """That fiftieth of a second of a sine of 440 Hz."""
    channels = 2 if layout == "stereo" else 1
    start = number * AUDIO_SAMPLES
    samples = (
        int(9000 * math.sin(2 * math.pi * 440 * (start + n) / AUDIO_RATE))
        for n in range(AUDIO_SAMPLES)
        for _ in range(channels)
    )
    frame = av.AudioFrame(format="s16", layout=layout, samples=AUDIO_SAMPLES)
    frame.planes[0].update(struct.pack(f"<{AUDIO_SAMPLES * channels}h", *samples))
    frame.pts, frame.sample_rate = start, AUDIO_RATE
    frame.time_base = fractions.Fraction(1, AUDIO_RATE)
    return frame
