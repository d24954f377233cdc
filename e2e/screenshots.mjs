// Takes the pictures of the documentation anew: `make screenshots`.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openBrowser, start } from "./support.mjs";

const IMAGES = join(import.meta.dirname, "../docs/images");

// The address that a reader will see, whichever port is free here.
const app = await start({ PUBLIC_URL: "http://127.0.0.1:8000" });
const browser = await openBrowser();
await mkdir(IMAGES, { recursive: true });
for (const colorScheme of ["light", "dark"]) {
  const page = await browser.page(app, { width: 1280, height: 684, colorScheme });
  await page.goto(app.base);
  await page.screenshot({ path: join(IMAGES, `landing-${colorScheme}.png`) });
}
await browser.close();
await app.stop();
