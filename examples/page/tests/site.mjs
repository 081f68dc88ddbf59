// Serves `target/page` and opens it in Debian's Chromium.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const ROOT = new URL("../../../", import.meta.url);
const TYPES = { html: "text/html", css: "text/css", js: "text/javascript", wasm: "application/wasm" };

/// Returns a server on a free port. `replace` holds other contents of files, and null for files that are missing.
export async function serve(replace = {}) {
    const server = createServer(async (request, response) => {
        const name = new URL(request.url, "http://page").pathname.slice(1) || "index.html";
        try {
            if (replace[name] === null) throw new Error("missing");
            const body = replace[name] ?? (await readFile(new URL(`target/page/${name}`, ROOT)));
            response.writeHead(200, { "content-type": TYPES[name.split(".").pop()] ?? "application/octet-stream" });
            response.end(body);
        } catch {
            response.writeHead(404).end();
        }
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const stop = () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve)));
    return { url: `http://127.0.0.1:${server.address().port}/`, stop };
}

// Without the last four, Chromium looks for its maker's hosts at every start.
export const launch = () =>
    chromium.launch({
        executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
        args: [
            "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic", "--disable-background-networking",
            "--disable-component-update", "--disable-sync",
        ],
    });

/// Waits until all six networks of the page have been computed and described.
export async function settled(page) {
    await page.waitForFunction(() => document.querySelector("#hash-verdict").textContent !== "");
    await page.waitForFunction(() => document.querySelectorAll(".figures div").length === 15);
    await page.waitForFunction(() => document.querySelector("#yours-verdict").textContent !== "");
}

export const path = (relative) => fileURLToPath(new URL(relative, ROOT));
