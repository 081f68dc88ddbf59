// Tests the built page in Chromium.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { ROOT, launch, path, serve, settled } from "./site.mjs";

let browser;
let site;
before(async () => ([browser, site] = await Promise.all([launch(), serve()])));
after(async () => {
    await browser.close();
    await site.stop();
});

/// Opens the page. The test fails if the console shows an error that is not `expected`.
async function open(t, fragment = "", { url = site.url, expected, init, offline, ...options } = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const page = await context.newPage();
    page.setDefaultTimeout(15000);
    const errors = [];
    page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) errors.push(message.text());
    });
    page.on("pageerror", (error) => errors.push(error.message));
    t.after(async () => {
        await context.close();
        assert.deepEqual(errors.filter((text) => !expected?.test(text)), []);
    });
    if (init) await page.addInitScript(init);
    await page.goto(url + fragment);
    return page;
}

const text = (page, selector) => page.textContent(selector);
const label = (page, id) => page.getAttribute(id, "aria-label");

/// Sets a slider, and waits until the page has drawn and described the result.
async function drag(page, id, value) {
    const drawn = page.evaluate(
        () =>
            new Promise((resolve, reject) => {
                document.addEventListener("drawn", () => resolve(), { once: true });
                setTimeout(() => reject(new Error("nothing is drawn")), 5000);
            }),
    );
    await page.fill(id, String(value));
    await drawn;
    await page.waitForTimeout(500);
}

/// Returns the canvas as a string, which is equal only for equal pixels.
const pixels = (page, selector) => page.$eval(selector, (canvas) => canvas.toDataURL());

describe("controls", () => {
    test("each changes what is on screen", async (t) => {
        const page = await open(t);
        await settled(page);
        assert.equal(await text(page, "#start-he .word"), "lives");
        assert.equal(await text(page, "#start-small .word"), "vanishes");
        assert.equal(await text(page, "#start-large .word"), "explodes");
        assert.equal(await text(page, "#start-zeros .word"), "dead");
        const all = ["activation-std", "gradient-std", "dead", "activation-ridges", "gradient-ridges", "weights-image", "weights-histogram"];
        const strips = ["#start-he canvas:nth-of-type(1)", "#start-he canvas:nth-of-type(2)"];
        const shot = async () => Promise.all([...all.map((id) => `#${id}`), ...strips].map((id) => pixels(page, id)));
        let before = await shot();
        const changed = async (what, expected) => {
            const now = await shot();
            now.forEach((picture, n) => {
                const name = all[n] ?? "strip";
                assert.equal(picture !== before[n], expected.includes(name), `${what} and ${name}`);
            });
            before = now;
        };
        const yours = ["activation-std", "gradient-std", "dead", "activation-ridges", "gradient-ridges"];
        const weights = ["weights-image", "weights-histogram"];
        await drag(page, "#depth", 12);
        await changed("depth", [...yours, "strip"]);
        assert.equal(await text(page, "#depth-out"), "12");
        await drag(page, "#width", 32);
        await changed("width", [...yours, ...weights, "strip"]);
        await page.selectOption("#activation", "tanh");
        await page.waitForTimeout(500);
        await changed("activation", [...yours, "strip"]);
        await page.selectOption("#scheme", "lecun_uniform");
        await page.waitForTimeout(500);
        await changed("scheme", [...yours.filter((id) => id !== "dead"), ...weights]);
        await drag(page, "#gain", 1.5);
        // The colours of the image and the axis of the histogram are relative to the scale.
        await changed("gain", [...yours.filter((id) => id !== "dead"), "weights-histogram"]);
        assert.equal(await text(page, "#gain-out"), "1.50");
        await drag(page, "#layer", 13);
        await changed("layer", weights);
        assert.equal(await text(page, "#layer-out"), "out (10 × 32)");
        await page.fill("#seed", "18446744073709551615");
        await page.waitForTimeout(500);
        await changed("seed", [...yours, ...weights, "strip"]);
        await page.click("#next-seed");
        await page.waitForTimeout(300);
        assert.equal(await page.inputValue("#seed"), "0");
        await page.click("#reset");
        await page.waitForTimeout(500);
        assert.equal(await text(page, "#layer-out"), "fc2 (64 × 64)");
        assert.match(await label(page, "#activation-std"), /He 0\.76, Xavier 1\.0 · 10⁻³/);
    });

    test("a wrong seed is refused and the last one stays", async (t) => {
        const page = await open(t);
        await settled(page);
        for (const wrong of ["-1", "x", "18446744073709551616", "1.5"]) {
            await page.fill("#seed", wrong);
            assert.equal(await page.getAttribute("#seed", "aria-invalid"), "true", wrong);
            assert.match(await text(page, "#seed-note"), /whole number/);
            assert.match(await text(page, "#code"), /Stream::new\(42\)/);
        }
        await page.fill("#seed", "7");
        assert.equal(await page.getAttribute("#seed", "aria-invalid"), null);
        assert.match(await text(page, "#code"), /Stream::new\(7\)/);
    });

    test("the keyboard reaches and moves everything", async (t) => {
        const page = await open(t);
        await settled(page);
        const reached = [];
        for (let n = 0; n < 40; n++) {
            await page.keyboard.press("Tab");
            reached.push(await page.evaluate(() => document.activeElement.id || document.activeElement.name || document.activeElement.className));
        }
        for (const id of ["skip", "depth", "width", "activation", "seed", "scheme", "gain", "link", "reset", "layer", "rate", "epochs", "train", "own-hash", "measure", "code", "copy-code"]) {
            assert.ok(reached.includes(id), `${id} in ${reached}`);
        }
        await page.focus("#gain");
        await page.keyboard.press("ArrowRight");
        assert.equal(await text(page, "#gain-out"), "1.01");
        await page.focus("#depth");
        await page.keyboard.press("End");
        assert.equal(await text(page, "#depth-out"), "50");
        await page.waitForFunction(() => document.querySelector("#announce").textContent.includes("50 layers"));
    });
});

