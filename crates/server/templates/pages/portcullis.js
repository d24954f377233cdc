// Progressive enhancement of the pages. All of them work without it.
(() => {
  "use strict";
  const all = (selector, work) => document.querySelectorAll(selector).forEach(work);

  // Shows and hides a password.
  const status = document.createElement("p");
  status.className = "unseen";
  status.setAttribute("role", "status");
  const show = (button, on) => {
    const input = document.getElementById(button.getAttribute("aria-controls"));
    input.type = on ? "text" : "password";
    button.textContent = on ? "Hide" : "Show";
    button.setAttribute("aria-label", on ? "Hide password" : "Show password");
    return input;
  };
  all("[data-show]", (button) => {
    button.hidden = false;
    const input = show(button, false);
    button.addEventListener("click", () => {
      const on = input.type === "password";
      show(button, on);
      status.textContent = on ? "Your password is visible" : "Your password is hidden";
      if (!status.isConnected) document.body.append(status);
    });
  });

  // Shows that a form is being submitted, and prevents it from being submitted twice.
  const idle = new Map();
  const rest = () => {
    all("form", (form) => delete form.dataset.sent);
    idle.forEach((label, button) => {
      button.innerHTML = label;
      button.removeAttribute("aria-busy");
    });
    idle.clear();
  };
  all("form", (form) => form.addEventListener("submit", (event) => {
    if (form.dataset.sent && Date.now() - form.dataset.sent < 10000) return event.preventDefault();
    form.dataset.sent = Date.now();
    form.querySelectorAll("[data-show]").forEach((button) => show(button, false));
    const button = event.submitter;
    if (form.dataset.passkey) {
      event.preventDefault();
      ask(form);
    }
    if (!button || (!button.dataset.busy && !form.dataset.passkey)) return;
    idle.set(button, button.innerHTML);
    if (button.dataset.busy) button.textContent = button.dataset.busy;
    button.setAttribute("aria-busy", "true");
  }));
  addEventListener("pageshow", (event) => {
    rest();
    if (event.persisted) fill();
  });

  // Passkeys: requests options from the page, runs the ceremony in the browser, and submits the credential as a form.
  const keys = window.PublicKeyCredential;
  let waiting, isOpen = false;
  const ask = async (form, mediation) => {
    waiting?.abort();
    isOpen = !mediation;
    const { signal } = (waiting = new AbortController());
    let credential;
    try {
      const body = new URLSearchParams({ type: "passkey", action: "send" });
      const answer = await fetch(form.getAttribute("action"), { method: "POST", headers: { accept: "application/json" }, body, signal });
      const { publicKey, action } = await answer.json();
      if (action) form.setAttribute("action", action);
      const made = form.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey: keys.parseCreationOptionsFromJSON(publicKey), signal })
        : await navigator.credentials.get({ publicKey: keys.parseRequestOptionsFromJSON(publicKey), mediation, signal });
      credential = JSON.stringify(made);
    } catch ({ name }) {
      if (mediation || signal.aborted) return;
      if (name === "NotAllowedError" || name === "AbortError") {
        isOpen = false;
        rest();
        return fill();
      }
      credential = name;
    }
    form.elements.credential.value = credential;
    const keep = document.querySelector("[type=checkbox][name=remember]");
    if (form.elements.remember?.type === "hidden") form.elements.remember.value = Boolean(keep?.checked);
    form.submit();
  };
  // Lets the browser offer passkeys in the address field while the page is open.
  const fill = async () => {
    const form = document.querySelector("[data-autofill]");
    if (form && !isOpen && await keys?.isConditionalMediationAvailable?.()) ask(form, "conditional");
  };
  if (keys?.parseRequestOptionsFromJSON) {
    all("[data-able]", (part) => (part.hidden = false));
    all("[data-unable]", (part) => (part.hidden = true));
    all("[data-passkeys]", async (input) => {
      input.value = "true";
      if (await keys.isUserVerifyingPlatformAuthenticatorAvailable()) input.value = "platform";
    });
    all("[data-signal]", (part) => keys[part.dataset.signal]?.(JSON.parse(part.dataset.value)).catch(() => {}));
    fill();
    if (document.querySelector("[data-autofill]")) setInterval(fill, 240000);
  }

  // Converts times to local time.
  const day = (date) => date.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
  all("time", (time) => {
    const date = new Date(time.dateTime), now = new Date(), before = new Date(now - 86400000);
    if (isNaN(date)) return;
    time.title = time.textContent;
    const on = day(date) === day(now) ? "Today" : day(date) === day(before) ? "Yesterday" : day(date);
    const text = "day" in time.dataset ? on : `${on}, ${date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}`;
    time.textContent = time.parentNode.firstChild === time || time.previousSibling?.textContent.trim() === "" ? text : text.replace(/^[TY]/, (c) => c.toLowerCase());
  });

  // Copies and prints recovery codes.
  all("[data-copy]", (button) => {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).innerText.trim());
      button.textContent = "Copied";
    });
  });
  all("[data-print]", (button) => {
    button.hidden = false;
    button.addEventListener("click", () => print());
  });

  // Counts down, then reloads the page if nothing was entered.
  all("[data-wait]", (text) => {
    const end = Date.now() + text.dataset.wait * 1000;
    const timer = setInterval(() => {
      const left = Math.ceil((end - Date.now()) / 1000);
      if (left > 0) {
        text.textContent = left < 120 ? `${left} second${left === 1 ? "" : "s"}` : `${Math.ceil(left / 60)} minutes`;
        return;
      }
      clearInterval(timer);
      if (![...document.querySelectorAll("input")].some((input) => input.value !== input.defaultValue)) location.replace(location.href);
    }, 1000);
  });
})();
