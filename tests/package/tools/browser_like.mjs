/*
 * Takes from Node what no browser has, before a bundle for browsers is run:
 * `node --import ./browser_like.mjs main.js`.
 */
// Node's own classes are loaded when they are first named, and need the rest.
void [MessageEvent, MessageChannel, TextDecoder, URL];
for (const name of ["Buffer", "setImmediate", "clearImmediate", "process"]) {
  delete globalThis[name];
}
globalThis.done = (text) => console.log(text);
