// Keeps what a person is doing when a live part of the page is fetched anew, and says when nothing comes any more.
document.addEventListener("htmx:beforeSwap", (event) => {
  const part = event.detail.target;
  const isBusy = part.querySelector("details.confirm[open]") || part.querySelector("input:focus, select:focus, textarea:focus");
  if (isBusy) event.detail.shouldSwap = false;
});

// A log that was at its end stays at its end.
const atEnd = new WeakSet();
const isAtEnd = (log) => log.scrollHeight - log.scrollTop - log.clientHeight < 8;
document.addEventListener("htmx:beforeSwap", (event) => {
  const log = event.detail.target.querySelector(".log");
  if (log && isAtEnd(log)) atEnd.add(event.detail.target);
});
document.addEventListener("htmx:afterSwap", (event) => {
  const log = event.detail.target.querySelector(".log");
  if (log && atEnd.delete(event.detail.target)) log.scrollTop = log.scrollHeight;
});

const say = (words) => {
  for (const place of document.querySelectorAll("[data-live]")) place.textContent = words;
};
document.addEventListener("htmx:sseOpen", (event) => {
  say("Live");
  for (const part of event.target.querySelectorAll("[hx-trigger]")) htmx.trigger(part, "opened");
});
document.addEventListener("htmx:sseError", () => say("Connection lost, trying again"));
