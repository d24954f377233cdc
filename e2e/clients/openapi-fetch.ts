// The client of openapi-typescript and openapi-fetch.
import createClient from "openapi-fetch";
import type { paths } from "./openapi.js";
import { BASE, PERSON, REALM, check, mailedToken } from "./person.js";

const client = createClient<paths>({ baseUrl: BASE, headers: { accept: "application/json" } });
const path = { realm: REALM };

const created = await client.POST("/v1/{realm}/create", { params: { path }, body: PERSON });
check(created.data?.Email === PERSON.email, "create");

const login = () => client.POST("/v1/{realm}/login", {
  params: { path },
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: { username: PERSON.email, password: PERSON.password },
});
const early = await login();
check(early.error !== undefined && "code" in early.error && early.error.code === "login.unverified", "an early login");

const verified = await client.GET("/v1/{realm}/verify", { params: { path, query: { token: await mailedToken() } } });
check(verified.error === undefined, "verify");

const { data: tokens } = await login();
check(tokens !== undefined, "login");
const me = await client.GET("/v1/{realm}/me", {
  params: { path },
  headers: { authorization: `Bearer ${tokens.access_token}` },
});
check(me.data?.email === PERSON.email && me.data.first_name === PERSON.first_name, "me");

const forgotten = await client.POST("/v1/{realm}/forget_password", { params: { path }, body: { email: PERSON.email } });
check(forgotten.data !== undefined, "forget_password");

const refused = await client.POST("/v1/{realm}/create", { params: { path }, body: { ...PERSON, email: "nobody" } });
check(refused.error?.errors?.[0]?.field === "email", "a refusal names the field");
