// Parts of a page that change while one looks: events of the server say when, htmx fetches the part anew.
const AGAIN_MS = 5000;

function say(words) {
  for (const place of document.querySelectorAll("[data-live]")) place.textContent = words;
}

// At once, then at most every so often; the last event is never lost.
function throttled(act, everyMs) {
  let timer;
  let nextAt = 0;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      nextAt = Date.now() + everyMs;
      act();
    }, Math.max(0, nextAt - Date.now()));
  };
}

// What is being filled in stays as it is until it is sent or left.
const isBusy = (part) => part.querySelector("details.confirm[open], input:focus, select:focus, textarea:focus");

function partsOf(element) {
  return [...element.querySelectorAll("[data-on]")].map((part) => ({
    names: part.dataset.on.split(" "),
    refresh: throttled(() => isBusy(part) || htmx.trigger(part, "changed"), Number(part.dataset.everyMs)),
  }));
}

// The browser resumes by itself where it left off (Last-Event-ID), unless it was turned away.
function listen(element) {
  const parts = partsOf(element);
  const source = new EventSource(element.dataset.events);
  source.onopen = () => {
    say("Live");
    for (const part of parts) part.refresh(); // for what happened since the page was made
  };
  source.onerror = () => {
    say("Connection lost, trying again");
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN_MS, element);
  };
  for (const name of new Set(parts.flatMap((part) => part.names))) {
    source.addEventListener(name, () => {
      for (const part of parts) if (part.names.includes(name)) part.refresh();
    });
  }
}

// A log that was at its end stays at its end.
const atEnd = new WeakSet();
document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  const log = target.querySelector(".log");
  if (log && log.scrollHeight - log.scrollTop - log.clientHeight < 8) atEnd.add(target);
});
document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  const log = target.querySelector(".log");
  if (log && atEnd.delete(target)) log.scrollTop = log.scrollHeight;
});

for (const element of document.querySelectorAll("[data-events]")) listen(element);
