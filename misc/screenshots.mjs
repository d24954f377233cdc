// Takes the screenshots in docs/images from the running program: `make screenshots`.
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { JOHN, ask, enroll, inviteOwner, linkTo, mailTo, openBrowser, register, start } from "../e2e/support.mjs";

const TO = join(import.meta.dirname, "../docs/images");
const LARGEST = 100 * 1024;

await mkdir(TO, { recursive: true });
const app = await start({ APP_NAME: "Acme Books" });
// Shows the default address, although the server listens on a random port.
const bare = await start({ PUBLIC_URL: "http://localhost:8000" });
const browser = await openBrowser();
try {
  await enroll(app);
  await ask(app, "forget_password", { email: JOHN.email });
  const reset = await linkTo(app, JOHN.email, "reset_password_form");
  for (const colorScheme of ["light", "dark"]) {
    await shoot(`reset-${colorScheme}`, { width: 480, height: 700, colorScheme }, (page) => page.goto(reset));
  }
  await register(app, { ...JOHN, email: "ada@example.com" });
  const { html } = await mailTo(app, "ada@example.com");
  await shoot("mail-verify", { width: 480, height: 620 }, (page) =>
    page.setContent(html.replaceAll(app.base, "https://accounts.example.com")));
  for (const colorScheme of ["light", "dark"]) {
    await shoot(`landing-${colorScheme}`, { width: 1280, height: 666, colorScheme }, (page) => page.goto(bare.base));
  }
  await shootDashboard();
} finally {
  await browser.close();
  await app.stop();
  await bare.stop();
}

/** Signs in as the first owner, and opens the list of users and the page of one user. */
async function shootDashboard() {
  for (const name of ["Ari Linden", "Noor Elm", "Mika Hazel"]) {
    const [first_name, last_name] = name.split(" ");
    await enroll(app, { ...JOHN, first_name, last_name, email: `${first_name.toLowerCase()}@example.com`, phone: undefined });
  }
  const password = "violet teapot hammer";
  const chosen = (await inviteOwner(app)).replace("reset_password_form", "reset_password");
  await fetch(chosen, { method: "POST", body: new URLSearchParams({ password }) });
  await ask(app, "login", { username: JOHN.email, password: JOHN.password });
  const signIn = async (page) => {
    await page.goto(`${app.base}/admin/sign-in?next=/realms/User1/users`);
    await page.getByLabel("Email address").fill("owner@example.com");
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Users" }).waitFor();
  };
  await shoot("dashboard-users-light", { width: 1280, height: 720, colorScheme: "light" }, signIn);
  await shoot("dashboard-user-dark", { width: 1280, height: 860, colorScheme: "dark" }, async (page) => {
    await signIn(page);
    await page.getByRole("link", { name: "John Doe" }).click();
    await page.getByRole("heading", { name: "John Doe" }).waitFor();
  });
}

async function shoot(name, options, show) {
  const page = await browser.page(app, options);
  await show(page);
  const path = join(TO, `${name}.png`);
  await page.screenshot({ path });
  const { size } = await stat(path);
  if (size > LARGEST) throw new Error(`${path} has ${size} bytes`);
}
