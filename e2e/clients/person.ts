// Steps of every generated client: it creates this account, verifies it with the emailed link, logs in and reads it.
export const REALM = "Shop";
export const PERSON = {
  email: "john+news@example.com",
  first_name: "John",
  last_name: "Doe",
  password: "violet-teapot-hammer",
  phone: "+441632960001",
  country_code: "GB",
};

export const [, , BASE = ""] = process.argv;

/** Waits for the verification mail and returns the token of its link. */
export async function mailedToken(): Promise<string> {
  for (let tries = 0; tries < 600; tries++) {
    const mails = (await (await fetch(`${BASE}/dev/mailbox.json`)).json()) as { to: string; links: string[] }[];
    const links = mails.filter((mail) => mail.to === PERSON.email).flatMap((mail) => mail.links);
    const link = links.find((link) => link.includes("/verify?"));
    if (link) return new URL(link).searchParams.get("token") ?? "";
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("no verification mail");
}

export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}
