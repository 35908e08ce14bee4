"""FFmpeg's own WHIP muxer, by PyAV.

    ffmpeg_client.py URL [--flags FLAGS] [--only video|audio]

Tells `playing` once it is connected, or what FFmpeg says of why it isn't.
"""

import argparse
import threading
import time

import av

import material
import program


def streams(container, only):
    """What is played: for each stream when its next frame is due, how to make it, and its length."""
    playing = []
    if only != "audio":
        video = container.add_stream("libx264", rate=material.FRAME_RATE)
        video.width, video.height, video.pix_fmt = material.WIDTH, material.HEIGHT, "yuv420p"
        video.bit_rate = 500_000
        video.codec_context.gop_size = 2 * material.FRAME_RATE
        video.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
        playing.append((video, material.picture, 1 / material.FRAME_RATE))
    if only != "video":
        audio = container.add_stream("libopus", rate=material.AUDIO_RATE, layout="stereo")
        seconds = material.AUDIO_SAMPLES / material.AUDIO_RATE
        playing.append((audio, lambda number: material.tone(number, "stereo"), seconds))
    return playing


def play(container, playing, ended):
    start, numbers = time.monotonic(), [0] * len(playing)
    while not ended.is_set():
        due, which = min((numbers[i] * seconds, i) for i, (_, _, seconds) in enumerate(playing))
        if ended.wait(max(0, start + due - time.monotonic())):
            return
        stream, frame, _ = playing[which]
        container.mux(stream.encode(frame(numbers[which])))
        numbers[which] += 1


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("url")
    arguments.add_argument("--flags")
    arguments.add_argument("--only", choices=["video", "audio"])
    wanted = arguments.parse_args()
    options = {"authorization": program.token()}
    if wanted.flags:
        options["whip_flags"] = wanted.flags
    ended = threading.Event()
    program.at_the_end(ended.set)
    try:
        with av.open(wanted.url, "w", format="whip", options=options) as container:
            playing = streams(container, wanted.only)
            container.start_encoding()
            program.tell(playing=True)
            play(container, playing, ended)
    except (av.error.FFmpegError, av.error.HTTPError) as error:
        program.tell(refused=str(error))
    program.tell(left=True)


main()
