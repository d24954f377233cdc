// A passkey on pages: offered after a sign-in, then used with the button and with autofill in the address field.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AUTHENTICATORS, authenticator } from "./passkeys.mjs";
import { JOHN, enroll, openBrowser, start, violations } from "./support.mjs";

let app, browser;
before(async () => {
  app = await start();
  browser = await openBrowser();
});
after(async () => {
  await browser.close();
  await app.stop();
});

const at = (path) => `${app.base}/User1/${path}`;

/** Checks that the page is accessible, and takes screenshots if requested. */
async function look(page, name) {
  for (const [colorScheme, width] of [["light", 1280], ["dark", 1280], ["dark", 390], ["light", 390], ["light", 320]]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: 900 });
    assert.deepEqual(await violations(page), [], `${name}, ${colorScheme}, ${width}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, `${name} is wider than ${width}`);
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}-${width}-${colorScheme}.png`, fullPage: true });
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 900 });
}

test("a passkey is offered after a sign-in, and signs in from the button and from the field of the address", async () => {
  const john = await enroll(app, { ...JOHN, email: "john@example.com" });
  const page = await browser.page(app);
  const keys = await authenticator(page, AUTHENTICATORS.phone);
  await keys.answers(false);
  await page.goto(at("signin"));
  await page.locator("[data-passkeys][value=platform]").waitFor({ state: "attached" });
  await look(page, "signin");
  await page.getByLabel("Email address").fill(john.email);
  await page.getByLabel("Password", { exact: true }).fill(john.password);
  await page.getByRole("button", { name: /^Sign in$/ }).click();
  await page.getByRole("heading", { name: "Sign in faster next time" }).waitFor();
  await look(page, "offer");
  await keys.answers(true);
  await page.getByRole("button", { name: "Create a passkey" }).click();
  await page.getByRole("heading", { name: "Passkey created" }).waitFor();
  await look(page, "created");
  await page.getByRole("link", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "John Doe" }).waitFor();

  // The browser offers the passkey when the page is opened, and the test accepts it immediately.
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "John Doe" }).waitFor();
  await page.goto(at("account/sessions"));
  await page.getByText("with a passkey").first().waitFor();

  // The button cancels the pending request and starts a visible one.
  await keys.answers(false);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByText("Last used").waitFor();
  await keys.answers(true);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByRole("heading", { name: "John Doe" }).waitFor();
  assert.equal((await keys.credentials()).length, 1);
  await page.goto(at("account/security"));
  await look(page, "security");

  // With recovery codes, the passkey replaces the password.
  await page.getByRole("link", { name: "Remove password" }).click();
  await page.getByText("Add another passkey or get recovery codes first.").waitFor();
  await page.getByRole("button", { name: "Turn on two-step verification" }).click();
  await page.getByRole("heading", { name: "Save your recovery codes" }).waitFor();
  await page.getByLabel("I've saved these codes").check();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("link", { name: "Remove password" }).click();
  await page.getByRole("heading", { name: "Remove your password?" }).waitFor();
  await look(page, "password-remove");
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await page.getByText("Password removed. Your other devices are signed out.").waitFor();
  await page.getByText("Not set").waitFor();
  assert.deepEqual([page.elsewhere, page.wrong], [[], []]);
});
