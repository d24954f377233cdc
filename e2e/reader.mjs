// A reader of the quickstarts: follows the pages with two free ports, and signs in to the applications that they print.
import assert from "node:assert/strict";
import { delimiter, dirname } from "node:path";
import { read } from "./markdown.mjs";
import { JOHN, PROGRAM, enroll, freePort, openBrowser } from "./support.mjs";

/** Environment of a reader who has the program, with two free ports instead of those on the pages. */
export async function reader() {
  const [ours, theirs] = [await freePort(), await freePort()];
  const env = {
    ...process.env,
    PATH: `${dirname(PROGRAM)}${delimiter}${process.env.PATH}`,
    PORT: String(ours),
    ARGON2_MEMORY_KIB: "8",
    ARGON2_ITERATIONS: "1",
    // Only contains the packages pinned in requirements.txt.
    PIP_NO_INDEX: "1",
    PIP_FIND_LINKS: process.env.WHEELS,
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
  };
  const replace = (text) => text.replaceAll(/(localhost:|127\.0\.0\.1:|--port |listen\()(8000|9000)\b/g,
    (_, before, port) => before + (port === "8000" ? ours : theirs));
  return { env, replace, base: `http://localhost:${ours}`, api: `http://127.0.0.1:${theirs}` };
}

/**
 * Signs a user in to the application of a quickstart, again without a page of the server, and out. `confirm` presses the buttons that
 * the server shows to a user who is signed in.
 */
export async function signsInAndOut(t, who, confirm = async () => {}) {
  await enroll(who);
  const browser = await openBrowser();
  t.after(() => browser.close());
  const page = await browser.page(who);
  const shop = who.api.replace("127.0.0.1", "localhost");
  const press = (name) => page.getByRole("link", { name }).or(page.getByRole("button", { name })).click();
  const signIn = async () => {
    await page.goto(`${shop}/`);
    await press("Sign in");
  };
  await signIn();
  await page.getByLabel("Email").fill(JOHN.email);
  await page.getByLabel("Password", { exact: true }).fill(JOHN.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await confirm(page);
  await page.getByText("Hello John Doe").waitFor();

  // A second application, or the same one without its session, signs in without a password.
  await page.context().clearCookies({ name: "session" });
  await page.evaluate(() => sessionStorage.clear());
  await signIn();
  await confirm(page);
  await page.getByText("Hello John Doe").waitFor();

  await press("Sign out");
  await page.waitForURL(`${shop}/`);
  await signIn();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  return { page, shop };
}

/** Checks that the packages that a quickstart has installed are those locked here. */
export async function hasLockedPackages(shell) {
  const lock = JSON.parse(await read("e2e/package-lock.json")).packages;
  const installed = JSON.parse(await shell.run("cat node_modules/.package-lock.json")).packages;
  for (const [name, one] of Object.entries(installed)) assert.equal(one.integrity, lock[name]?.integrity, name);
}
