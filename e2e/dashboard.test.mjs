// The dashboard: creates the first owner, lists and finds users, ends a session, locks a user, and invites one.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { JOHN, ask, enroll, inviteOwner, openBrowser, start, violations } from "./support.mjs";

let app, browser;
before(async () => {
  app = await start();
  browser = await openBrowser();
  for (const [number, name] of ["Ari", "Noor", "Mika"].entries()) {
    await enroll(app, { ...JOHN, first_name: name, email: `${name.toLowerCase()}@example.com`, phone: `+44163296000${number + 2}` });
  }
  await enroll(app);
  await ask(app, "login", { username: JOHN.email, password: JOHN.password });
});
after(async () => {
  await browser.close();
  await app.stop();
});

const SIZES = [["light", 1280], ["dark", 390]];
const PASSWORD = "violet teapot hammer";

/** Checks title and heading, and that the page is accessible in both schemes and on a phone. */
async function look(page, title, heading = title.replace(/^Error: /, "")) {
  assert.equal(await page.title(), `${title} · Portcullis`);
  assert.match(await page.getByRole("heading", { level: 1 }).textContent(), new RegExp(`^${heading}`));
  for (const [colorScheme, width] of SIZES) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: 900 });
    assert.deepEqual(await violations(page), [], `${title}, ${colorScheme}, ${width}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, `${title} is wider than ${width}`);
    if (process.env.SHOTS) {
      const name = title.toLowerCase().replace(/[^a-z]+/g, "-");
      await page.screenshot({ path: `${process.env.SHOTS}/${name}-${width}-${colorScheme}.png`, fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 900 });
  assert.deepEqual([page.elsewhere, page.wrong.filter((text) => !/status of (401|403|404|422)/.test(text))], [[], []]);
}

for (const javaScriptEnabled of [true, false]) {
  test(`a newcomer's walk, ${javaScriptEnabled ? "with" : "without"} script`, async () => {
    const page = await browser.page(app, { javaScriptEnabled });
    const see = async (title, heading) => javaScriptEnabled && look(page, title, heading);
    if (javaScriptEnabled) {
      await page.goto(`${app.base}/admin/`);
      await see("Set up Portcullis");
      await page.goto(await inviteOwner(app));
      await page.getByLabel("New password").fill(PASSWORD);
      await page.getByRole("button", { name: "Save password" }).click();
      await page.getByRole("link", { name: "Sign in" }).click();
    } else {
      await page.goto(`${app.base}/admin/`);
    }
    await see("Administration");
    await page.getByLabel("Email address").fill("owner@example.com");
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await see("Overview");

    await page.getByRole("navigation").getByRole("link", { name: "Users" }).first().click();
    if (await page.getByRole("heading", { name: "Realms" }).count()) {
      await see("Realms");
      await page.getByRole("main").getByRole("link", { name: "User1" }).click();
    }
    await page.getByRole("heading", { name: "Users" }).waitFor();
    await see("Users");
    await page.getByLabel("Find a user", { exact: true }).fill(JOHN.email);
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByText("Searched for the whole email address.").waitFor();
    await page.getByRole("link", { name: "John Doe" }).click();
    await page.getByRole("heading", { name: "John Doe" }).waitFor();
    await see("John Doe");
    if (javaScriptEnabled) {
      await page.getByRole("button", { name: /^End session 1/ }).click();
      await page.getByText("Session ended.").waitFor();
      await page.getByText("Not signed in anywhere.").waitFor();
    }
    await page.getByRole("link", { name: "Lock account" }).click();
    await page.getByRole("button", { name: "Lock account" }).click();
    await page.getByText("Enter a reason of 10 to 500 characters").waitFor();
    await see("Error: Lock account");
    await page.getByLabel("Reason").fill("Reported stolen by the owner");
    await page.getByRole("button", { name: "Lock account" }).click();
    await page.getByText("User locked.").waitFor();
    await page.getByRole("link", { name: "Unlock" }).click();
    await page.getByLabel("Reason").fill("The owner has it back");
    await page.getByRole("button", { name: "Unlock" }).click();
    await page.getByText("User unlocked.").waitFor();

    await page.getByRole("navigation").getByRole("link", { name: "Invitations" }).first().click();
    await see("Invitations");
    await page.getByRole("main").getByRole("link", { name: "Invite" }).click();
    await page.getByLabel("Email address").fill(`lou.${javaScriptEnabled}@example.com`);
    await page.getByRole("button", { name: "Send invitation" }).click();
    await page.getByText("Invitation sent.").waitFor();
    await page.getByRole("navigation").getByRole("link", { name: "Clients" }).first().click();
    await see("Clients");
    await page.getByRole("main").getByRole("link", { name: "New client" }).click();
    await see("New client");
    await page.getByRole("button", { name: "Add client" }).click();
    await page.getByText("Fix 2 things to continue").waitFor();
    await see("Error: New client");
    await page.getByLabel("Client ID").fill(`shop.${javaScriptEnabled}`);
    await page.getByLabel("Redirect URIs after sign-in").fill("https://shop.example.com/callback");
    await page.getByRole("button", { name: "Add client" }).click();
    await page.getByText("It's shown only once.").waitFor();
    await see("Client secret");
    await page.getByRole("link", { name: "I've saved it" }).click();
    await page.getByRole("heading", { level: 1, name: "shop." }).waitFor();
    await see(`shop.${javaScriptEnabled}`);
    if (!javaScriptEnabled) return;

    for (const link of ["Realms", "Deliveries", "Settings", "Keys", "Nodes", "Administrators"]) {
      await page.getByRole("navigation").getByRole("link", { name: link }).first().click();
      await page.getByRole("heading", { level: 1, name: link }).waitFor();
      await look(page, link);
    }
    await page.goto(`${app.base}/admin/keys/rotate`);
    await look(page, "New signing key");
    await page.goto(`${app.base}/admin/keys/rotate-audit`);
    await look(page, "New audit key");
    await page.goto(`${app.base}/admin/settings?q=nonsense`);
    await page.getByText("No setting matches.").waitFor();
    await page.goto(`${app.base}/admin/admins`);
    await page.getByRole("main").getByRole("link", { name: "Invite" }).click();
    await look(page, "Invite an administrator");
    await page.getByRole("link", { name: "My account" }).click();
    await look(page, "My account");
    await page.getByRole("link", { name: "Set up an authenticator app" }).click();
    await page.getByRole("button", { name: "Show the QR code" }).click();
    await page.getByText("Scan this with your authenticator app.").waitFor();
    await look(page, "Set up an authenticator app");
    await page.setViewportSize({ width: 390, height: 900 });
    await page.getByRole("link", { name: "Menu" }).click();
    await look(page, "Menu");
    await page.goto(`${app.base}/admin/realms/User1/users/unknown`);
    await look(page, "Page not found");
    await page.getByRole("link", { name: "My account" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Administration" }).waitFor();
  });
}
