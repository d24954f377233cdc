// A script verifies an export of the audit trail with only the public key.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { PROGRAM, start } from "../support.mjs";

const PYTHON = process.env.CLIENTS_PYTHON;
const SCRIPT = join(import.meta.dirname, "../../misc/verify_audit.py");

test("an export of the audit trail is verified by a script", { skip: !PYTHON && "CLIENTS_PYTHON is not set" }, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "portcullis-audit-"));
  t.after(() => rm(dir, { recursive: true }));
  const settings = { DATA_DIR: join(dir, "data") };
  const run = (...args) => {
    const done = spawnSync(PROGRAM, args, { cwd: dir, encoding: "utf8", env: settings });
    assert.equal(done.status, 0, `${args.join(" ")}\n${done.stdout}\n${done.stderr}`);
    return done.stdout;
  };
  run("admins", "invite", "ada@example.com", "--role", "owner", "--print");
  // A starting server seals pending rows.
  const app = await start(settings);
  t.after(() => app.stop());
  for (let tries = 0; JSON.parse(run("audit", "blocks", "--json")).items.length === 0; tries += 1) {
    assert.ok(tries < 100, "no block");
    await pause(100);
  }
  const key = join(dir, "key.pem");
  await writeFile(key, run("audit", "key"));
  const exported = run("audit", "export", "--blocks");
  const verify = async (text) => {
    const file = join(dir, "audit.jsonl");
    await writeFile(file, text);
    return spawnSync(join(PYTHON, "python3"), [SCRIPT, key, file], { encoding: "utf8" });
  };
  const intact = await verify(exported);
  assert.equal(intact.status, 0, intact.stdout + intact.stderr);
  const changed = await verify(exported.replace("admin_invited", "admin_revoked"));
  assert.equal(changed.status, 1, changed.stdout + changed.stderr);
  assert.match(changed.stdout, /^row_changed main 1$/m);
});
