// Passkeys with each kind of authenticator, on pages and with the API. Each ceremony of the API is repeated with another relying
// party, which must have the same result.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { verifyAuthenticationResponse, verifyRegistrationResponse } from "@simplewebauthn/server";
import { AUTHENTICATORS, authenticator, call, create, get, tokenOf } from "./passkeys.mjs";
import { JOHN, enroll, openBrowser, start } from "./support.mjs";

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
const bytes = (text) => Buffer.from(text, "base64url");
const ALGORITHMS = { ES256: -7, EdDSA: -8, RS256: -257 };
let people = 0;
const person = () => enroll(app, { ...JOHN, email: `person${people++}@example.com`, phone: undefined });

async function agrees(work) {
  try {
    return (await work()).verified;
  } catch {
    return false;
  }
}

/** Replaces a part of the signed data. */
function withClientData(credential, change) {
  const client = JSON.parse(bytes(credential.response.clientDataJSON));
  const changed = Buffer.from(JSON.stringify({ ...client, ...change })).toString("base64url");
  return { ...credential, response: { ...credential.response, clientDataJSON: changed } };
}

for (const [algorithm, alg] of Object.entries(ALGORITHMS)) {
  for (const kind of ["phone", "laptop"]) {
    test(`${algorithm} with the authenticator ${kind}, through the API and by another relying party`, async () => {
      const john = await person();
      const token = await tokenOf(app, john);
      const page = await browser.page(app);
      await page.goto(at("signup"));
      const keys = await authenticator(page, AUTHENTICATORS[kind]);
      const expected = { expectedOrigin: app.base, expectedRPID: "localhost" };

      const { publicKey: offer } = await call(app, "me/passkeys/options", {}, token);
      assert.deepEqual(offer.pubKeyCredParams.map(({ alg }) => alg), [-7, -8, -257]);
      const made = await create(page, { ...offer, pubKeyCredParams: [{ type: "public-key", alg }] });
      const theirs = (response) => verifyRegistrationResponse({ response, expectedChallenge: offer.challenge, ...expected, supportedAlgorithmIDs: [alg] });
      for (const lie of [{ origin: "https://evil.example" }, { challenge: "AAAA" }, { type: "webauthn.get" }]) {
        const credential = withClientData(made, lie);
        assert.equal(await agrees(() => theirs(credential)), false, JSON.stringify(lie));
        assert.equal((await call(app, "me/passkeys", { credential }, token)).code, "passkey.invalid", JSON.stringify(lie));
      }
      const registered = await theirs(made);
      assert.equal(registered.verified, true);
      const added = await call(app, "me/passkeys", { credential: made }, token);
      assert.equal(added.status, 201, JSON.stringify(added));
      const { credential, credentialDeviceType, credentialBackedUp } = registered.registrationInfo;
      assert.deepEqual(added.backup, { eligible: credentialDeviceType === "multiDevice", backed_up: credentialBackedUp });

      for (let times = 0; times < 2; times++) {
        const { publicKey: request } = await call(app, "passkeys/login/options");
        const used = await get(page, request);
        const theirs = (response) => verifyAuthenticationResponse({ response, expectedChallenge: request.challenge, ...expected, credential, requireUserVerification: true });
        const signature = bytes(used.response.signature);
        signature[signature.length - 1] ^= 1;
        const lies = [
          withClientData(used, { origin: "https://evil.example" }), withClientData(used, { challenge: "AAAA" }), withClientData(used, { type: "webauthn.create" }),
          { ...used, response: { ...used.response, signature: signature.toString("base64url") } },
        ];
        for (const [place, credential] of lies.entries()) {
          assert.equal(await agrees(() => theirs(credential)), false, `lie ${place}`);
          assert.equal((await call(app, "passkeys/login", { credential })).code, "passkey.refused", `lie ${place}`);
        }
        const checked = await theirs(used);
        assert.equal(checked.verified, true);
        credential.counter = checked.authenticationInfo.newCounter;
        const entered = await call(app, "passkeys/login", { credential: used });
        assert.equal(entered.status, 200, JSON.stringify(entered));
        assert.equal((await call(app, "passkeys/login", { credential: used })).code, "passkey.refused", "once");
      }
      await keys.remove();
      await page.context().close();
    });
  }
}

