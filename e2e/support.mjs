// Starts the real program in a temporary folder, and a real browser.
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

export const PROGRAM = process.env.PORTCULLIS ?? join(import.meta.dirname, "../target/debug/portcullis");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const PATIENCE = 30_000;

/** Starts the program with these settings and files. It serves `base` until `stop` is called. */
export async function start(settings = {}, files = {}) {
  const dir = await mkdtemp(join(tmpdir(), "portcullis-e2e-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text, { mode: 0o600 });
  const port = settings.PORT ?? (await freePort());
  const env = { PORT: String(port), ARGON2_MEMORY_KIB: "8", ARGON2_ITERATIONS: "1", RATE_LIMIT_MODE: "off", ...settings };
  const child = spawn(PROGRAM, [], { cwd: dir, env, stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (text) => (log += text));
  const base = `http://localhost:${port}`;
  for (const begin = Date.now(); ; await pause(20)) {
    const ready = await fetch(`${base}/readyz`).catch(() => undefined);
    if (ready?.ok) break;
    if (child.exitCode !== null || Date.now() - begin > PATIENCE) throw new Error(`it does not start:\n${log}`);
  }
  const ended = new Promise((resolve) => child.once("exit", resolve));
  return {
    base,
    dir,
    env,
    log: () => log,
    async stop() {
      child.kill();
      await ended;
      await rm(dir, { recursive: true });
    },
  };
}

/** Waits for an email or SMS to this recipient and returns the newest. */
export async function mailTo(app, to, matches = () => true) {
  for (const begin = Date.now(); Date.now() - begin < PATIENCE; await pause(50)) {
    const list = await (await fetch(`${app.base}/dev/mailbox.json`)).json();
    const mail = list.find((mail) => mail.to === to && matches(mail));
    if (mail) return mail;
  }
  throw new Error(`no such mail came to ${to}`);
}

export const JOHN = {
  email: "john@example.com",
  first_name: "John",
  last_name: "Doe",
  password: "violet-teapot-hammer",
  phone: "+441632960001",
  country_code: "GB",
};

/** Waits for a mail to this recipient that links to this page and returns the newest link. */
export async function linkTo(app, to, name, matches = () => true) {
  const find = (mail) => mail.links.find((link) => link.includes(`/${name}?`) && matches(link));
  return find(await mailTo(app, to, find));
}

/** Posts a form to a route. */
export async function ask(app, path, form, realm = "User1") {
  const answer = await fetch(`${app.base}/${realm}/${path}`, { method: "POST", body: new URLSearchParams(form) });
  if (!answer.ok) throw new Error(await answer.text());
  return answer;
}

/** Creates an account that is not verified yet. */
export async function register(app, person, realm = "User1") {
  const created = await fetch(`${app.base}/${realm}/create`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(person),
  });
  if (!created.ok) throw new Error(await created.text());
}

/** Creates an account and verifies it with the emailed link. */
export async function enroll(app, person = JOHN, realm = "User1") {
  await register(app, person, realm);
  const verified = await fetch(await linkTo(app, person.email, "verify"));
  if (!verified.ok) throw new Error(await verified.text());
  return person;
}

/** Returns the invitation link of the server's first owner. */
export async function inviteOwner(app, email = "owner@example.com") {
  const line = ["admins", "invite", email, "--role", "owner", "--print"];
  const { stdout } = await promisify(execFile)(PROGRAM, line, { cwd: app.dir, env: app.env });
  return stdout.trim();
}

/** Starts a browser. `page` opens a page of this size and scheme, and records requests to other servers and errors. */
export async function openBrowser() {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
  return {
    async page(app, { width = 1280, height = 900, colorScheme = "light", ...more } = {}) {
      // Disables transitions, because a colour halfway between two schemes has too little contrast.
      const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: "reduce", ...more });
      const page = await context.newPage();
      page.elsewhere = [];
      page.wrong = [];
      page.on("request", (request) => {
        const url = request.url();
        if (!url.startsWith(app.base) && !/^(data|blob|about):/.test(url)) page.elsewhere.push(url);
      });
      page.on("console", (message) => message.type() === "error" && page.wrong.push(message.text()));
      page.on("pageerror", (error) => page.wrong.push(String(error)));
      return page;
    },
    close: () => browser.close(),
  };
}

/** Returns the violations of WCAG 2.2 AA that axe-core finds, one line each, outside `exclude` and except the rules `notMeant`. */
export async function violations(page, { exclude = [], notMeant = [] } = {}) {
  const { readFile } = await import("node:fs/promises");
  const source = await readFile(join(import.meta.dirname, "node_modules/axe-core/axe.min.js"), "utf8");
  // Evaluated by the debugger, so that the content security policy of the page remains in force.
  await page.evaluate(source);
  const found = await page.evaluate(({ exclude, notMeant }) => axe.run({ exclude }, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    rules: Object.fromEntries(notMeant.map((rule) => [rule, { enabled: false }])),
  }), { exclude, notMeant });
  return found.violations.map((rule) =>
    `${rule.id}: ${rule.help}: ${rule.nodes.map((node) => node.target.join(" ")).join("; ")}`);
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject).listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
