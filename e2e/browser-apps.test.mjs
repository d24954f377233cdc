// Runs the single-page application from docs/browser-apps.md, exactly as printed, on its own origin in two tabs.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { blocks, follow, read } from "./markdown.mjs";
import { JOHN, PROGRAM, enroll, freePort, openBrowser, start } from "./support.mjs";
import { delimiter, dirname } from "node:path";

const LIFETIME = 2000;
let app, browser, site, origin;
before(async () => {
  app = await start({ ACCESS_TOKEN_TTL: "2s" });
  browser = await openBrowser();
  const [html] = blocks(await read("docs/browser-apps.md")).filter((block) => block.file === "index.html");
  const page = html.text.replaceAll("http://localhost:8000", app.base);
  site = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(page));
  const port = await freePort();
  await new Promise((resolve) => site.listen(port, "127.0.0.1", resolve));
  origin = `http://localhost:${port}`;
  await enroll(app);
});
after(async () => {
  await browser.close();
  site.closeAllConnections();
  site.close();
  await app.stop();
});

const isLoggedIn = (page) => page.getByText(`Logged in as ${JOHN.email}`).waitFor();

async function logIn(page, password = JOHN.password) {
  await page.getByPlaceholder("Email").fill(JOHN.email);
  await page.getByPlaceholder("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
}

test("it logs in, outlives the access token, and holds in two tabs until one logs out", async () => {
  const first = await browser.page(app);
  await first.goto(origin);
  await logIn(first, "not the password");
  await first.getByText("Invalid email or password").waitFor();
  await logIn(first);
  await isLoggedIn(first);
  const second = await first.context().newPage();
  await second.goto(origin);
  await isLoggedIn(second);

  let refreshes = 0;
  for (const page of [first, second]) page.on("request", (request) => { refreshes += request.url().endsWith("/token") ? 1 : 0; });
  await second.reload();
  await isLoggedIn(second);
  await first.waitForTimeout(1000);
  assert.equal(refreshes, 1, "a refresh in one tab makes no other tab refresh");

  for (let round = 0; round < 3; round += 1) {
    await first.waitForTimeout(LIFETIME + 100);
    await Promise.all([first, second].map((page) => page.reload()));
    await Promise.all([first, second].map(isLoggedIn));
  }
  await second.getByRole("button", { name: "Log out" }).click();
  await first.getByPlaceholder("Email").waitFor();
  assert.equal(await first.evaluate(() => localStorage.refresh), undefined);
  await first.reload();
  await first.getByPlaceholder("Email").waitFor();
  assert.deepEqual(first.wrong.filter((line) => !/40[01]/.test(line)), []);
});

test("a server that is busy or away does not log the user out", async () => {
  const page = await browser.page(app);
  await page.goto(origin);
  await logIn(page);
  await isLoggedIn(page);
  const form = page.getByPlaceholder("Email");
  for (const [fault, text] of [[(route) => route.fulfill({ status: 503, body: "{}" }), "The server is busy"], [(route) => route.abort(), "fetch"]]) {
    await page.route("**/token", fault);
    await page.reload();
    await page.getByText(text).waitFor();
    assert.equal(await form.isVisible(), false);
    await page.unroute("**/token");
  }
  await page.reload();
  await isLoggedIn(page);
});

test("the commands for a test suite work as printed", async (t) => {
  const port = await freePort();
  const env = { ...process.env, PATH: `${dirname(PROGRAM)}${delimiter}${process.env.PATH}` };
  const replace = (page) => page.replaceAll("8000", String(port));
  await follow(t, "docs/testing-your-app.md", { env, replace, heading: undefined });
});
