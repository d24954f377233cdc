// Chromium's virtual authenticators and their operations.
import { ask } from "./support.mjs";

/** Authenticators by name, for `WebAuthn.addVirtualAuthenticator`. */
export const AUTHENTICATORS = {
  phone: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, defaultBackupEligibility: true, defaultBackupState: true },
  laptop: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
  unverifying: { protocol: "ctap2", transport: "usb", hasResidentKey: true, hasUserVerification: true, isUserVerified: false },
  u2f: { protocol: "u2f", transport: "usb" },
};

/** Adds an authenticator to the page. `events` collects its events. */
export async function authenticator(page, options) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable", { enableUI: false });
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", { options: { automaticPresenceSimulation: true, ...options } });
  const events = [];
  for (const name of ["credentialAdded", "credentialDeleted", "credentialAsserted"]) cdp.on(`WebAuthn.${name}`, () => events.push(name));
  return {
    events,
    credentials: async () => (await cdp.send("WebAuthn.getCredentials", { authenticatorId })).credentials,
    verifies: (isUserVerified) => cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }),
    answers: (enabled) => cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled }),
    remove: () => cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId }),
  };
}

/** Creates a credential in the browser with these options. */
export const create = (page, publicKey) => page.evaluate(async (publicKey) =>
  (await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })).toJSON(), publicKey);

/** Uses a credential in the browser with these options. */
export const get = (page, publicKey) => page.evaluate(async (publicKey) =>
  (await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) })).toJSON(), publicKey);

/** Calls a route of the API. */
export async function call(app, path, body = {}, token) {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(`${app.base}/User1/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: answer.status, ...(await answer.json()) };
}

/** Logs in with the password. Returns the access token. */
export const tokenOf = async (app, { email, password }) =>
  (await (await ask(app, "login", { username: email, password })).json()).access_token;
