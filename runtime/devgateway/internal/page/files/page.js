"use strict";

// All HTML comes from the gateway's templates, which escape every text.
const policy = window.trustedTypes
  ? trustedTypes.createPolicy("depgen", { createHTML: (html) => html })
  : { createHTML: (html) => html };

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = policy.createHTML(html);
  return template.content;
}

const byID = (id) => document.getElementById(id);
const maxRows = 200;

function showRows({ html, skipped }) {
  const rows = byID("rows");
  for (const row of rows.children) row.classList.remove("new");
  const added = parse(html);
  for (const row of added.children) row.classList.add("new");
  if (skipped > 0) {
    const row = document.createElement("tr");
    const cell = row.insertCell();
    cell.colSpan = 6;
    cell.className = "skipped";
    cell.textContent = `${skipped} more requests in between`;
    added.append(row);
  }
  rows.prepend(added);
  while (rows.children.length > maxRows) rows.lastElementChild.remove();
  byID("requests").hidden = false;
  byID("no-requests").hidden = true;
}

const shown = {};

function showParts(parts) {
  for (const [id, html] of Object.entries(parts)) {
    if (shown[id] !== html) byID(id).replaceChildren(parse(html)); // keeps what the reader has selected
    shown[id] = html;
  }
}

function showAmended({ html }) {
  for (const row of [...parse(html).children]) {
    byID("rows").querySelector(`tr[data-number="${row.dataset.number}"]`)?.replaceWith(row);
  }
}

function showState(text, live) {
  const state = byID("state");
  state.textContent = text;
  state.classList.toggle("live", live);
  state.classList.remove("idle");
}

const retryAfter = 3000;
const events = "/debug/events";
let last = document.body.dataset.last;

// A browser does not retry after an error status, and does not tell it.
async function retry() {
  let text = "not connected; trying again";
  try {
    const answer = await fetch(events, { method: "HEAD" });
    if (answer.status === 503) text = "too many pages are open; close some; trying again";
    if (answer.ok) return connect();
  } catch {} // the gateway is down
  showState(text, false);
  setTimeout(retry, retryAfter);
}

function connect() {
  const source = new EventSource(events + "?after=" + encodeURIComponent(last));
  const on = (name, show) => source.addEventListener(name, (event) => {
    last = event.lastEventId;
    show(JSON.parse(event.data));
  });
  source.addEventListener("open", () => showState("live", true));
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) retry();
    else showState("not connected; trying again", false);
  });
  on("rows", showRows);
  on("amended", showAmended);
  on("parts", showParts);
  source.addEventListener("restart", () => location.reload());
}

connect();
