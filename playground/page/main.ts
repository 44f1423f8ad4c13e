/**
 * The page's program. The same text is also that of its worker: it finds out
 * which of both it is.
 *
 * @module
 */
import { App } from "./app.ts";
import { serveWorker } from "./serve_worker.ts";

if ("document" in globalThis) new App().start();
else serveWorker();
