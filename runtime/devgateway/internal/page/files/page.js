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

function showState(live) {
  const state = byID("state");
  state.textContent = live ? "live" : "not connected; trying again";
  state.classList.toggle("live", live);
}

const source = new EventSource("/debug/events?after=" + encodeURIComponent(document.body.dataset.last));
source.addEventListener("open", () => showState(true));
source.addEventListener("error", () => showState(false));
source.addEventListener("rows", (event) => showRows(JSON.parse(event.data)));
source.addEventListener("parts", (event) => showParts(JSON.parse(event.data)));
source.addEventListener("restart", () => location.reload());
