// Runs the model in the visitor's browser, in a thread of its own, so that the page stays
// responsive.

const received = {};

// The scripts with the runtime and the model call this.
function receive(name, text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  (received[name] ??= []).push(bytes);
}

function loadScript(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${address} is missing`));
    document.head.append(script);
  });
}

// The code of the thread. A page that was opened from a disk may not start a thread from a file.
function inThread() {
  let ort;
  let session;

  async function start({ "onnxruntime.mjs": code, "onnxruntime.wasm.gz": packed, model }) {
    ort = await import(URL.createObjectURL(new Blob(code, { type: "text/javascript" })));
    const unpacked = new Blob(packed).stream().pipeThrough(new DecompressionStream("gzip"));
    // More threads need HTTP headers that a plain web server does not send.
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmBinary = await new Response(unpacked).arrayBuffer();
    const bytes = new Uint8Array(await new Blob(model).arrayBuffer());
    session = await ort.InferenceSession.create(bytes);
    return {};
  }

  async function generate({ pixels, shape }) {
    const began = performance.now();
    const condition = new ort.Tensor("uint8", pixels, shape);
    const { picture } = await session.run({ condition });
    return { values: picture.data, shape: picture.dims, time: performance.now() - began };
  }

  onmessage = async ({ data }) => {
    try {
      postMessage(await (data.pixels ? generate(data) : start(data)));
    } catch (error) {
      postMessage({ error: error.message });
    }
  };
}

const runner = {
  about: "runs in your browser, and sends nothing anywhere",
  loading: `Loading the model, ${settings.megabytes} MB …`,
  failed: "The model does not run here",

  async start() {
    await Promise.all(settings.scripts.map(loadScript));
    const code = new Blob([`(${inThread})()`], { type: "text/javascript" });
    this.thread = new Worker(URL.createObjectURL(code));
    const { "model.onnx": model, ...runtime } = received;
    await this.ask({ ...runtime, model });
    delete received["model.onnx"];
  },

  ask(question) {
    return new Promise((resolve, reject) => {
      this.thread.onerror = (event) => reject(new Error(event.message));
      this.thread.onmessage = ({ data }) =>
        data.error ? reject(new Error(data.error)) : resolve(data);
      this.thread.postMessage(question);
    });
  },

  generate(pixels, shape) {
    return this.ask({ pixels, shape });
  },
};
