// Makes the pages nicer. Each of them works without it.
(() => {
  "use strict";
  const all = (selector, work) => document.querySelectorAll(selector).forEach(work);

  // Show and hide a password.
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

  // Say that a form is under way, and send it once.
  const idle = new Map();
  all("form", (form) => form.addEventListener("submit", (event) => {
    if (form.dataset.sent && Date.now() - form.dataset.sent < 10000) return event.preventDefault();
    form.dataset.sent = Date.now();
    form.querySelectorAll("[data-show]").forEach((button) => show(button, false));
    const button = event.submitter;
    if (!button?.dataset.busy) return;
    idle.set(button, button.innerHTML);
    button.textContent = button.dataset.busy;
    button.setAttribute("aria-busy", "true");
  }));
  addEventListener("pageshow", () => {
    all("form", (form) => delete form.dataset.sent);
    idle.forEach((label, button) => {
      button.innerHTML = label;
      button.removeAttribute("aria-busy");
    });
    idle.clear();
  });

  // Local times.
  const day = (date) => date.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
  all("time", (time) => {
    const date = new Date(time.dateTime), now = new Date(), before = new Date(now - 86400000);
    if (isNaN(date)) return;
    time.title = time.textContent;
    const on = day(date) === day(now) ? "Today" : day(date) === day(before) ? "Yesterday" : day(date);
    const text = "day" in time.dataset ? on : `${on}, ${date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}`;
    time.textContent = time.parentNode.firstChild === time || time.previousSibling?.textContent.trim() === "" ? text : text.replace(/^[TY]/, (c) => c.toLowerCase());
  });

  // Copy and print.
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

  // Count down, then try again if nothing was typed.
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
