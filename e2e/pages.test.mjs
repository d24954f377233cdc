// The pages opened from emailed links.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { JOHN, ask, enroll, linkTo, openBrowser, register, start, violations } from "./support.mjs";

let app, browser;
before(async () => {
  app = await start();
  browser = await openBrowser();
});
after(async () => {
  await browser.close();
  await app.stop();
});

/** Checks title and heading, and accessibility: light on a desktop and dark on a phone. */
async function look(page, title, heading) {
  assert.equal(await page.title(), `${title} · Portcullis`);
  assert.equal(await page.getByRole("heading", { level: 1 }).textContent(), heading);
  for (const [colorScheme, width] of [["light", 1280], ["dark", 320]]) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    assert.deepEqual(await violations(page), [], `${title}, ${colorScheme}, ${width}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, `${title} is wider than ${width}`);
  }
  assert.equal(await page.getByRole("main").count(), 1);
  assert.deepEqual([page.elsewhere, page.wrong.filter((text) => !/status of (400|404|405|422)/.test(text))], [[], []]);
}

async function open(link, options = {}) {
  const page = await browser.page(app, options);
  await page.goto(link);
  return page;
}

const choose = async (page, password) => {
  await page.getByLabel("New password").fill(password);
  await page.getByRole("button", { name: "Save password" }).click();
};

async function logIn(email, password) {
  const answer = await fetch(`${app.base}/User1/login`, {
    method: "POST",
    body: new URLSearchParams({ username: email, password }),
  });
  return answer.status;
}

test("the link in the mail leads to a new password, also after one that was refused", async () => {
  const { email } = await enroll(app);
  await ask(app, "forget_password", { email });
  const page = await open(await linkTo(app, email, "reset_password_form"));
  await look(page, "Choose a new password", "Choose a new password");
  const field = page.getByLabel("New password");
  assert.equal(await field.getAttribute("autocomplete"), "new-password");
  assert.equal(await field.getAttribute("aria-invalid"), null);

  await choose(page, "short");
  await look(page, "Error: Choose a new password", "Choose a new password");
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  assert.equal(await page.evaluate(() => document.activeElement.id), "password", "the field has the focus");
  assert.equal(await field.inputValue(), "");
  const error = await page.getByRole("alert").textContent();
  assert.match(error, /8/);
  const described = await field.getAttribute("aria-describedby");
  const texts = await Promise.all(described.split(" ").map((id) => page.locator(`#${id}`).textContent()));
  assert.equal(texts[0], error);

  await choose(page, "a fine new phrase");
  await look(page, "Password changed", "Password changed");
  assert.equal(await logIn(email, "a fine new phrase"), 200);

  const again = await open(await linkTo(app, email, "reset_password_form"));
  await look(again, "This link no longer works", "This link no longer works");
});

test("the owner of a contested address chooses the password", async () => {
  const ada = { ...JOHN, email: "ada@example.com", first_name: "Ada" };
  await register(app, ada);
  const first = await linkTo(app, ada.email, "verify");
  await register(app, { ...ada, password: "somebody-elses-phrase" });
  const page = await open(await linkTo(app, ada.email, "verify", (link) => link !== first));
  await look(page, "Choose a new password", "Choose a new password");
  await choose(page, "short");
  await look(page, "Error: Choose a new password", "Choose a new password");
  await choose(page, "a phrase of my own");
  await look(page, "Password changed", "Password changed");
  assert.equal(await logIn(ada.email, "a phrase of my own"), 200);
  assert.equal(await logIn(ada.email, "somebody-elses-phrase"), 401);
});

test("a fresh browser that opens the link activates nothing before the button is pressed", async () => {
  const eve = { ...JOHN, email: "eve@example.com", first_name: "Eve" };
  await register(app, eve);
  const link = await linkTo(app, eve.email, "verify");
  const page = await open(link);
  await page.waitForLoadState("networkidle");
  await look(page, "Activate your account", "Activate your account");
  assert.match(await page.getByRole("main").textContent(), /Portcullis account of eve@example\.com/);
  assert.equal(page.url(), link);
  assert.equal(await logIn(eve.email, eve.password), 403);
  await page.getByRole("button", { name: "Activate account" }).click();
  await look(page, "Email confirmed", "Email confirmed");
  assert.match(await page.getByRole("main").textContent(), /Your Portcullis account is ready\./);
  assert.equal(page.url(), link);
  assert.equal(await logIn(eve.email, eve.password), 200);
  await page.reload();
  await look(page, "Email confirmed", "Email confirmed");
  const junk = await open(`${app.base}/User1/verify?token=junk`);
  await look(junk, "This link no longer works", "This link no longer works");
});

