// Follows a page of the documentation block by block, like a reader with terminals.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
// Packages are installed over the network, on a machine that is busy with other tests.
const PATIENCE = 180_000;

/**
 * Follows a page in a temporary folder until the test `t` ends. Writes its files, starts its servers in the background, runs all
 * other commands in one shell, and compares their output with the output printed below them, in which `…` matches any text.
 */
export async function follow(t, file, { env, heading, replace = (text) => text }) {
  const dir = await mkdtemp(join(tmpdir(), "portcullis-reader-"));
  const shell = new Shell(dir, env);
  const ends = [() => shell.close()];
  t.after(async () => {
    for (const end of ends) await end();
    await rm(dir, { recursive: true });
  });
  let answer;
  for (const block of blocks(replace(await read(file)), heading)) {
    if (block.lang === "json" || block.lang === "text") {
      assert.match(answer, pattern(block.text), `printed in ${file} is\n${block.text}, answered was\n${answer}`);
    } else if (block.lang !== "sh") {
      await writeFile(join(dir, block.file), block.text);
    } else if (block.stays) {
      const { said, end } = await keepRunning(block.text, dir, env);
      ends.push(end);
      t.diagnostic(said.trim().split("\n").at(-1));
    } else {
      answer = await shell.run(block.text);
    }
  }
  return shell;
}

/** Returns the fenced blocks below a heading, or of the whole page, each with the file name in the text before it. */
export function blocks(page, heading) {
  const found = [];
  let [inside, before, block] = [heading === undefined, "", undefined];
  for (const line of page.split("\n")) {
    if (block) {
      if (line !== "```") block.text += `${line}\n`;
      else block = undefined;
    } else if (line.startsWith("```")) {
      const file = before.match(/into `([^`]+)`:\s*$/)?.[1];
      block = { lang: line.slice(3), text: "", file, stays: /leave it running:\s*$/.test(before) };
      if (inside) found.push(block);
      before = "";
    } else {
      if (heading && line.startsWith("#")) inside = line.replace(/^#+ /, "") === heading;
      before = `${before}${line}\n`;
    }
  }
  return found;
}

export const read = (file) => readFile(join(ROOT, file), "utf8");

/** Returns a pattern for a printed response. `…` matches text that differs each time. */
const pattern = (printed) =>
  new RegExp(`^${printed.trim().split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("[^\\n]*")}\\s*$`);

/** A shell that keeps its variables between blocks. */
class Shell {
  #errors = "";
  #said = "";
  #heard = () => {};

  constructor(dir, env) {
    this.child = spawn("sh", [], { cwd: dir, env });
    this.child.stdout.on("data", (text) => ((this.#said += text), this.#heard()));
    this.child.stderr.on("data", (text) => (this.#errors += text));
    this.child.once("exit", () => this.#heard());
  }

  /** Runs these commands and returns their output. The last one must succeed. */
  async run(commands) {
    this.#said = "";
    const end = /^\u001e(\d+)\n/m;
    const ended = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`it takes too long:\n${commands}`)), PATIENCE);
      this.#heard = () => {
        if (!end.test(this.#said) && this.child.exitCode === null) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.child.stdin.write(`{\n${commands}\n} </dev/null\nprintf '\\036%s\\n' "$?"\n`);
    await ended;
    assert.equal(this.#said.match(end)?.[1], "0", `it failed:\n${commands}${this.#said}${this.#errors}`);
    return this.#said.slice(0, this.#said.search(end));
  }

  close() {
    this.child.stdin.end();
  }
}

/** Starts a server in its own process group, and waits until it reports that it is running. */
async function keepRunning(command, dir, env) {
  const child = spawn("sh", ["-c", command], { cwd: dir, env, detached: true });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const one = { said: "", end: () => (process.kill(-child.pid), ended) };
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`it does not come up: ${command}\n${one.said}`)), PATIENCE);
    const hear = (text) => {
      one.said += text;
      if (/serving|running on|listening on/.test(one.said)) resolve(clearTimeout(timer));
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", () => reject(new Error(`it ended: ${command}\n${one.said}`)));
  });
  return one;
}
