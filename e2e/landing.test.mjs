// The landing page.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { openBrowser, start, violations } from "./support.mjs";

let app, browser;
before(async () => {
  app = await start();
  browser = await openBrowser();
});
after(async () => {
  await browser.close();
  await app.stop();
});

/** Runs these commands in bash and returns their output. */
async function paste(commands) {
  const { stdout, stderr } = await promisify(execFile)("bash", ["--norc", "-c", commands], { env: { PATH: process.env.PATH } });
  assert.equal(stderr, "");
  return stdout;
}

async function open(of = app, options = {}) {
  const page = await browser.page(of, options);
  await page.goto(of.base);
  return page;
}

test("the commands work as printed", async () => {
  const page = await open(app, { permissions: ["clipboard-read", "clipboard-write"] });
  await page.getByRole("button", { name: "Copy all commands" }).click();
  const walk = await page.evaluate(() => navigator.clipboard.readText());
  const printed = await page.locator("#steps code").allTextContents();
  assert.equal(walk, printed.map((code) => `${code}\n`).join("\n"));

  const answers = (await paste(walk)).trim().split("\n").map((line) => JSON.parse(line));
  const [created, verified, pair, me, next, out, refused, forgotten, reset, deleted] = answers;
  assert.equal(created.message, "User created successfully");
  assert.ok(verified.message);
  assert.equal(pair.token_type, "bearer");
  assert.equal(me.email, created.Email);
  assert.notEqual(next.refresh_token, pair.refresh_token);
  assert.equal(out.message, "Logout successfully");
  assert.equal(refused.status, 401);
  assert.equal(forgotten.message, "Password reset link sent to your email");
  assert.ok(reset.message);
  assert.match(deleted.message, /deleted successfully$/);
  assert.equal(answers.length, 10);
});

test("the button of a step copies its commands", async () => {
  const page = await open(app, { permissions: ["clipboard-read", "clipboard-write"] });
  await page.getByRole("button", { name: "Copy the commands: Create an account" }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, `${await page.locator("#register-code").textContent()}\n`);
  await page.getByRole("status").getByText("Copied").waitFor();
});

test("it says what is running, and links only to what exists", async () => {
  const page = await open();
  const facts = await page.locator(".facts").innerText();
  for (const fact of [/Portcullis \d/, /Development/, /User1, User2/, /SQLite/, /Kept in the mailbox/]) {
    assert.match(facts, fact);
  }
  const links = await page.locator("main a, header a").evaluateAll((links) => links.map((link) => link.href));
  for (const link of links) assert.equal((await fetch(link)).status, 200, link);
  for (const path of ["/docs", "/redoc", "/openapi.json", "/dev/mailbox", "/health"]) assert.ok(links.includes(app.base + path), path);
});

test("it leads to sign-up, the mailbox, a protected route and real email", async () => {
  const page = await open();
  for (const name of ["Try sign-up", "Open the mailbox"]) {
    const link = await page.getByRole("link", { name }).evaluate((link) => link.href);
    assert.equal((await fetch(link)).status, 200, link);
  }
  const discovered = await (await fetch(`${app.base}/User1/.well-known/openid-configuration`)).json();
  const sample = await page.locator("#protect-code").textContent();
  if (discovered.jwks_uri) for (const value of [discovered.issuer, discovered.jwks_uri]) assert.ok(sample.includes(`"${value}"`), value);
  assert.match(await page.locator("#mail-code").textContent(), /^MAIL_SERVER=/m);
});

test("it does not show what is off", async () => {
  const off = await start({ DOCS: "off", DEV_MAILBOX: "off", MAIL_SERVER: "127.0.0.1", MAIL_STARTTLS: "off", REALMS: "Shop",
    JWT_ALGORITHM: "ES256" });
  const page = await open(off);
  assert.equal(await page.locator('a[href*="/docs"], a[href*="/openapi"], a[href*="/mailbox"]').count(), 0);
  const keys = await page.getByRole("link", { name: "Public keys" }).evaluate((link) => link.href);
  assert.equal((await (await fetch(keys)).json()).keys.length, 1);
  assert.match(await page.locator("#steps").innerText(), /Emails are sent to their recipients/);
  assert.match(await page.locator(".facts").innerText(), /Realm\nShop/);
  assert.deepEqual(await violations(page), []);
  await off.stop();
});

test("production shows a minimal page without a version and without scripts", async () => {
  const secret = "0123456789abcdef0123456789abcdef-for-a-test";
  const production = await start({ ENVIRONMENT: "production", PUBLIC_URL: "https://accounts.example.com", JWT_SECRET: secret,
    ENCRYPTION_KEY: "c29tZSBrZXkgdGhhdCB0aGUgdGVzdHMgbWFkZSB1cCE=", TRUSTED_PROXIES: "none", MAIL_SERVER: "smtp.example.com",
    ARGON2_MEMORY_KIB: "19456", ARGON2_ITERATIONS: "2", RATE_LIMIT_MODE: "enforce" });
  const answer = await fetch(production.base);
  assert.ok(!answer.headers.get("content-security-policy").includes("script-src"));
  // Only the links to the pages of the first realm contain its name.
  const html = (await answer.text()).replace(/ href="\/User1\/sign(in|up)"/g, "");
  assert.ok(!/\d+\.\d+\.\d+|<script|curl|openapi|SQLite|User1|Portcullis \d/.test(html), html);
  await production.stop();
});

test("it is accessible in both colour schemes, on a desktop and on a phone, and by keyboard", async () => {
  for (const width of [1280, 320]) {
    for (const colorScheme of ["light", "dark"]) {
      const page = await open(app, { width, height: 700, colorScheme });
      assert.deepEqual(await violations(page), [], `${width} ${colorScheme}`);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, "nothing sticks out");
      assert.deepEqual([page.elsewhere, page.wrong], [[], []]);
      await page.keyboard.press("Tab");
      assert.ok(await page.getByRole("link", { name: "Skip to content" }).evaluate((link) => link.getBoundingClientRect().top >= 0));
      await page.context().close();
    }
  }
});
