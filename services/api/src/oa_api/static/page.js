// What every page does: forms are sent once, confirmations close like menus, relative times age, and texts are copied.
const TICK_MS = 15000;
const UNITS = [["d", 86400], ["h", 3600], ["min", 60]];

const openConfirmation = () => document.querySelector("details.confirm[open]");

addEventListener("keydown", (event) => {
  const open = openConfirmation();
  if (event.key !== "Escape" || !open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
// A second click must not send a form twice; when Back shows the page again, its forms work again.
addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  else form.dataset.sent = "true";
  form.ariaBusy = "true";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.ariaBusy = null;
  }
});
addEventListener("click", (event) => {
  const open = openConfirmation();
  if (open && !open.contains(event.target)) open.open = false;
});
// Toggle events do not bubble, but are captured.
addEventListener(
  "toggle",
  ({ target }) => {
    if (target.matches("details.confirm[open]")) target.querySelector("input:not([type=hidden]), button").focus();
  },
  true,
);

// The largest whole unit, like the filter `ago` of the server.
function age(seconds) {
  const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? ["s", 1];
  return `${Math.floor(seconds / length)} ${unit}`;
}

function ago(element) {
  const seconds = (Date.now() - Date.parse(element.dateTime)) / 1000;
  return seconds >= 0 ? `${age(seconds)} ago` : `in ${age(-seconds)}`;
}

setInterval(() => {
  for (const element of document.querySelectorAll("time[data-age]")) element.textContent = ago(element);
  for (const element of document.querySelectorAll("time[data-age-title]")) element.title = ago(element);
}, TICK_MS);

// A clipboard exists on https and on this machine only; elsewhere the text is selected.
function showCopyButtons() {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
}
showCopyButtons();
addEventListener("htmx:afterSwap", showCopyButtons);
addEventListener("click", async ({ target }) => {
  const button = target.closest?.("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const isField = "value" in source;
  if (isField) source.select();
  else getSelection().selectAllChildren(source);
  if (!navigator.clipboard) return;
  await navigator.clipboard.writeText(isField ? source.value : source.textContent);
  const word = button.firstElementChild ?? button;
  button.dataset.word ??= word.textContent;
  word.textContent = "Copied";
  setTimeout(() => (word.textContent = button.dataset.word), 2000);
});
