// The viewers of the API: Swagger UI and ReDoc.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { JOHN, enroll, openBrowser, start, violations } from "./support.mjs";

const VIEWERS = ["/docs", "/redoc"];

let app, browser;
before(async () => {
  app = await start();
  browser = await openBrowser();
});
after(async () => {
  await browser.close();
  await app.stop();
});

/** Opens a viewer and waits until it shows the operations. */
async function open(path, options = {}, of = app) {
  const page = await browser.page(of, { width: 1280, ...options });
  await page.goto(of.base + path);
  await page.locator("#viewer").getByText(/\/v1\/\{realm\}\W*\/create/).first().waitFor();
  await page.waitForLoadState("networkidle");
  return page;
}

test("each viewer shows the operations, contacts no other server, and is accessible in both colour schemes", async () => {
  for (const path of VIEWERS) {
    for (const [width, colorScheme] of [[1280, "light"], [360, "dark"]]) {
      const page = await open(path, { width, colorScheme });
      assert.deepEqual([page.elsewhere, page.wrong], [[], []], `${path} ${width} ${colorScheme}`);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, `${path}: nothing sticks out`);
      const classes = await page.evaluate(() => `${document.documentElement.className} ${document.body.className}`);
      assert.equal(/(^|\s)dark(-mode)?(\s|$)/.test(classes), colorScheme === "dark", `${path}: as light as people like it`);
      // The content of the frame is third-party.
      assert.deepEqual(await violations(page, { exclude: ["#viewer", "[role=dialog]"] }), [], `${path} ${colorScheme}`);
      await page.context().close();
    }
  }
});

test("it can be read to the end without a call to another server", async () => {
  for (const path of VIEWERS) {
    const page = await open(path);
    const end = () => page.evaluate(() => {
      scrollBy(0, innerHeight);
      return scrollY + innerHeight >= document.documentElement.scrollHeight - 1;
    });
    for (let screens = 0; screens < 150 && !(await end()); screens += 1) await page.waitForTimeout(20);
    await page.waitForLoadState("networkidle");
    assert.deepEqual([page.elsewhere, page.wrong], [[], []], path);
    await page.context().close();
  }
});

test("Authorize logs in, so that routes that need a token can be tried out", async () => {
  await enroll(app);
  const page = await open("/docs");
  await page.getByRole("button", { name: "Authorize", exact: true }).first().click();
  const login = page.locator(".auth-container", { hasText: "account_User1" });
  await login.locator("#oauth_username").fill(JOHN.email);
  await login.locator("#oauth_password").fill(JOHN.password);
  assert.equal(await login.locator("#client_id_password").isVisible(), false);
  await login.getByRole("button", { name: "Apply given OAuth2 credentials" }).click();
  await login.getByRole("button", { name: "Remove authorization" }).waitFor();
  await login.getByRole("button", { name: "Close" }).click();

  const answer = await tryOut(page, "me");
  assert.equal(answer.status, "200");
  assert.equal(JSON.parse(answer.body).email, JOHN.email);
  assert.deepEqual([page.elsewhere, page.wrong], [[], []]);
});

test("an existing token is accepted too", async () => {
  const form = new URLSearchParams({ username: JOHN.email, password: JOHN.password });
  const { access_token } = await (await fetch(`${app.base}/User1/login`, { method: "POST", body: form })).json();
  const page = await open("/docs");
  await page.getByRole("button", { name: "Authorize", exact: true }).first().click();
  const bearer = page.locator(".auth-container", { hasText: "bearer (http" });
  await bearer.locator("input").fill(access_token);
  await bearer.getByRole("button", { name: "Apply credentials" }).click();
  await bearer.getByRole("button", { name: "Close" }).click();
  assert.equal((await tryOut(page, "me")).status, "200");
});

test("without a login, the viewer shows the refusal as answered", async () => {
  const page = await open("/docs");
  const answer = await tryOut(page, "me");
  assert.equal(answer.status, "401");
  assert.equal(JSON.parse(answer.body).code, "token.missing");
});

/** Executes an operation with its prefilled values and returns status and body. */
async function tryOut(page, operation) {
  const block = page.locator(`#operations-Accounts-${operation}`);
  await block.locator(".opblock-summary-control").click();
  await block.getByRole("button", { name: "Try it out" }).click();
  await block.getByRole("button", { name: "Execute" }).click();
  const live = block.locator(".live-responses-table .response");
  await live.waitFor();
  const status = (await live.locator(".response-col_status").innerText()).trim().split(/\s/)[0];
  return { status, body: await live.locator(".highlight-code code").first().innerText() };
}

test("the frame links to everything, also by keyboard", async () => {
  const page = await open("/docs");
  for (const name of ["Portcullis", "Swagger UI", "ReDoc", "OpenAPI"]) {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), name);
  }
  const links = await page.locator(".docs-head a").evaluateAll((links) => links.map((link) => link.href));
  for (const link of links) assert.equal((await fetch(link)).status, 200, link);
});
