// Progressive enhancement of the dashboard. All pages work without it.
(() => {
  "use strict";
  const all = (selector, work) => document.querySelectorAll(selector).forEach(work);

  // Shows and hides a password.
  all("[data-show]", (button) => {
    const input = document.getElementById(button.getAttribute("aria-controls"));
    const show = (on) => {
      input.type = on ? "text" : "password";
      button.textContent = on ? "Hide" : "Show";
      button.setAttribute("aria-label", on ? "Hide password" : "Show password");
    };
    button.hidden = false;
    show(false);
    button.addEventListener("click", () => show(input.type === "password"));
    input.form?.addEventListener("submit", () => show(false));
  });

  // The fragment of the link, which no server and no log sees.
  all("[data-filled] input", (input) => {
    if (location.hash.length < 2) return;
    input.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    input.closest("[data-filled]").hidden = true;
  });

  // Prevents a form from being submitted twice.
  all("form[method=post]", (form) => form.addEventListener("submit", (event) => {
    if (form.dataset.sent && Date.now() - form.dataset.sent < 10000) return event.preventDefault();
    form.dataset.sent = Date.now();
    const button = event.submitter;
    if (button?.dataset.busy) button.textContent = button.dataset.busy;
    button?.setAttribute("aria-busy", "true");
  }));
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  // Adds local times to the tooltips.
  all("time", (time) => {
    const date = new Date(time.dateTime);
    if (!isNaN(date)) time.title = date.toLocaleString();
  });

  // Copies text to the clipboard.
  all("[data-copy]", (button) => {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).innerText.trim());
      button.textContent = "Copied";
    });
  });

  // Esc closes an open menu.
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    all("details.switch[open]", (details) => {
      details.open = false;
      details.querySelector("summary").focus();
    });
  });
})();
