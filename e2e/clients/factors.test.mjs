// Sets up an authenticator app with third-party programs: zbar reads the QR code, and pyotp and oathtool generate the codes.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { ask, enroll, JOHN, start } from "../support.mjs";

const PYTHON = process.env.CLIENTS_PYTHON;

function run(program, ...args) {
  const done = spawnSync(program, args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  assert.equal(done.status, 0, `${program}: ${done.error ?? ""}\n${done.stdout}\n${done.stderr}`);
  return done.stdout.trim();
}

/** Returns the code of a URI at a time in seconds. */
const CODES = {
  pyotp: (uri, at) =>
    run(join(PYTHON, "python"), "-c", "import pyotp, sys; print(pyotp.parse_uri(sys.argv[1]).at(int(sys.argv[2])))", uri, String(at)),
  oathtool: (uri, at) => {
    const now = new Date(at * 1000).toISOString().replace("T", " ").replace(/\..*/, " UTC");
    return run("oathtool", "--totp", "--base32", "--now", now, new URL(uri).searchParams.get("secret"));
  },
};

async function send(app, token, path, body) {
  const answer = await fetch(`${app.base}/User1/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return [answer.status, await answer.json()];
}

for (const [name, code] of Object.entries(CODES)) {
  test(`zbar and ${name}`, { skip: name === "pyotp" && !PYTHON && "CLIENTS_PYTHON is not set" }, async (t) => {
    const app = await start();
    t.after(() => app.stop());
    await enroll(app);
    const credentials = { username: JOHN.email, password: JOHN.password };
    const { access_token: token } = await (await ask(app, "login", credentials)).json();
    const [, offer] = await send(app, token, "me/mfa/totp", { name: "Work phone" });

    const [svg, png] = ["qr.svg", "qr.png"].map((file) => join(app.dir, file));
    await writeFile(svg, offer.qr);
    run("rsvg-convert", "--width", "480", "--background-color", "white", "--output", png, svg);
    const read = run("zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", png);
    assert.equal(read, offer.uri);
    const uri = new URL(read);
    assert.equal(uri.searchParams.get("secret"), offer.secret);
    assert.equal(decodeURIComponent(uri.pathname).replace(/^\/+(totp\/)?/, ""), `Portcullis:${JOHN.email}`);

    const now = () => Math.floor(Date.now() / 1000);
    const [status, added] = await send(app, token, "me/mfa/totp/confirm", { enrolment: offer.enrolment, code: code(read, now()) });
    assert.equal(status, 201, JSON.stringify(added));
    // That code is used, but the next one is already accepted.
    const next = code(read, now() + 30);
    const entered = await (await ask(app, "login", { ...credentials, code: next })).json();
    assert.ok(entered.refresh_token);
    await assert.rejects(ask(app, "login", { ...credentials, code: next }), /mfa.required/);
  });
}
