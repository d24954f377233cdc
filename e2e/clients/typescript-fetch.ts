// The client of openapi-generator's typescript-fetch.
import { AccountsApi, Configuration, ResponseError } from "./typescript-fetch/index.js";
import { BASE, PERSON, REALM as realm, check, mailedToken } from "./person.js";

const api = (accessToken?: string) =>
  new AccountsApi(new Configuration({ basePath: BASE, accessToken, headers: { accept: "application/json" } }));
const { email, password } = PERSON;
const newUser = {
  email, password, phone: PERSON.phone,
  firstName: PERSON.first_name, lastName: PERSON.last_name, countryCode: PERSON.country_code,
};

const created = await api().create({ realm, newUser });
check(created.email === email, "create");

const login = () => api().login({ realm, username: email, password });
const early = await login().catch((error: unknown) => error);
check(early instanceof ResponseError && early.response.status === 403, "an early login");

await api().verify({ realm, token: await mailedToken() });
const tokens = await login();
const me = await api(tokens.accessToken).me({ realm });
check(me.email === email && me.firstName === PERSON.first_name, "me");

const forgotten = await api().forgetPasswordByPost({ realm, forgottenPassword: { email } });
check(forgotten.message !== "", "forget_password");

const refused = await api().create({ realm, newUser: { ...newUser, email: "nobody" } }).catch((error: unknown) => error);
check(refused instanceof ResponseError && refused.response.status === 422, "a refusal");
