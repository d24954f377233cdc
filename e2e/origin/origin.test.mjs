// Compares what Portcullis accepts with what the framework of the original service accepted: docs/existing-clients.md.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { start } from "../support.mjs";

test("every request is treated as by the original service, or the documentation says why not", async (t) => {
  const app = await start();
  t.after(() => app.stop());
  const page = join(import.meta.dirname, "../../docs/existing-clients.md");
  const more = process.env.UPDATE ? ["--update"] : [];
  const python = join(process.env.ORIGIN_PYTHON, "python");
  const done = spawnSync(python, ["-B", join(import.meta.dirname, "compare.py"), app.base, page, ...more], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  assert.equal(done.status, 0, `${done.stdout}\n${done.stderr}`);
  t.diagnostic(done.stdout.trim());
});
