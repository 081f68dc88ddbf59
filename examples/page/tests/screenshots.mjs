// Takes pictures of the page at three widths, light and dark, into `target/page-screenshots`.
import { mkdir } from "node:fs/promises";
import { launch, path, serve, settled } from "./site.mjs";

const folder = path("target/page-screenshots");
await mkdir(folder, { recursive: true });
const [site, browser] = [await serve(), await launch()];
const errors = [];
for (const [name, width, height] of [["phone", 360, 780], ["desktop", 1440, 900]]) {
    for (const colorScheme of ["light", "dark"]) {
        const context = await browser.newContext({
            viewport: { width, height }, colorScheme, deviceScaleFactor: name === "phone" ? 2 : 1,
        });
        const page = await context.newPage();
        page.on("console", (message) => ["error", "warning"].includes(message.type()) && errors.push(message.text()));
        page.on("pageerror", (error) => errors.push(error.message));
        await page.goto(`${site.url}#depth=20&width=64&scheme=he_uniform&gain=0.9&epochs=3`);
        await settled(page);
        await page.click("#train");
        await page.waitForFunction(() => document.querySelector("#train-status").textContent === "Done.");
        await page.waitForTimeout(400);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        if (wide > width) errors.push(`${name}: ${wide} pixels wide`);
        await page.evaluate(() => scrollTo(0, 0));
        await page.screenshot({ path: `${folder}/${name}-${colorScheme}-first.png` });
        await page.screenshot({ path: `${folder}/${name}-${colorScheme}.png`, fullPage: true });
        await context.close();
    }
}
await browser.close();
await site.stop();
console.log(folder);
if (errors.length) throw new Error(errors.join("\n"));