test("a passkey that does not verify its user is refused for a login, here and there", async () => {
  const john = await person();
  const page = await browser.page(app);
  await page.goto(at("signup"));
  const keys = await authenticator(page, AUTHENTICATORS.laptop);
  const token = await tokenOf(app, john);
  const { publicKey: offer } = await call(app, "me/passkeys/options", {}, token);
  const made = await create(page, offer);
  assert.equal((await call(app, "me/passkeys", { credential: made }, token)).status, 201);
  const { registrationInfo } = await verifyRegistrationResponse({ response: made, expectedChallenge: offer.challenge, expectedOrigin: app.base, expectedRPID: "localhost" });
  await keys.verifies(false);
  const { publicKey: request } = await call(app, "passkeys/login/options");
  const used = await get(page, { ...request, userVerification: "discouraged" });
  const theirs = () => verifyAuthenticationResponse({ response: used, expectedChallenge: request.challenge, expectedOrigin: app.base, expectedRPID: "localhost", credential: registrationInfo.credential, requireUserVerification: true });
  assert.equal(await agrees(theirs), false);
  assert.equal((await call(app, "passkeys/login", { credential: used })).code, "passkey.refused");
  await page.context().close();
});

/** Opens a browser in which this user is signed in with the password. */
async function signedIn(john, options) {
  const page = await browser.page(app);
  const keys = options && await authenticator(page, options);
  await keys?.answers(false);
  await page.goto(at("signin"));
  await page.getByLabel("Email address").fill(john.email);
  await page.getByLabel("Password", { exact: true }).fill(john.password);
  await page.getByRole("button", { name: /^Sign in$/ }).click();
  await page.waitForURL(/account|passkey|factor/);
  await keys?.answers(true);
  return { page, keys };
}

test("a security key of the first generation is a second step", async () => {
  const john = await person();
  const { page, keys } = await signedIn(john, AUTHENTICATORS.u2f);
  await page.goto(at("account/security/key"));
  await page.getByRole("button", { name: "Add security key" }).click();
  await page.getByRole("heading", { name: "Save your recovery codes" }).waitFor();
  await page.goto(at("account/security"));
  await page.getByText("10 of 10 left").waitFor();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByLabel("Email address").fill(john.email);
  await page.getByLabel("Password", { exact: true }).fill(john.password);
  await page.getByRole("button", { name: /^Sign in$/ }).click();
  await page.getByRole("heading", { name: "Use your passkey" }).waitFor();
  await page.getByRole("button", { name: "Use passkey" }).click();
  await page.getByRole("heading", { name: "John Doe" }).waitFor();
  assert.ok(keys.events.includes("credentialAsserted"));
  await page.context().close();
});

test("a ceremony that the user cancels says nothing, and the page goes on to work", async () => {
  const john = await person();
  const { page, keys } = await signedIn(john, AUTHENTICATORS.unverifying);
  await page.goto(at("account/security/passkey"));
  await page.getByRole("button", { name: "Create a passkey" }).click();
  await page.waitForTimeout(500);
  assert.equal(await page.getByRole("alert").count(), 0);
  await keys.verifies(true);
  await page.getByRole("button", { name: "Create a passkey" }).click();
  await page.getByText("Passkey created").waitFor();
  await page.context().close();
});

test("a passkey that is removed is removed from the authenticator, too, and confirms before that", async () => {
  const john = await person();
  const { page, keys } = await signedIn(john, AUTHENTICATORS.phone);
  await page.goto(at("account/security/passkey"));
  await page.getByRole("button", { name: "Create a passkey" }).click();
  await page.getByText("Passkey created").waitFor();
  await page.goto(at("signin/confirm"));
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByRole("heading", { name: "John Doe" }).waitFor();
  await page.goto(at("account/security"));
  await page.getByRole("link", { name: /^Remove/ }).click();
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await page.getByText("Passkey removed").waitFor();
  for (let tries = 0; (await keys.credentials()).length > 0 && tries < 50; tries++) await page.waitForTimeout(100);
  assert.deepEqual(await keys.credentials(), []);
  await page.context().close();
});
