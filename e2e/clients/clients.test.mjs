// Generates clients from the description that the program prints, compiles them, and signs up and logs in with each.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFile, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { PROGRAM, start } from "../support.mjs";

const HERE = import.meta.dirname;
// Outside the sources, because generators also write documentation.
const OUT = join(dirname(PROGRAM), "../clients");
const PYTHON = process.env.CLIENTS_PYTHON;
const BIN = (name) => join(HERE, "node_modules/.bin", name);

function run(program, args, options = {}) {
  const done = spawnSync(program, args, { cwd: HERE, encoding: "utf8", maxBuffer: 64 * 1024 * 1024, ...options });
  assert.equal(done.status, 0, `${program} ${args.join(" ")}: ${done.error ?? ""}\n${done.stdout}\n${done.stderr}`);
  return done.stdout;
}

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT, { recursive: true });
for (const name of ["package.json", "tsconfig.json", "person.ts", "openapi-fetch.ts", "typescript-fetch.ts"]) {
  await copyFile(join(HERE, name), join(OUT, name));
}
await symlink(join(HERE, "node_modules"), join(OUT, "node_modules"));
const DESCRIPTION = join(OUT, "openapi.json");
await writeFile(DESCRIPTION, run(PROGRAM, ["openapi", "--realms", "Shop"]));

/** Runs the program of a client against a new server. */
async function use(t, program, args, options) {
  const app = await start({ REALMS: "Shop" });
  t.after(() => app.stop());
  run(program, [...args, app.base], options);
}

async function typescript(t, file) {
  const project = { extends: "./tsconfig.json", files: [`${file}.ts`] };
  await writeFile(join(OUT, `${file}.json`), JSON.stringify(project));
  run(BIN("tsc"), ["-p", join(OUT, `${file}.json`)]);
  await use(t, process.execPath, [join(OUT, "out", `${file}.js`)]);
}

test("openapi-typescript and openapi-fetch", async (t) => {
  run(BIN("openapi-typescript"), [DESCRIPTION, "-o", join(OUT, "openapi.d.ts")]);
  await typescript(t, "openapi-fetch");
});

test("openapi-python-client", { skip: !PYTHON && "CLIENTS_PYTHON is not set" }, async (t) => {
  const config = join(OUT, "python.json");
  await writeFile(config, JSON.stringify({ post_hooks: [] }));
  const args = ["generate", "--path", DESCRIPTION, "--config", config, "--meta", "none", "--output-path"];
  run(join(PYTHON, "openapi-python-client"), [...args, join(OUT, "python/portcullis_client"), "--fail-on-warning"]);
  const modules = (await readdir(join(OUT, "python/portcullis_client/api/accounts"))).filter((name) => /^[a-z].*\.py$/.test(name));
  const imports = modules.map((name) => `import portcullis_client.api.accounts.${name.slice(0, -3)}`).join("\n");
  run(join(PYTHON, "python"), ["-c", imports], { cwd: join(OUT, "python") });
  const env = { ...process.env, PYTHONPATH: join(OUT, "python") };
  await use(t, join(PYTHON, "python"), [join(HERE, "python_client.py")], { env });
});

test("openapi-generator's typescript-fetch", { skip: !process.env.CLIENTS_JAVA && "CLIENTS_JAVA is not set" }, async (t) => {
  const args = ["generate", "-i", DESCRIPTION, "-g", "typescript-fetch", "--additional-properties", "importFileExtension=.js"];
  run(join(PYTHON, "openapi-generator-cli"), [...args, "-o", join(OUT, "typescript-fetch")]);
  await typescript(t, "typescript-fetch");
});
