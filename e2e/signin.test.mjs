// Sign-in pages: the lifecycle of an account with and without scripts, and the size of each page.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import { JOHN, enroll, linkTo, openBrowser, start, violations } from "./support.mjs";

let app, browser;
before(async () => {
  app = await start();
  browser = await openBrowser();
});
after(async () => {
  await browser.close();
  await app.stop();
});

const SIZES = [["light", 1280], ["dark", 390], ["light", 320]];

/** Checks title and heading, and that the page is accessible in both schemes and all widths. */
async function look(page, title, heading = title.replace(/^Error: /, "")) {
  assert.equal(await page.title(), `${title} · Portcullis`);
  assert.equal(await page.getByRole("heading", { level: 1 }).textContent(), heading);
  for (const [colorScheme, width] of SIZES) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: 900 });
    assert.deepEqual(await violations(page), [], `${title}, ${colorScheme}, ${width}`);
    const scroll = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(scroll, width, `${title} is wider than ${width}`);
    if (process.env.SHOTS) {
      const name = title.toLowerCase().replace(/[^a-z]+/g, "-");
      await page.screenshot({ path: `${process.env.SHOTS}/${name}-${width}-${colorScheme}.png`, fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 900 });
  assert.equal(await page.getByRole("main").count(), 1);
  assert.deepEqual([page.elsewhere, page.wrong.filter((text) => !/status of (400|401|403|404|422|429)/.test(text))], [[], []]);
}

const AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const at = (path) => `${app.base}/User1/${path}`;