describe("links", () => {
    const fragment = "#depth=7&width=40&activation=gelu&scheme=normal%28std%3D1%29&gain=0.37&seed=123456789012345678&layer=8&rate=0.1&epochs=4&code=c";

    test("a link holds every part of the state", async (t) => {
        const page = await open(t, fragment);
        await settled(page);
        const values = await page.evaluate(() =>
            ["depth", "width", "activation", "scheme", "gain", "seed", "layer", "rate", "epochs"].map((id) => document.getElementById(id).value));
        assert.deepEqual(values, ["7", "40", "gelu", "normal(std=1)", "0.37", "123456789012345678", "8", "0.1", "4"]);
        assert.match(await text(page, "#code"), /"normal\(std=1, gain=0.37\)"/);
        await page.click("#link");
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), page.url());
        assert.equal(new URL(page.url()).hash, fragment);
        const before = await pixels(page, "#activation-ridges");
        const again = await open(t, fragment);
        await settled(again);
        assert.equal(await pixels(again, "#activation-ridges"), before);
    });

    test("the address follows the controls, and the controls the address", async (t) => {
        const page = await open(t);
        await settled(page);
        await drag(page, "#depth", 33);
        await page.waitForFunction(() => location.hash.includes("depth=33"));
        await page.evaluate(() => (location.hash = "#depth=9&seed=5"));
        await page.waitForFunction(() => document.querySelector("#depth-out").textContent === "9");
        assert.equal(await page.inputValue("#seed"), "5");
    });

    test("wrong parts have their usual values", async (t) => {
        const page = await open(t, "#depth=999&width=-3&activation=<b>&scheme=toString&gain=1e9&seed=x&layer=0&rate=5&epochs=1e2&code=java");
        await settled(page);
        const { parse } = await import(new URL("target/page/state.js", ROOT));
        const usual = parse("");
        const values = await page.evaluate(() => ["depth", "width", "activation", "scheme", "gain", "seed", "rate", "epochs"].map((id) => [id, document.getElementById(id).value]));
        for (const [name, value] of values) assert.equal(value, String(usual[name]), name);
    });
});

