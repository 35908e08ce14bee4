// A clock that a camera films: a file for Chromium's camera, and a way to read it from a video.
import { closeSync, openSync, writeSync } from "node:fs";

const WIDTH = 640;
const HEIGHT = 480;
const FRAMES_PER_SECOND = 30;
/** Frames until the clock begins anew: two seconds, more than anything here takes. */
export const FRAMES = 64;
/** The number in bits, and its complement below, by which a torn or blurred one is known. */
const BITS = 6;

/** Writes a film of which every frame shows its number, in Y4M. */
export function film(path: string): void {
  const file = openSync(path, "w");
  writeSync(file, `YUV4MPEG2 W${WIDTH} H${HEIGHT} F${FRAMES_PER_SECOND}:1 Ip A1:1 C420\n`);
  const colours = Buffer.alloc((WIDTH * HEIGHT) / 2, 128);
  for (let number = 0; number < FRAMES; number++) {
    const light = Buffer.alloc(WIDTH * HEIGHT);
    for (let y = 0; y < HEIGHT; y++) {
      for (let x = 0; x < WIDTH; x++) {
        const bit = (number >> Math.floor((x * BITS) / WIDTH)) & 1;
        // The lower half moves, so that the encoder has something to do.
        const shown = y < HEIGHT / 4 ? bit : 1 - bit;
        light[y * WIDTH + x] = y < HEIGHT / 2 ? (shown ? 220 : 30) : 64 + ((x * 3 + y * 2 + number * 12) % 128);
      }
    }
    writeSync(file, "FRAME\n");
    writeSync(file, light);
    writeSync(file, colours);
  }
  closeSync(file);
}

/** One reading of a clock: the number, and when it was seen, in milliseconds since the epoch. */
export interface Reading {
  number: number;
  at: number;
}

/**
 * Runs in a page: reads the clock in the first video there is, frame by frame. What the artist's own
 * page sees counts from the moment the frame was captured, what a viewer's sees until it is shown.
 */
export function readClock(side: "captured" | "shown"): void {
  const [bits, columns] = [6, 60];
  const readings: Reading[] = [];
  Object.assign(window, { readings });
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [columns, 8];
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  const follow = (video: HTMLVideoElement) => {
    const look: VideoFrameRequestCallback = (_, frame) => {
      const time = side === "captured" ? frame.captureTime : frame.expectedDisplayTime;
      context.drawImage(video, 0, 0, columns, 8);
      const pixels = context.getImageData(0, 0, columns, 8).data;
      let [number, clear] = [0, true];
      for (let bit = 0; bit < bits; bit++) {
        const column = Math.floor(((bit + 0.5) * columns) / bits);
        const upper = pixels[(1 * columns + column) * 4]!;
        const lower = pixels[(3 * columns + column) * 4]!;
        clear &&= Math.abs(upper - lower) > 80;
        if (upper > lower) number |= 1 << bit;
      }
      if (clear && time) readings.push({ number, at: performance.timeOrigin + time });
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  };
  const find = () => {
    const video = [...document.querySelectorAll("video")].find((one) => one.srcObject);
    if (video) follow(video);
    else setTimeout(find, 50);
  };
  find();
}
