// What HTML and htmx do not do by themselves: tabs, local times, one dialog, keys in the grid.
"use strict";

const byId = (id) => document.getElementById(id);

// --- Tabs: one section at a time, named by the address.
function showTab() {
  const sections = [...document.querySelectorAll("main > section")];
  const shown = sections.find((section) => "#" + section.id === location.hash) ?? sections[0];
  for (const section of sections) section.hidden = section !== shown;
  markTab(shown.id);
}

function markTab(id) {
  for (const link of byId("nav").querySelectorAll("a")) {
    if (link.getAttribute("href") === "#" + id) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

addEventListener("hashchange", () => {
  showTab();
  scrollTo(0, 0);
});

// --- Times in the browser's zone and words.
const formats = {
  stamp: new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }),
  clock: new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" }),
  full: new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" }),
  day: new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", year: "numeric" }),
};
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

function inWords(element) {
  const at = new Date(element.dateTime);
  switch (element.dataset.as) {
    case "stamp":
      return (at.toDateString() === new Date().toDateString() ? formats.clock : formats.stamp).format(at);
    case "ago": {
      const seconds = Math.round((at - Date.now()) / 1000);
      if (Math.abs(seconds) < 60) return "just now";
      if (Math.abs(seconds) < 3600) return relative.format(Math.round(seconds / 60), "minute");
      if (Math.abs(seconds) < 86400) return relative.format(Math.round(seconds / 3600), "hour");
      return relative.format(Math.round(seconds / 86400), "day");
    }
    case "until": {
      const minutes = Math.ceil((at - Date.now()) / 60000);
      if (minutes <= 0) return "expired at " + formats.clock.format(at);
      return "until " + formats.clock.format(at);
    }
    case "day": {
      const [year, month, day] = element.dateTime.split("-").map(Number);
      const date = new Date(year, month - 1, day);
      const midnight = new Date().setHours(0, 0, 0, 0);
      const days = Math.round((date - midnight) / 86400000);
      const name = days === 0 ? "Today" : days === -1 ? "Yesterday" : "Latest day";
      return name + ", " + formats.day.format(date);
    }
    default:
      return formats.full.format(at);
  }
}

function tellTimes(root) {
  for (const element of root.querySelectorAll("time[data-as]")) {
    const words = inWords(element);
    if (element.textContent !== words) element.textContent = words;
    if (element.dataset.as !== "day") element.title = formats.full.format(new Date(element.dateTime));
  }
}

// --- One dialog for everything that is asked or looked at.
function openDialog() {
  const dialog = byId("dialog");
  if (!dialog.open) dialog.showModal();
  const first = dialog.querySelector("[autofocus]") ?? byId("dialog-title");
  first?.focus();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    byId("dialog-body").replaceChildren(byId(opener.dataset.dialog).content.cloneNode(true));
    htmx.process(byId("dialog-body"));
    openDialog();
  }
  // A click outside, on the backdrop, has the dialog itself as its target.
  if (event.target.closest("[data-close]") || event.target === byId("dialog")) byId("dialog").close();
});

// --- The grid: Enter and the arrows go from price to price, Escape takes back what was typed.
document.addEventListener("focusin", (event) => {
  if (event.target.matches(".price input")) event.target.select();
});

document.addEventListener("keydown", (event) => {
  const input = event.target;
  if (!input.matches?.(".price input")) return;
  if (event.key === "Escape") {
    input.value = input.defaultValue;
    input.select();
    return;
  }
  const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  // Leaving the cell saves it; the next one has the focus before the row is written anew.
  event.preventDefault();
  const cells = [...document.querySelectorAll(".price input")];
  const next = cells[cells.indexOf(input) + step];
  if (next) next.focus();
  else input.blur();
});

// --- What htmx asks and gets.
document.addEventListener("htmx:before:request", (event) => {
  const { sourceElement } = event.detail.ctx;
  // Somebody is typing: the grid is written anew when they have left it.
  if (sourceElement.id === "grid" && sourceElement.contains(document.activeElement)) event.preventDefault();
  // A file goes as it is, not as a form.
  const file = sourceElement.dataset.file && sourceElement.elements[sourceElement.dataset.file].files[0];
  if (file) event.detail.ctx.request.body = file;
});

// When each document was first listed here; what is new is marked for as long as the mark takes to fade.
const listedAt = new Map([...document.querySelectorAll("#documents tr[id]")].map((row) => [row.id, 0]));

document.addEventListener("htmx:after:swap", () => {
  tellTimes(document);
  markTab([...document.querySelectorAll("main > section")].find((section) => !section.hidden).id);
  const isOlder = byId("before").value !== "";
  for (const row of document.querySelectorAll("#documents tr[id]")) {
    if (!listedAt.has(row.id)) listedAt.set(row.id, isOlder ? 0 : Date.now());
    row.classList.toggle("fresh", Date.now() - listedAt.get(row.id) < 3000);
  }
});

document.addEventListener("htmx:after:request", () => (byId("notice").hidden = true));

// After the request, so that a swap into the dialog is there when it opens.
document.addEventListener("htmx:finally:swap", (event) => {
  const { target } = event.detail.ctx;
  if (target?.id === "dialog-body" && target.childElementCount > 0) openDialog();
});

function notice(text, source) {
  const cell = source?.matches?.(".price input") ? source.closest("td").querySelector(".refused") : null;
  if (cell) {
    cell.textContent = text;
    source.setAttribute("aria-invalid", "true");
    return;
  }
  byId("notice").textContent = text;
  byId("notice").hidden = false;
}

document.addEventListener("htmx:error", (event) => {
  const source = event.detail.ctx?.sourceElement;
  // The line of events connects again by itself and says so where it stands.
  if (source?.id === "live") return;
  notice("Not saved or not shown: the back office cannot be reached.", source);
});

document.addEventListener("htmx:response:error", (event) => {
  const { ctx } = event.detail;
  if (ctx.response.status >= 500) notice("The back office failed. Try again in a moment.", ctx.sourceElement);
});

// --- Whether news arrives.
function live(words, isLive) {
  byId("live").className = isLive ? "on" : "off";
  byId("live").firstElementChild.textContent = words;
}

document.addEventListener("htmx:sse:before:connection", () => live("connecting", false));
document.addEventListener("htmx:sse:after:connection", () => live("live", true));
document.addEventListener("htmx:sse:error", (event) => {
  // Whoever has been signed out meanwhile signs in again.
  if (event.detail.status === 401) location.reload();
  else live("connecting again", false);
});
document.addEventListener("htmx:sse:close", () => live("not live, reload the page", false));

byId("centre")?.addEventListener("change", (event) => event.target.form.submit());
setInterval(() => tellTimes(document), 20000);
showTab();
tellTimes(document);
