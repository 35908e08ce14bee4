// Modules that came with the first visit, by file, until they are asked for.
const here = new Map();

function get(file) {
  const found = here.get(file);
  here.delete(file);
  return found ? Promise.resolve(found) : fetch(new URL(file, import.meta.url));
}

// first(address, modules): loads modules that come one after the other in one stream, each with its length; the
// first one is the answer. Each is compiled while it comes.
export function first(address, modules) {
  const pieces = modules.map(([file, length]) => {
    const piece = { left: length };
    const stream = new ReadableStream({ start: (controller) => { piece.controller = controller; } });
    here.set(file, new Response(stream, { headers: { "content-type": "application/wasm" } }));
    return piece;
  });
  cut(address, pieces).catch((error) => { for (const { controller } of pieces) controller.error(error); });
  return get(modules[0][0]);
}

async function cut(address, pieces) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  const reader = response.body.getReader();
  while (pieces.length > 0) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`${address} is too short`);
    for (let from = 0; from < value.length && pieces.length > 0; ) {
      const [piece] = pieces;
      const bytes = value.subarray(from, from + piece.left);
      piece.controller.enqueue(bytes);
      from += bytes.length;
      piece.left -= bytes.length;
      if (piece.left > 0) continue;
      piece.controller.close();
      pieces.shift();
    }
  }
}
