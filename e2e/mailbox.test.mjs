// The development mailbox.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { JOHN, enroll, mailTo, openBrowser, start, violations } from "./support.mjs";

let app, browser;
before(async () => {
  app = await start();
  browser = await openBrowser();
});
after(async () => {
  await browser.close();
  await app.stop();
});

const CLIPBOARD = { permissions: ["clipboard-read", "clipboard-write"] };
const clipboard = (page) => page.evaluate(() => navigator.clipboard.readText());

async function open(query = "", options = {}) {
  const page = await browser.page(app, options);
  await page.goto(`${app.base}/dev/mailbox${query}`);
  return page;
}

function good(page) {
  assert.deepEqual(page.elsewhere, []);
  assert.deepEqual(page.wrong, []);
  return page.context().close();
}

async function empty() {
  const cleared = await fetch(`${app.base}/dev/mailbox/clear`, { method: "POST" });
  assert.ok(cleared.ok);
}

const forget = () =>
  fetch(`${app.base}/User1/forget_password`, { method: "POST", body: new URLSearchParams({ email: JOHN.email }) });

/** Sends an SMS with a code to John. */
async function sendCode() {
  const form = new URLSearchParams({ username: JOHN.email, password: JOHN.password });
  const { access_token } = await (await fetch(`${app.base}/User1/login`, { method: "POST", body: form })).json();
  const me = await fetch(`${app.base}/User1/me`, { headers: { authorization: `Bearer ${access_token}` } });
  const { id } = await me.json();
  await fetch(`${app.base}/User1/otp_phone?${new URLSearchParams({ id, phone: JOHN.phone })}`, { method: "POST" });
  return mailTo(app, JOHN.phone);
}

