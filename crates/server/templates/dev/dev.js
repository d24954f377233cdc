// Script of the development pages: copy buttons, local times, live updates of the mailbox.
// Without it, the pages show the same content but must be reloaded manually.
"use strict";

const byId = (id) => document.getElementById(id);
const say = (text) => (byId("status").textContent = text);

/** Converts times to local time and shows the copy buttons in HTML from the server. */
function enliven(part) {
  for (const time of part.querySelectorAll("time")) {
    const when = new Date(time.dateTime);
    const isToday = when.toDateString() === new Date().toDateString();
    time.textContent = isToday ? when.toLocaleTimeString() : when.toLocaleString();
    time.title = time.dateTime;
  }
  // Browsers only allow clipboard access on loopback addresses and over https.
  for (const button of part.querySelectorAll("button.copy")) button.hidden = !navigator.clipboard;
}

function textOf(button) {
  if (button.dataset.copy !== undefined) return button.dataset.copy;
  const source = byId(button.dataset.copyFrom);
  const codes = source.matches("code") ? [source] : [...source.querySelectorAll("code")];
  return codes.map((code) => code.textContent + "\n").join("\n");
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  const [label] = button.children;
  const copied = await navigator.clipboard.writeText(textOf(button)).then(() => true, () => false);
  label.textContent = copied ? "Copied" : "Copy failed";
  say(label.textContent);
  setTimeout(() => ((label.textContent = "Copy"), say("")), 2000);
});

/** Follows the mailbox. Events contain no data and only signal a change. */
function follow(live) {
  const parts = ["messages", "message"];
  // The HTML as received from the server, used to detect changes.
  const sent = new Map(parts.map((id) => [id, byId(id).outerHTML]));
  const reload = live.firstElementChild;
  let isLooking = false;
  let isMore = false;

  const show = (state, text) => {
    live.dataset.state = state;
    if (state === "on") live.textContent = text;
    else live.replaceChildren(text, " ", reload);
  };

  const links = () => [...document.querySelectorAll("#messages a")];
  /** Keeps the open message while it has the focus. */
  const isBusy = (part) => part.id === "message" && document.hasFocus() && part.contains(document.activeElement);

  async function look() {
    isMore = true;
    if (isLooking) return;
    isLooking = true;
    while (isMore) {
      isMore = false;
      await replace().catch(() => {}); // Reconnecting fires an event.
    }
    isLooking = false;
  }

  async function replace() {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const known = new Set(links().map((link) => link.href));
    const focused = document.activeElement?.href;
    for (const id of parts) {
      const [old, next] = [byId(id), document.importNode(fresh.getElementById(id), true)];
      const html = next.outerHTML;
      if (html === sent.get(id) || isBusy(old)) continue;
      sent.set(id, html);
      enliven(next);
      old.replaceWith(next);
    }
    links().find((link) => link.href === focused)?.focus({ preventScroll: true });
    const arrived = links().filter((link) => !known.has(link.href));
    for (const link of arrived) link.classList.add("arrived");
    if (arrived.length) say(`New: ${arrived[0].querySelector(".subject").textContent}`);
  }

  show("off", "Connecting…");
  const events = new EventSource(live.dataset.events);
  events.onopen = () => show("on", "Live");
  events.onerror = () => show("off", "Not connected.");
  events.onmessage = look;
}

const live = byId("live");
if (live) follow(live);
enliven(document);