describe("the same bits", () => {
    const old = () => {
        // A browser without SIMD: it refuses such a module, whatever else it holds.
        const { validate, compile } = WebAssembly;
        const probe = (bytes) => bytes.length < 64;
        WebAssembly.validate = (bytes) => !probe(bytes) && validate(bytes);
        WebAssembly.compile = (bytes) => (bytes.length === window.simdLength ? Promise.reject(new WebAssembly.CompileError()) : compile(bytes));
    };

    for (const [name, options] of [["simd128", {}], ["portable", { init: old }]]) {
        test(`the ${name} build computes the hash of the test vectors`, async (t) => {
            const requests = [];
            const page = await open(t, "", options);
            await settled(page);
            requests.push(...(await page.evaluate(() => performance.getEntriesByType("resource").map((entry) => entry.name.split("/").pop()))));
            const vectors = await readFile(new URL("tests/vectors.rs", ROOT), "utf8");
            const [, hash] = /NORMAL_HASH: \(u64, u64\) = \(1048576, (0x[0-9a-f]{16})\);/.exec(vectors);
            assert.equal(await text(page, "#build"), `${name} build`);
            assert.deepEqual(requests.filter((file) => file.endsWith(".wasm")), [`${name}.wasm`]);
            assert.equal(await text(page, "#hash"), hash);
            assert.equal(await text(page, "#pinned"), hash);
            assert.equal(await text(page, "#hash-verdict"), "✓ the same bits");
        });
    }

    test("both builds draw the same pixels", async (t) => {
        const fragment = "#depth=13&width=72&activation=silu&scheme=xavier_truncated_normal&gain=1.3";
        const [simd, portable] = [await open(t, fragment), await open(t, fragment, { init: old })];
        await Promise.all([settled(simd), settled(portable)]);
        for (const id of ["#activation-std", "#gradient-std", "#dead", "#activation-ridges", "#gradient-ridges", "#weights-image"]) {
            assert.equal(await pixels(simd, id), await pixels(portable, id), id);
        }
        assert.equal(await label(simd, "#gradient-std"), await label(portable, "#gradient-std"));
    });

    test("the reader's hash is compared", async (t) => {
        const page = await open(t);
        await settled(page);
        const hash = await text(page, "#pinned");
        for (const [given, verdict] of [
            [hash, "✓ the same bits"],
            [`  ${hash.slice(2).toUpperCase()} `, "✓ the same bits"],
            [hash.replace(/.$/, (digit) => (digit === "0" ? "1" : "0")), "✗ other bits"],
            ["0x123", "A hash has 16 hexadecimal digits."],
            ["", ""],
        ]) {
            await page.fill("#own-hash", given);
            assert.equal(await text(page, "#own-verdict"), verdict, given);
        }
    });

    test("the speed is measured", async (t) => {
        const page = await open(t);
        await settled(page);
        await page.click("#measure");
        await page.waitForFunction(() => !document.querySelector("#measure").disabled);
        const rows = await page.$$eval("#speeds tr", (list) => list.map((row) => row.innerText.replaceAll("\t", ": ")));
        assert.equal(rows.length, 3);
        rows.forEach((row) => assert.match(row, /: \d+\.\d\d ns$/));
        t.diagnostic(rows.join("; "));
        const old_ = await open(t, "", { init: old });
        await settled(old_);
        await old_.click("#measure");
        await old_.waitForFunction(() => !document.querySelector("#measure").disabled);
        assert.match(await text(old_, "#speeds"), /this browser has no SIMD/);
    });
});

