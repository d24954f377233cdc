// Runs every command and program of the README and the quickstarts as printed. Only the ports are replaced.
import assert from "node:assert/strict";
import { test } from "node:test";
import { follow, read } from "./markdown.mjs";
import { hasLockedPackages, reader, signsInAndOut } from "./reader.mjs";
import { JOHN, enroll, start } from "./support.mjs";

/** Checks that the service rejects tokens that are missing, forged, of another realm, or signed with another algorithm. */
async function refusesWhatItShould(shell, { base, api }, path) {
  const token = (await shell.run('echo "$TOKEN"')).trim();
  const ask = (header) => fetch(`${api}${path}`, { headers: header ? { authorization: header } : {} });
  assert.equal((await ask(`Bearer ${token}`)).status, 200);

  const [head, body, signature] = token.split(".");
  const unsigned = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url");
  const forged = `${head}.${body}.${signature.slice(0, -6)}AAAAAA`;
  for (const bad of [undefined, "Bearer ", "Bearer x", `Bearer ${unsigned}.${body}.`, `Bearer ${forged}`]) {
    assert.equal((await ask(bad)).status, 401, bad);
  }
  const other = await logInElsewhere(base);
  assert.equal((await ask(`Bearer ${other}`)).status, 401, "a token of another realm");
}

async function logInElsewhere(base) {
  await enroll({ base }, JOHN, "User2");
  const form = new URLSearchParams({ username: JOHN.email, password: JOHN.password });
  return (await (await fetch(`${base}/User2/login`, { method: "POST", body: form })).json()).access_token;
}

test("the commands of the README work as printed", async (t) => {
  const app = await start();
  t.after(() => app.stop());
  const replace = (page) => page.replaceAll("http://localhost:8000", app.base);
  await follow(t, "README.md", { env: process.env, replace, heading: "Try the API" });
});

test("the curl quickstart works as printed", async (t) => {
  await follow(t, "docs/quickstart/curl.md", await reader());
});

test("a FastAPI route identifies its caller", async (t) => {
  const who = await reader();
  const shell = await follow(t, "docs/quickstart/python-fastapi.md", who);
  await refusesWhatItShould(shell, who, "/hello");
});

test("a Node service identifies its caller", async (t) => {
  const who = await reader();
  const shell = await follow(t, "docs/quickstart/node.md", who);
  await refusesWhatItShould(shell, who, "/");

  const installed = JSON.parse(await read("e2e/package-lock.json")).packages["node_modules/jose"];
  const lock = JSON.parse(await shell.run("cat node_modules/.package-lock.json"));
  assert.deepEqual(Object.values(lock.packages).map((one) => one.integrity), [installed.integrity], "what is locked here, alone");
});

test("another application signs people in and out", async (t) => {
  const who = await reader();
  const shell = await follow(t, "docs/quickstart/single-sign-on.md", who);
  const { shop } = await signsInAndOut(t, who);

  // An answer that the application did not ask for signs in no one.
  for (const query of ["code=x", "code=x&state=y", "error=access_denied"]) {
    assert.equal((await fetch(`${shop}/callback?${query}`)).status, 400, query);
  }
  await hasLockedPackages(shell);
});