/** Returns the code of an authenticator app (RFC 6238) for the secret shown on the page. */
function totp(key, steps = 0) {
  const bits = [...key.replaceAll(" ", "")].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0"));
  const secret = Buffer.from(bits.join("").match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const hash = createHmac("sha1", secret).update(counter).digest();
  const place = hash[19] & 15;
  return String((hash.readUInt32BE(place) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

async function signIn(page, { email, password }) {
  await page.goto(at("signin"));
  await page.getByLabel("Email address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

test("the life of an account: sign up, verify, sign in, authenticator app, recovery code, forget, reset, end a session, delete", async () => {
  const page = await browser.page(app, { userAgent: AGENT });
  await page.goto(at("signup"));
  await look(page, "Create your account");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByText("Fix 2 things to continue").waitFor();
  await look(page, "Error: Create your account");
  await page.getByLabel("First name").fill("Ada");
  await page.getByLabel("Email address").fill("ada@example.com");
  await page.getByLabel("Password", { exact: true }).fill("violet teapot hammer");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByText("ada@example.com").waitFor();
  await look(page, "Check your email");
  await page.getByRole("button", { name: "Send it again" }).click();
  await page.getByText("Sent. It may take a minute.").waitFor();

  await page.goto(await linkTo(app, "ada@example.com", "verify"));
  await page.getByRole("heading", { name: "Email confirmed" }).waitFor();
  await signIn(page, { email: "ada@example.com", password: "wrong password here" });
  await page.getByText("The email or password is incorrect.").waitFor();
  await look(page, "Error: Sign in");
  assert.equal(await page.evaluate(() => document.activeElement.id), "password", "the password has the focus");
  await page.getByLabel("Password", { exact: true }).fill("violet teapot hammer");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Ada" }).waitFor();
  await look(page, "Your account", "Ada");

  for (const [link, heading] of [["Personal details"], ["Security"], ["Devices"], ["Connected apps"], ["Your data"]]) {
    await page.getByRole("navigation").getByRole("link", { name: link }).first().click();
    await page.getByRole("heading", { level: 1, name: heading ?? link }).waitFor();
    await look(page, link);
  }

  await page.goto(at("account/security"));
  await page.getByRole("button", { name: "Set up an authenticator app" }).click();
  await page.getByRole("heading", { name: "Set up an authenticator app" }).waitFor();
  await look(page, "Set up an authenticator app");
  const key = await page.locator("#key").textContent();
  await page.getByLabel("Enter the 6-digit code from the app").fill("000000");
  await page.getByRole("button", { name: "Turn on" }).click();
  await page.getByText("That code is incorrect or has expired.").waitFor();
  await page.getByLabel("Enter the 6-digit code from the app").fill(totp(key));
  await page.getByRole("button", { name: "Turn on" }).click();
  await page.getByRole("heading", { name: "Save your recovery codes" }).waitFor();
  await look(page, "Save your recovery codes");
  const codes = await page.locator("#codes li").allTextContents();
  assert.equal(codes.length, 10);
  await page.getByLabel("I've saved these codes").check();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByText("Your recovery codes are saved.").waitFor();

  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("heading", { name: "You're signed out" }).waitFor();
  await look(page, "You're signed out");
  await page.goBack();
  await page.reload();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await signIn(page, { email: "ada@example.com", password: "violet teapot hammer" });
  await page.getByRole("heading", { name: "Enter your code" }).waitFor();
  await look(page, "Enter your code");
  await page.getByLabel("6-digit code").fill(totp(key, 1));
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "Ada" }).waitFor();

  const other = await browser.page(app, { userAgent: AGENT });
  await signIn(other, { email: "ada@example.com", password: "violet teapot hammer" });
  await other.getByRole("link", { name: "Use a recovery code" }).click();
  await look(other, "Enter a recovery code");
  await other.getByLabel("Recovery code").fill(codes[0].toUpperCase().replaceAll("-", ""));
  await other.getByRole("button", { name: "Continue" }).click();
  await other.getByText("You used a recovery code. 9 are left.").waitFor();

  await page.goto(at("account/sessions"));
  await page.getByRole("button", { name: "Sign out Chrome on Linux" }).first().click();
  await page.getByText("Device signed out").waitFor();
  await other.reload();
  await other.getByRole("heading", { name: "Sign in" }).waitFor();

  await other.getByRole("link", { name: "Forgot password?" }).click();
  await look(other, "Reset your password");
  await other.getByLabel("Email address").fill("ada@example.com");
  await other.getByRole("button", { name: "Send reset link" }).click();
  await other.getByText("If there's an account for").waitFor();
  await other.goto(await linkTo(app, "ada@example.com", "reset_password_form"));
  await other.getByLabel("New password").fill("orange kettle window");
  await other.getByRole("button", { name: "Save password" }).click();
  await other.getByRole("heading", { name: "Password changed" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();

  await signIn(page, { email: "ada@example.com", password: "orange kettle window" });
  await page.getByRole("link", { name: "Use a recovery code" }).click();
  await page.getByLabel("Recovery code").fill(codes[1]);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.goto(at("account/data"));
  await page.getByRole("link", { name: "Delete my account" }).click();
  await look(page, "Delete your account?");
  await page.getByRole("button", { name: "Delete my account" }).click();
  await page.getByText("Your account has been deleted.").waitFor();
  await signIn(page, { email: "ada@example.com", password: "orange kettle window" });
  await page.getByText("The email or password is incorrect.").waitFor();
});

test("everything but comfort works without script", async () => {
  const kim = await enroll(app, { ...JOHN, email: "kim@example.com" });
  const page = await browser.page(app, { javaScriptEnabled: false });
  await signIn(page, kim);
  await page.getByRole("heading", { name: "John Doe" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Show" }).count(), 0);
  await page.goto(at("account/security/password"));
  await page.getByLabel("Current password").fill(kim.password);
  await page.getByLabel("New password").fill("orange kettle window");
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByText("Password changed. Your other devices are signed out.").waitFor();
  await page.goto(at("account/data"));
  await page.getByRole("link", { name: "Delete my account" }).click();
  await page.getByLabel("Confirm your password").fill("orange kettle window");
  await page.getByRole("button", { name: "Delete my account" }).click();
  await page.getByText("Your account has been deleted.").waitFor();
});

test("a password can be shown, and a form is sent once", async () => {
  const page = await browser.page(app, { userAgent: AGENT });
  await page.goto(at("signin"));
  const password = page.getByLabel("Password", { exact: true });
  await password.fill("a secret");
  await page.getByRole("button", { name: "Show password" }).click();
  assert.equal(await password.getAttribute("type"), "text");
  await page.getByRole("button", { name: "Hide password" }).click();
  assert.equal(await password.getAttribute("type"), "password");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Show");
});

/** Checks the number and size of the requests of the sign-in page. Returns their URLs. */
async function weigh(app, most) {
  const page = await browser.page(app, { userAgent: AGENT });
  const sizes = [];
  page.on("response", async (response) => sizes.push([response.url(), (await response.body()).length]));
  await page.goto(`${app.base}/User1/signin`);
  await page.waitForLoadState("networkidle");
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  assert.ok(sizes.length <= most && total <= 40 * 1024, JSON.stringify(sizes));
  const script = sizes.find(([url]) => url.endsWith(".js"));
  assert.ok(script[1] <= 8 * 1024);
  assert.ok(sizes.find(([url]) => url.endsWith(".css"))[1] <= 24 * 1024);
  await page.context().close();
  return sizes.map(([url]) => url);
}

test("the sign-in page weighs at most 40 KiB in 4 requests", () => weigh(app, 4));

test("with the colours and the logos of a brand it makes one request more", async () => {
  const logo = (colour) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 32"><rect width="96" height="32" fill="${colour}"/></svg>`;
  const settings = { BRAND_NAME: "Acme", BRAND_COLOR: "#6d28d9", BRAND_CORNERS: "round", BRAND_LOGO: "logo.svg", BRAND_LOGO_DARK: "dark.svg" };
  const branded = await start(settings, { "logo.svg": logo("#6d28d9"), "dark.svg": logo("#9c79fd") });
  try {
    const urls = await weigh(branded, 5);
    assert.ok(urls.some((url) => url.includes("/assets/brand/") && url.endsWith(".svg")), urls.join(" "));
    const page = await browser.page(branded, { userAgent: AGENT });
    await page.goto(`${branded.base}/User1/signin`);
    const main = page.getByRole("button", { name: "Sign in", exact: true });
    const fill = await main.evaluate((element) => getComputedStyle(element).backgroundColor);
    assert.equal(fill, "rgb(109, 40, 217)");
  } finally {
    await branded.stop();
  }
});

test("with the keyboard alone: skip link first, a ring at each stop, and nothing is missed", async () => {
  const page = await browser.page(app, { userAgent: AGENT });
  await page.goto(at("signup"));
  await page.keyboard.press("Shift+Tab");
  const stops = [];
  for (let stop = 0; stop < 12; stop++) {
    if (stop > 0) await page.keyboard.press("Tab");
    const focus = await page.evaluate(() => {
      const element = document.activeElement, style = getComputedStyle(element), box = element.getBoundingClientRect();
      return { name: element.id || element.textContent.trim(), ring: style.outlineStyle, width: style.outlineWidth, height: box.height };
    });
    if (focus.name.startsWith("Skip to content") && stops.length) break;
    assert.deepEqual([focus.ring, focus.width], ["solid", "2px"], focus.name);
    assert.ok(focus.height >= 24, `${focus.name} is ${focus.height} high`);
    stops.push(focus.name);
  }
  assert.deepEqual(stops.slice(0, 7), ["Skip to content", "first_name", "last_name", "email", "password", "Show", "Create account"]);
});

test("with forced colours: buttons and fields have borders, the focus a ring, and the QR code keeps its colours", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const page = await browser.page(app, { userAgent: AGENT, colorScheme, forcedColors: "active" });
    const samples = ["account_security", "account_security_remove", "account_security_totp", "signin_factor"];
    for (const url of [at("signin"), at("signup"), ...samples.map((name) => `${app.base}/dev/templates/${name}.html`)]) {
      await page.goto(url);
      assert.ok(await page.evaluate(() => matchMedia("(forced-colors: active)").matches));
      const bare = await page.evaluate(() => {
        const ground = getComputedStyle(document.body).backgroundColor;
        const all = document.querySelectorAll("button, .button, input, select, .notice, .badge, .tile, .monogram, .initials");
        const seen = [...all].filter((element) => element.checkVisibility() && !element.matches(".unseen, .link-button, .ways button, [type=checkbox], [type=hidden]"));
        const hasBorder = ({ borderTopWidth, borderTopStyle, borderTopColor }) =>
          parseFloat(borderTopWidth) >= 1 && borderTopStyle === "solid" && borderTopColor !== ground;
        return seen.filter((element) => !hasBorder(getComputedStyle(element))).map((element) => element.outerHTML);
      });
      assert.deepEqual(bare, [], `${url}, ${colorScheme}`);
    }

    await page.goto(at("signin"));
    for (const part of [page.getByLabel("Email address"), page.getByRole("button", { name: "Sign in", exact: true })]) {
      await page.getByLabel("Password", { exact: true }).focus();
      await page.keyboard.press("Tab");
      await part.focus();
      const ring = await part.evaluate((element) => {
        const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
        return [outlineStyle, outlineWidth, outlineColor !== getComputedStyle(document.body).backgroundColor];
      });
      assert.deepEqual(ring, ["solid", "2px", true]);
    }
    const main = page.getByRole("button", { name: "Sign in", exact: true });
    assert.equal(await main.evaluate((element) => getComputedStyle(element).borderTopWidth), "2px", "the main button is still the main one");

    await page.goto(`${app.base}/dev/templates/account_security_totp.html`);
    const colours = await page.evaluate(() => {
      const of = (selector, property) => getComputedStyle(document.querySelector(selector))[property];
      const parts = [...document.querySelectorAll(".qr svg *")].map((part) => getComputedStyle(part).fill);
      const current = of(".menu a[aria-current]", "borderTopColor"), other = of(".menu a:not([aria-current])", "borderTopColor");
      return { ground: of(".qr", "backgroundColor"), dark: parts.includes("rgb(0, 0, 0)"), isCurrentMarked: current !== other };
    });
    assert.deepEqual(colours, { ground: "rgb(255, 255, 255)", dark: true, isCurrentMarked: true });
    await page.context().close();
  }
});

test("an unknown address, a form of another site and a fault are pages for people", async () => {
  const page = await browser.page(app, { userAgent: AGENT });
  await page.goto(at("nowhere"));
  await look(page, "Page not found");
  await page.getByRole("link", { name: "Go to sign in" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});