test("an empty mailbox shows a command, which brings the first mail without a reload", async () => {
  const page = await open("", CLIPBOARD);
  await page.getByText("Live", { exact: true }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Copy the command" }).click();
  assert.match(await clipboard(page), new RegExp(`^curl -sS '${app.base}/User1/create'`));
  let loads = 0;
  page.on("load", () => loads++);
  await enroll(app);
  await page.getByRole("link", { name: /Welcome to/ }).waitFor();
  await page.getByRole("heading", { name: "2 messages" }).waitFor();
  assert.equal(loads, 0);
  await good(page);
});

test("a filter shows the messages of one recipient, and stays while they are read", async () => {
  const page = await open();
  await page.getByLabel("Recipient or subject").fill(JOHN.email.toUpperCase());
  await page.getByRole("button", { name: "Filter" }).click();
  await page.locator("#messages .list a").first().click();
  assert.equal(await page.getByLabel("Recipient or subject").inputValue(), JOHN.email.toUpperCase());
  await page.getByLabel("Recipient or subject").fill('"><b>nothing & all');
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByRole("heading", { name: 'No message contains “"><b>nothing & all”' }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole("link", { name: "Show all" }).click();
  await page.locator("#messages .list a").first().waitFor();
  await good(page);
});

test("a mail is shown as HTML without scripts, as text, and as source", async () => {
  const mail = await mailTo(app, JOHN.email, (mail) => mail.links.length > 0);
  const page = await open(`?message=${mail.id}`);
  const frame = page.frameLocator("iframe");
  await frame.getByRole("heading").first().waitFor();
  await page.getByRole("link", { name: "Text", exact: true }).click();
  assert.ok((await page.locator("pre").textContent()).includes(mail.links[0]));
  await page.getByRole("link", { name: "Source" }).click();
  assert.equal(await page.locator("pre").textContent(), mail.html);
  await page.getByRole("link", { name: "HTML" }).click();

  // A link of the mail opens in a new tab, outside the frame.
  const [opened] = await Promise.all([
    page.context().waitForEvent("page"),
    frame.getByRole("link", { name: /Confirm/ }).click(),
  ]);
  await opened.waitForLoadState();
  assert.equal(opened.url(), mail.links[0]);
  assert.equal(await opened.evaluate(() => window.origin), app.base, "out of the sandbox, too");

  const raw = await fetch(`${app.base}/dev/mailbox/${mail.id}/html`);
  assert.match(raw.headers.get("content-security-policy"), /default-src 'none'.*frame-ancestors 'self'.*sandbox/);
  await good(page);
});

test("buttons copy links and codes", async () => {
  const sms = await sendCode();
  const page = await open("", CLIPBOARD);
  await page.getByRole("button", { name: "Copy the code" }).click();
  assert.equal(await clipboard(page), sms.code);
  await page.getByRole("status").getByText("Copied").waitFor();
  await forget();
  const mail = await mailTo(app, JOHN.email, (mail) => mail.links[0]?.includes("reset_password_form"));
  // The open message keeps the focus, so the newest one only appears in the list.
  await page.locator("#messages").getByRole("link", { name: /password/ }).first().click();
  await page.getByRole("button", { name: "Copy the link" }).first().click();
  assert.equal(await clipboard(page), mail.links[0]);
  await good(page);
});

test("a selected message stays while others arrive, and so does the focus in the list", async () => {
  const mail = await mailTo(app, JOHN.email, (mail) => mail.subject.startsWith("Welcome"));
  const page = await open(`?message=${mail.id}`);
  const link = page.locator("#messages").getByRole("link", { name: /Welcome/ });
  await link.focus();
  const before = await page.locator("#messages li").count();
  await forget();
  await page.getByRole("heading", { name: `${before + 1} messages` }).waitFor();
  assert.ok(await link.evaluate((link) => link === document.activeElement));
  assert.match(await page.locator("#message-title").textContent(), /^Welcome/);
  await page.getByRole("status").getByText(/^New: /).waitFor();
  await good(page);
});

test("it is accessible by keyboard, in both colour schemes, and on a phone", async () => {
  for (const width of [1280, 320]) {
    for (const colorScheme of ["light", "dark"]) {
      for (const query of ["", `?message=${(await mailTo(app, JOHN.email)).id}`, "?view=source"]) {
        const page = await open(query, { width, height: 700, colorScheme });
        assert.deepEqual(await violations(page), [], `${query} ${width} ${colorScheme}`);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, "nothing sticks out");
        await good(page);
      }
    }
  }
  const page = await open();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(new URL(page.url()).hash, "#main");
  const first = page.locator("#messages").getByRole("link").first();
  for (let i = 0; i < 9 && !(await first.evaluate((link) => link === document.activeElement)); i++) {
    await page.keyboard.press("Tab");
  }
  assert.notEqual(await first.evaluate((link) => getComputedStyle(link).outlineStyle), "none");
  await page.keyboard.press("Enter");
  await page.waitForURL(/message=.*#message/);
  await good(page);
});

test("without scripts, a reload shows everything", async () => {
  const page = await open("", { javaScriptEnabled: false });
  const before = await page.locator("#messages li").count();
  assert.equal(await page.getByRole("button", { name: /Copy/ }).count(), 0);
  await forget();
  while ((await page.locator("#messages li").count()) === before) await page.getByRole("link", { name: "Reload" }).click();
  await page.locator("#messages").getByRole("link").last().click();
  assert.match(await page.locator("#message-title").textContent(), /^Confirm/);
  await page.getByRole("button", { name: "Clear all" }).click();
  await page.getByText("Nothing has been sent yet").waitFor();
  await good(page);
});

test("clearing updates every open page immediately, and another site cannot request it", async () => {
  await forget();
  await mailTo(app, JOHN.email);
  const [one, other] = [await open(), await open()];
  const crossing = one.waitForResponse(`${app.base}/dev/mailbox/clear`);
  await one.route("**/foreign", (route) =>
    route.fulfill({ contentType: "text/html", body: `<form method="post" action="${app.base}/dev/mailbox/clear"><button>Go</button></form>` }));
  await one.goto("http://foreign.example/foreign");
  await one.getByRole("button").click();
  assert.equal((await crossing).status(), 403);
  await one.context().close();

  const third = await open();
  await third.getByRole("button", { name: "Clear all" }).click();
  await third.getByText("Nothing has been sent yet").waitFor();
  await other.getByText("Nothing has been sent yet").waitFor();
  await good(third);
  await good(other);
});

test("an open page does not delay the shutdown of the server", async () => {
  const mine = await start();
  const page = await browser.page(mine);
  await page.goto(`${mine.base}/dev/mailbox`);
  await page.getByText("Live", { exact: true }).waitFor();
  const begin = Date.now();
  await mine.stop();
  assert.ok(Date.now() - begin < 3000, `${Date.now() - begin} ms`);
  await page.getByText("Not connected.").waitFor();
  assert.ok(await page.getByRole("link", { name: "Reload" }).isVisible());
  await page.context().close();
});
