// The emails as shown by email clients.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { JOHN, ask, enroll, linkTo, mailTo, openBrowser, register, start, violations } from "./support.mjs";

const SUBJECTS = {
  verify: "Confirm your email address for Portcullis",
  welcome: "Welcome to Portcullis",
  registered: "You already have an account with Portcullis",
  reset: "Reset your Portcullis password",
  changed: "Your Portcullis password was changed",
  deleted: "Your Portcullis account was deleted",
};

/** Rules about landmarks, which the page of the email client must satisfy. */
const NOT_OF_MAILS = ["landmark-one-main", "region"];

let app, browser, mails;
before(async () => {
  app = await start();
  browser = await openBrowser();
  mails = await everyMail();
});
after(async () => {
  await browser.close();
  await app.stop();
});

/** Uses every account feature once and returns one email of each kind. */
async function everyMail() {
  const { email } = await enroll(app);
  await register(app, JOHN);
  await ask(app, "forget_password", { email });
  const token = new URL(await linkTo(app, email, "reset_password_form")).searchParams.get("token");
  await ask(app, `reset_password?token=${token}`, { password: "a fine new phrase" });
  const login = await (await ask(app, "login", { username: email, password: "a fine new phrase" })).json();
  const headers = { authorization: `Bearer ${login.access_token}` };
  const { id } = await (await fetch(`${app.base}/User1/me`, { headers })).json();
  await fetch(`${app.base}/User1/delete?${new URLSearchParams({ id, email })}`, { method: "DELETE", headers });
  const all = Object.entries(SUBJECTS).map(async ([name, subject]) =>
    [name, await mailTo(app, email, (mail) => mail.subject === subject)]);
  return Object.fromEntries(await Promise.all(all));
}

for (const name of Object.keys(SUBJECTS)) {
  test(`the mail "${name}" is accessible on every screen`, async () => {
    for (const colorScheme of ["light", "dark"]) {
      for (const width of [360, 640]) {
        const page = await browser.page({ base: "about:" }, { width, height: 800, colorScheme });
        await page.setContent(mails[name].html);
        assert.deepEqual(await violations(page, { notMeant: NOT_OF_MAILS }), [], `${colorScheme}, ${width}`);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
        assert.deepEqual([page.elsewhere, page.wrong], [[], []]);
        await page.context().close();
      }
    }
  });

  test(`the mail "${name}" says the same in its text part`, async () => {
    const { html, text, links, subject } = mails[name];
    const page = await browser.page({ base: "about:" });
    await page.setContent(html);
    const targets = await page.locator("a").evaluateAll((all) => all.map((link) => link.href));
    assert.deepEqual([...new Set(targets)].sort(), [...links].sort());
    for (const link of links) assert.ok(text.split("\n").includes(link), `${link} has a line of its own`);
    const shown = await page.getByRole("presentation").first().innerText();
    if (links.length > 0) assert.ok(shown.includes(links[0]), "the link of the button can be copied");
    // Compares all words except links.
    const words = (of) => new Set(of.replaceAll(/https?:\S+/g, "").toLowerCase().match(/[a-z]{4,}/g));
    const missing = [...words(text)].filter((word) => !words(shown).has(word));
    assert.deepEqual(missing, []);
    assert.equal(await page.title(), subject);
    assert.match(text, /Wasn't you\?/);
    await page.context().close();
  });
}

test("a mail works in programs that remove its styles", async () => {
  const page = await browser.page({ base: "about:" }, { width: 360, height: 800 });
  for (const mail of Object.values(mails)) {
    await page.setContent(mail.html.replace(/<style>.*?<\/style>/s, ""));
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    assert.deepEqual(await violations(page, { notMeant: NOT_OF_MAILS }), []);
  }
});

test("the preview text beside the subject is the mail's own", async () => {
  const page = await browser.page({ base: "about:" });
  for (const mail of Object.values(mails)) {
    await page.setContent(mail.html);
    const preheader = page.locator("body > div").first();
    assert.ok(!(await preheader.isVisible()));
    const text = (await preheader.textContent()).replaceAll(/[\u034f\u200c\u00a0]/g, "");
    assert.ok(text.length > 20 && text.length < 110, text);
  }
});

test("no mail is large enough to be truncated", () => {
  // Gmail truncates at 102 KB.
  for (const mail of Object.values(mails)) assert.ok(mail.html.length < 20_000, `${mail.subject}: ${mail.html.length}`);
});
