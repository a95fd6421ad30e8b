// Runs the model beside the page, which stays responsive meanwhile.
import * as ort from "./onnxruntime.mjs";

async function unpacked(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} is not there`);
  const bytes = await response.arrayBuffer();
  const start = new Uint8Array(bytes, 0, 2);
  // Some servers send what is compressed so that the browser has unpacked it already.
  if (start[0] !== 0x1f || start[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

async function start() {
  // Several threads would need headers that a plain web server does not send.
  ort.env.wasm.numThreads = 1;
  const [runtime, model] = await Promise.all(["onnxruntime.wasm.gz", "model.onnx"].map(unpacked));
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