describe("training", async () => {
    const options = (command) => Object.fromEntries([...command.matchAll(/--(\w+) (\S+)/g)].map(([, name, value]) => [name, value]));

    for (const file of await readdir(path("examples/page/tests/losses"))) {
        test(`the losses are those of a Rust program: ${file}`, async (t) => {
            const [command, ...lines] = (await readFile(path(`examples/page/tests/losses/${file}`), "utf8")).split("\n");
            const page = await open(t, `#${new URLSearchParams(options(command))}`);
            await settled(page);
            await page.click("#train");
            await page.waitForFunction(() => document.querySelector("#train-status").textContent === "Done.", undefined, { timeout: 60000 });
            assert.equal(await text(page, "#losses"), lines.join("\n"));
            assert.equal(await page.$eval("#progress", (bar) => bar.value), 1);
            // The command on screen leads back to the same state.
            assert.deepEqual({ ...options(await text(page, "#command")), ...options(command) }, options(await text(page, "#command")));
            await page.click("#losses-details summary");
            await page.click("#copy-losses");
            assert.equal(await page.evaluate(() => navigator.clipboard.readText()), lines.join("\n"));
            const table = await text(page, "#results");
            assert.match(table, /Zeros2\.30\d10\.0 %/);
        });
    }

    test("it can be stopped, and begun again", async (t) => {
        const page = await open(t, "#depth=8&width=128&epochs=20");
        await settled(page);
        await page.click("#train");
        await page.waitForFunction(() => document.querySelector("#losses").textContent.split("\n").length > 2);
        assert.ok(await page.isDisabled("#train"));
        await page.focus("#stop");
        await page.keyboard.press("Enter");
        assert.equal(await text(page, "#train-status"), "Stopped.");
        assert.equal(await page.evaluate(() => document.activeElement.id), "train");
        const stopped = await text(page, "#losses");
        await page.waitForTimeout(300);
        assert.equal(await text(page, "#losses"), stopped);
        await page.fill("#epochs", "1");
        await page.fill("#depth", "2");
        await page.fill("#width", "16");
        await page.click("#train");
        await page.waitForFunction(() => document.querySelector("#train-status").textContent === "Done.");
        assert.equal((await text(page, "#losses")).match(/^ +\d+ /gm).length, 10);
        // Steps that the stopped run takes nevertheless would change the networks of the second one.
        const other = await open(t, "#depth=2&width=16&epochs=1");
        await settled(other);
        await other.click("#train");
        await other.waitForFunction(() => document.querySelector("#train-status").textContent === "Done.");
        assert.equal(await text(page, "#losses"), await text(other, "#losses"));
    });
});

describe("failures", () => {
    const cases = [
        ["a damaged WebAssembly file", { "simd128.wasm": Buffer.from("\0asm nonsense") }, /simd128\.wasm\) is damaged or incomplete/],
        ["an empty WebAssembly file", { "simd128.wasm": Buffer.alloc(0) }, /simd128\.wasm\) is damaged or incomplete/],
        ["a missing WebAssembly file", { "simd128.wasm": null }, /simd128\.wasm\) could not be loaded: HTTP status 404/],
        ["a damaged file of digits", { "digits.bin": Buffer.from("nonsense") }, /digits\.bin\) is damaged or incomplete/],
        ["a missing worker", { "look.js": null }, /worker of this page could not start/],
    ];
    for (const [name, replace, message] of cases) {
        test(`${name} is reported`, async (t) => {
            const broken = await serve(replace);
            t.after(broken.stop);
            const page = await open(t, "", { url: broken.url, expected: /404|error occurred/ });
            await page.waitForFunction(() => document.querySelector("#alert").textContent !== "");
            assert.match(await text(page, "#alert"), message);
            assert.equal(await page.getAttribute("#alert", "role"), "alert");
        });
    }
});

describe("without a network", () => {
    test("the page works once it was loaded", async (t) => {
        const own = await serve();
        const page = await open(t, "", { url: own.url });
        await settled(page);
        await page.waitForFunction(() => document.querySelector("#offline").textContent !== "");
        await own.stop();
        await page.reload();
        await settled(page);
        assert.equal(await text(page, "#hash-verdict"), "✓ the same bits");
        await page.click("#measure");
        await page.waitForFunction(() => !document.querySelector("#measure").disabled);
        assert.match(await text(page, "#speeds"), /portable\d/);
    });
});

describe("the code box", () => {
    const states = {
        he: "#depth=20&width=64&scheme=he_normal&gain=1.25&seed=42&layer=3",
        last: "#depth=2&width=8&scheme=normal(std%3D0.001)&gain=2&seed=18446744073709551615&layer=3",
        plain: "#depth=12&width=48&scheme=xavier_uniform&gain=1&seed=0&layer=1",
    };
    for (const [name, fragment] of Object.entries(states)) {
        test(`it shows and copies the lines for: ${name}`, async (t) => {
            const page = await open(t, fragment);
            await settled(page);
            for (const [language, ending] of [["rust", "rs"], ["c", "c"], ["python", "py"]]) {
                await page.check(`input[value=${language}]`, { force: true });
                const expected = await readFile(path(`examples/page/tests/snippets/${name}.${ending}`), "utf8");
                assert.equal(await text(page, "#code"), expected);
                await page.click("#copy-code");
                assert.equal(await page.evaluate(() => navigator.clipboard.readText()), expected);
                assert.equal(await text(page, "#copy-code"), "Copied");
            }
        });
    }
});

