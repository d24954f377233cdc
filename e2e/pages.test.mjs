// The pages that links in mails lead to.
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

test("a new password is chosen by the link in the mail", async () => {
  await enroll(app);
  await fetch(`${app.base}/User1/forget_password`, { method: "POST", body: new URLSearchParams({ email: JOHN.email }) });
  const mail = await mailTo(app, JOHN.email, (mail) => mail.links.some((link) => link.includes("reset_password_form")));
  const page = await browser.page(app);
  await page.goto(mail.links.find((link) => link.includes("reset_password_form")));
  assert.deepEqual(await violations(page), []);
  await page.getByLabel("New password", { exact: false }).first().fill("a fine new phrase");
  await page.getByRole("button").click();
  await page.waitForLoadState();
  const entered = await fetch(`${app.base}/User1/login`, {
    method: "POST",
    body: new URLSearchParams({ username: JOHN.email, password: "a fine new phrase" }),
  });
  assert.equal(entered.status, 200);
  assert.deepEqual(page.elsewhere, []);
});
