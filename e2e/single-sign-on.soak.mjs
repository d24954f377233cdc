// Further clients of OpenID Connect, as printed in the quickstarts. The tests of each change run one client (quickstarts.test.mjs).
import assert from "node:assert/strict";
import { test } from "node:test";
import { follow } from "./markdown.mjs";
import { hasLockedPackages, reader, signsInAndOut } from "./reader.mjs";

test("a FastAPI application signs people in and out", async (t) => {
  const who = await reader();
  await follow(t, "docs/quickstart/single-sign-on-fastapi.md", who);
  const { shop } = await signsInAndOut(t, who);

  // An answer that the application did not ask for signs in no one.
  for (const query of ["code=x", "code=x&state=y", "error=access_denied"]) {
    assert.equal((await fetch(`${shop}/callback?${query}`)).status, 400, query);
  }
});

test("a single-page application signs people in and out", async (t) => {
  const who = await reader();
  const shell = await follow(t, "docs/quickstart/single-page-application.md", who);
  const { page, shop } = await signsInAndOut(t, who, (page) => page.getByRole("button", { name: "Continue" }).click());

  for (const query of ["code=x", "code=x&state=y", "error=access_denied"]) {
    await page.goto(`${shop}/?${query}`);
    await page.getByText("The sign-in has failed. Try again.").waitFor();
    assert.equal(await page.evaluate(() => location.search), "", query);
  }
  await hasLockedPackages(shell);
});