describe("every reader", () => {
    const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
    for (const colorScheme of ["light", "dark"]) {
        for (const [width, height] of [[360, 740], [1440, 900]]) {
            test(`axe finds nothing: ${colorScheme}, ${width} pixels`, async (t) => {
                const page = await open(t, "", { colorScheme, viewport: { width, height } });
                await settled(page);
                await page.fill("#seed", "x");
                await page.fill("#own-hash", "0x0000000000000000");
                await page.click("#losses-details summary");
                await page.addScriptTag({ path: axe });
                const { violations, passes } = await page.evaluate(() => axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
                assert.deepEqual(violations.map(({ id, nodes }) => [id, ...nodes.map(({ target }) => String(target))]), []);
                assert.ok(passes.some(({ id }) => id === "color-contrast"));
                assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
            });
        }
    }

    test("lines have a contrast of 3 to the panel behind them", async (t) => {
        for (const colorScheme of ["light", "dark"]) {
            const page = await open(t, "", { colorScheme });
            const contrasts = await page.evaluate(() => {
                const style = getComputedStyle(document.documentElement);
                const light = (name) => {
                    const hex = style.getPropertyValue(name).trim();
                    const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
                    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
                };
                return ["he", "xavier", "small", "large", "zeros", "yours", "text", "faint", "control"].map((name) => {
                    const [a, b] = [light(`--${name}`), light("--panel")];
                    return [name, Math.max(a, b) / Math.min(a, b)];
                });
            });
            for (const [name, contrast] of contrasts) assert.ok(contrast >= 3, `${colorScheme} ${name}: ${contrast}`);
        }
    });

    test("nothing moves if the system asks for it", async (t) => {
        const page = await open(t, "", { reducedMotion: "reduce" });
        await settled(page);
        const moving = await page.evaluate(() => {
            const styles = [...document.querySelectorAll("*")].map((element) => getComputedStyle(element));
            return styles.filter((style) => style.transitionDuration !== "0s" || style.animationName !== "none").length;
        });
        assert.equal(moving, 0);
    });
});

describe("size and speed", () => {
    test("all files but the digits are at most 300 KB", async () => {
        const folder = path("target/page");
        let total = 0;
        for (const name of await readdir(folder)) {
            if (name !== "digits.bin") total += (await readFile(`${folder}/${name}`)).length;
        }
        assert.ok(total <= 300_000, `${total}`);
    });

    test("frames per second while a slider is dragged, at 20 layers of 256", async (t) => {
        for (const [name, options] of [["simd128", {}], ["portable", { init: () => { WebAssembly.validate = () => false; } }]]) {
            const page = await open(t, "#depth=20&width=256", options);
            await settled(page);
            const rates = await page.evaluate(async () => {
                const counts = { yours: 0, he: 0 };
                document.addEventListener("drawn", ({ detail }) => {
                    for (const key of detail) if (key in counts) counts[key] += 1;
                });
                const slider = document.querySelector("#gain");
                const start = performance.now();
                let frames = 0;
                while (performance.now() - start < 3000) {
                    await new Promise(requestAnimationFrame);
                    frames += 1;
                    slider.value = 1 + 0.5 * Math.sin(frames / 20);
                    slider.dispatchEvent(new Event("input", { bubbles: true }));
                }
                const seconds = (performance.now() - start) / 1000;
                return { frames: frames / seconds, yours: counts.yours / seconds, each: counts.he / seconds };
            });
            t.diagnostic(`${name}: ${rates.frames.toFixed(0)} frames per second, of which ${rates.yours.toFixed(0)} show a new network of yours; each of the five starts ${rates.each.toFixed(0)} times per second`);
            // Far below what an idle computer reaches, so that it fails only if something is wrong.
            assert.ok(rates.yours >= 5 && rates.each >= 1, JSON.stringify(rates));
        }
    });
});
