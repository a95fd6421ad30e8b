// Runs the model in a thread of its own, so that the page stays responsive.
import * as ort from "./onnxruntime.mjs";

async function fetchUnpacked(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} is missing`);
  const bytes = await response.arrayBuffer();
  const start = new Uint8Array(bytes, 0, 2);
  // With some servers, the browser has unpacked the file already.
  if (start[0] !== 0x1f || start[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

async function start() {
  // More threads need HTTP headers that a plain web server does not send.
  ort.env.wasm.numThreads = 1;
  const files = ["onnxruntime.wasm.gz", "model.onnx"];
  const [runtime, model] = await Promise.all(files.map(fetchUnpacked));
  ort.env.wasm.wasmBinary = runtime;
  return ort.InferenceSession.create(model);
}

const session = start();
session.then(() => postMessage({ ready: true }), (error) => postMessage({ error: error.message }));

onmessage = async ({ data: { pixels, shape } }) => {
  try {
    const began = performance.now();
    const condition = new ort.Tensor("uint8", pixels, shape);
    const { picture } = await (await session).run({ condition });
    postMessage({ picture: picture.data, shape: picture.dims, time: performance.now() - began });
  } catch (error) {
    postMessage({ error: error.message });
  }
};
