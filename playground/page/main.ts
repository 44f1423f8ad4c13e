/**
 * The page's program. The same text is also that of its worker: it finds out
 * which of both it is.
 *
 * @module
 */
import { startPage } from "./start_page.ts";
import { serveWorker } from "./serve_worker.ts";

if ("document" in globalThis) startPage();
else serveWorker();