test("the browser of the sign-up activates the account without a click", async () => {
  const kim = { ...JOHN, email: "kim@example.com" };
  const page = await open(app.base);
  const status = await page.evaluate(async (person) => {
    const headers = { "content-type": "application/json" };
    return (await fetch("/User1/create", { method: "POST", headers, body: JSON.stringify(person) })).status;
  }, kim);
  assert.equal(status, 200);
  assert.equal(await page.evaluate(() => document.cookie), "", "the cookie is not for scripts");
  await page.goto(await linkTo(app, kim.email, "verify"));
  await page.getByRole("heading", { name: "Email confirmed" }).waitFor();
  assert.equal(await logIn(kim.email, kim.password), 200);
  assert.deepEqual([page.elsewhere, page.wrong], [[], []]);
});

test("a wrong address and a fault are pages", async () => {
  const page = await open(`${app.base}/User1/nowhere`);
  await look(page, "Page not found", "Page not found");
  await page.goto(`${app.base}/User1/create`);
  await look(page, "Something went wrong with this request", "Something went wrong with this request");
});

test("the owner of an address cancels another person's sign-up", async () => {
  const max = { ...JOHN, email: "max@example.com" };
  await register(app, max);
  const [verify, undo] = [await linkTo(app, max.email, "verify"), await linkTo(app, max.email, "undo")];
  const page = await open(undo);
  await look(page, "Cancel this sign-up?", "Cancel this sign-up?");
  await page.getByRole("button", { name: "Cancel sign-up" }).click();
  await look(page, "Sign-up cancelled", "Sign-up cancelled");
  await look(await open(undo), "This link no longer works", "This link no longer works");
  await look(await open(verify), "This link no longer works", "This link no longer works");
});

test("everything works by keyboard and without scripts", async () => {
  const tom = await enroll(app, { ...JOHN, email: "tom@example.com" });
  await ask(app, "forget_password", { email: tom.email });
  const page = await open(await linkTo(app, tom.email, "reset_password_form"), { javaScriptEnabled: false });
  // The skip link is focused first.
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.type("short");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  // The field already has the focus.
  await page.keyboard.type("a fine new phrase");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Password changed" }).waitFor();
});

test("the element with the focus is visibly marked", async () => {
  const page = await open(`${app.base}/dev/templates/reset.html`);
  await page.keyboard.press("Tab");
  for (const id of ["password", ""]) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      return { id: document.activeElement.id, outlineStyle, outlineWidth, height: document.activeElement.offsetHeight };
    });
    assert.deepEqual({ ...focus, height: 0 }, { id, outlineStyle: "solid", outlineWidth: "2px", height: 0 });
    assert.ok(focus.height >= 44, `${focus.height} pixels are few for a finger`);
  }
});

test("developers see all mails and pages on one page", async () => {
  // In the browser's own colour scheme, because the page sets the scheme of the frames.
  const page = await open(app.base, { colorScheme: null });
  await page.getByRole("navigation").getByRole("link", { name: "Templates" }).click();
  assert.equal(await page.title(), "Templates · Portcullis");
  const frame = page.frameLocator("iframe").first();
  await frame.getByRole("link", { name: "Confirm email address" }).waitFor();
  const ground = () => frame.locator("body").evaluate((body) => getComputedStyle(body).backgroundColor);
  const light = await ground();
  await page.getByLabel("Dark").check();
  assert.notEqual(await ground(), light);
  await page.getByRole("radio", { name: "Phone" }).check();
  assert.equal(await page.locator("iframe").first().evaluate((frame) => frame.offsetWidth), 360);
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    assert.deepEqual(await violations(page), []);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
  }
  assert.deepEqual([page.elsewhere, page.wrong], [[], []]);
});
