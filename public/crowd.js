// Paints the crowd beside the page, which has its hands free meanwhile. The page draws each figure once and
// sends it as a picture to be kept on a sheet; a frame is a list of copies from sheets. What it is sent is told
// in `app/src/crowd/screen.rs`; when that changes, so does the version behind this file's name there.
const COPY = 10;
let canvas, pen, resized;
let sheets = new Map();

const orders = {
  canvas(given) {
    canvas = given;
    pen = canvas.getContext("2d");
  },
  // Sheets are of no use for another size. The canvas gets it with the next frame, or would be empty until then.
  size(width, height) {
    resized = { width, height };
    sheets = new Map();
  },
  sheet(number, width, height) {
    sheets.set(number, new OffscreenCanvas(width, height).getContext("2d"));
  },
  put(number, picture, x, y) {
    const sheet = sheets.get(number);
    sheet?.clearRect(x, y, picture.width, picture.height);
    sheet?.drawImage(picture, x, y);
    picture.close();
  },
  frame(list) {
    if (resized) Object.assign(canvas, resized);
    resized = undefined;
    pen.globalAlpha = 1;
    pen.clearRect(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < list.length; at += COPY) {
      const [sheet, x, y, width, height] = [sheets.get(list[at]), list[at + 2], list[at + 3], list[at + 4], list[at + 5]];
      if (!sheet) continue;
      pen.globalAlpha = list[at + 1];
      pen.drawImage(sheet.canvas, x, y, width, height, list[at + 6], list[at + 7], list[at + 8], list[at + 9]);
    }
    postMessage(true);
  },
};

onmessage = ({ data: [order, ...given] }) => orders[order](...given);
// Some browsers have a canvas without a page, and no pen for it.
postMessage(Boolean(self.OffscreenCanvas && new OffscreenCanvas(1, 1).getContext("2d")));
