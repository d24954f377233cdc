// Sign-in with another provider, against a provider of others: oidc-provider, which is certified.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { exportJWK, generateKeyPair } from "jose";
import Provider from "oidc-provider";
import { JOHN, enroll, freePort, openBrowser, start } from "./support.mjs";

const ALGORITHMS = { HOUSE: "RS256", PSS: "PS256", CURVE: "ES256", EDWARDS: "EdDSA" };
const SECRET = "a secret: with + and %, which need encoding";

let app, browser, provider, server;
const asked = [];

/** Returns a private key of a kind as the provider takes it. */
async function key(alg) {
  const { privateKey } = await generateKeyPair(alg, { extractable: true, ...(alg === "EdDSA" && { crv: "Ed25519" }) });
  return { ...(await exportJWK(privateKey)), alg, use: "sig", kid: `key-of-${alg}` };
}

/** Makes the provider; each client wants its ID tokens signed with another algorithm. */
async function makeProvider(issuer, base) {
  const clients = Object.entries(ALGORITHMS).map(([name, alg]) => ({
    client_id: `portcullis-${name}`,
    client_secret: SECRET,
    id_token_signed_response_alg: alg,
    redirect_uris: [`${base}/User1/social/${name.toLowerCase()}/callback`],
  }));
  const made = new Provider(issuer, {
    clients,
    jwks: { keys: await Promise.all(Object.values(ALGORITHMS).map(key)) },
    cookies: { keys: ["a key for the cookies of the test"] },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["given_name", "family_name"] },
    // The claims are asked for at `userinfo`, as the standard says.
    conformIdTokenClaims: true,
    pkce: { required: () => true },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: true, given_name: "Ada", family_name: "Lovelace" }),
    }),
  });
  return made;
}

before(async () => {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const settings = Object.keys(ALGORITHMS).flatMap((name) => [
    [`SOCIAL_${name}_ISSUER`, issuer],
    [`SOCIAL_${name}_CLIENT_ID`, `portcullis-${name}`],
    [`SOCIAL_${name}_CLIENT_SECRET`, SECRET],
    [`SOCIAL_${name}_TRUST_EMAIL`, "on"],
  ]);
  app = await start({ ...Object.fromEntries(settings), SOCIAL_HOUSE_LABEL: "House" });
  provider = await makeProvider(issuer, app.base);
  const answer = provider.callback();
  server = createServer((request, response) => {
    asked.push(request.url.split("?")[0]);
    answer(request, response);
  });
  await new Promise((resolve) => server.listen(port, resolve));
  browser = await openBrowser();
});
after(async () => {
  await browser.close();
  server.closeAllConnections();
  server.close();
  await app.stop();
});

/** Signs in at the provider as a user with this name, and lets the server have what it asks for. */
async function letIn(page, name) {
  await page.getByPlaceholder("Enter any login").fill(name);
  await page.getByPlaceholder("and password").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}

test("from the button to the session, with keys of every kind", async () => {
  for (const name of Object.keys(ALGORITHMS)) {
    const page = await browser.page(app);
    await page.goto(`${app.base}/User1/signin`);
    await page.getByRole("link", { name: `Continue with ${name === "HOUSE" ? "House" : name}` }).click();
    await letIn(page, `ada-${name.toLowerCase()}`);
    await page.waitForURL(`${app.base}/User1/account`);
    assert.match(await page.locator("main").textContent(), new RegExp(`ada-${name.toLowerCase()}@example.com`));
    await page.context().close();
  }
  const documents = asked.filter((path) => path === "/.well-known/openid-configuration");
  assert.equal(documents.length, Object.keys(ALGORITHMS).length, "once for each provider");
  assert.ok(asked.includes("/me"), "the claims come from userinfo");
});

test("a user who says no comes back to the sign-in page with the reason", async () => {
  const page = await browser.page(app);
  await page.goto(`${app.base}/User1/social/house/start`);
  await page.getByRole("link", { name: "[ Cancel ]" }).click();
  await page.waitForURL(/\/User1\/signin\?/);
  assert.match(await page.locator("main").textContent(), /House didn't sign you in/);
  await page.context().close();
});

test("a code is presented once, and the answer of another flow is refused", async () => {
  const page = await browser.page(app);
  let callback;
  page.on("request", (request) => {
    if (request.url().includes("/social/house/callback")) callback = request.url();
  });
  await page.goto(`${app.base}/User1/social/house/start`);
  await letIn(page, "bob");
  await page.waitForURL(`${app.base}/User1/account`);
  assert.ok(new URL(callback).searchParams.get("iss"), "the provider names itself");
  assert.equal((await page.goto(callback)).status(), 400);
  const mixed = new URL(callback);
  mixed.searchParams.set("iss", "https://evil.example.com");
  assert.equal((await page.goto(mixed.href)).status(), 400);
  const other = await browser.page(app);
  assert.equal((await other.goto(callback)).status(), 400, "another browser");
  await page.context().close();
  await other.context().close();
});

test("another realm of the same server is a provider", async () => {
  const port = await freePort();
  const base = `http://localhost:${port}`;
  const settings = {
    PORT: String(port),
    PUBLIC_URL: base,
    SOCIAL_SISTER_ISSUER: `${base}/User2`,
    SOCIAL_SISTER_CLIENT_ID: "sister",
    SOCIAL_SISTER_CLIENT_SECRET: "a-secret-of-the-sister-realm-that-is-long",
    SOCIAL_SISTER_TRUST_EMAIL: "on",
    SOCIAL_SISTER_LABEL: "Sister",
  };
  const client = `[realms.User2.clients.sister]
name = "First realm"
first_party = true
redirect_uris = ["${base}/User1/social/sister/callback"]
secret_file = "sister"
`;
  const both = await start(settings, { "portcullis.toml": client, sister: settings.SOCIAL_SISTER_CLIENT_SECRET });
  try {
    await enroll(both, JOHN, "User2");
    const page = await browser.page(both);
    await page.goto(`${base}/User1/signin`);
    await page.getByRole("link", { name: "Continue with Sister" }).click();
    await page.waitForURL(/\/User2\/signin\?continue=/);
    await page.getByLabel("Email address").fill(JOHN.email);
    await page.getByLabel("Password", { exact: true }).fill(JOHN.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.waitForURL(`${base}/User1/account`);
    assert.match(await page.locator("main").textContent(), /john@example.com/);
  } finally {
    await both.stop();
  }
});
