// Lets the program that serves the page run the model.

const runner = {
  about: "runs in the program that serves this page",
  loading: "Waiting for the program …",
  failed: "No picture",

  async start() {},

  async generate(pixels, [, height, width]) {
    const began = performance.now();
    let answer;
    try {
      answer = await fetch(`generate?height=${height}&width=${width}`, {
        method: "POST",
        headers: { "Content-Type": "application/octet-stream" },
        body: pixels,
      });
    } catch {
      throw new Error("the program that serves this page does not answer. Is it still running?");
    }
    if (!answer.ok) throw new Error(await answer.text());
    const shape = answer.headers.get("Picture-Shape").split(",").map(Number);
    const values = new Uint8Array(await answer.arrayBuffer());
    return { values, shape, time: performance.now() - began };
  },
};
