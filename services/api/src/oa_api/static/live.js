// Live parts of a page: events of the server trigger htmx to fetch the part again.
const RECONNECT_MS = 5000;
const BUSY_MS = 1000;

function showState(text) {
  for (const element of document.querySelectorAll("[data-live]")) element.textContent = text;
}

// Calls `act` at once, then at most every `everyMs`; the last call is never lost.
function throttle(act, everyMs) {
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

// A part with an open or focused form stays unchanged until the form is sent or left.
const isBusy = (part) => part.querySelector("details.confirm[open], input:focus, select:focus, textarea:focus");

const refreshOf = new WeakMap();

// Returns a function that fetches a part again, later if it is busy now.
function refreshing(part) {
  const refresh = throttle(
    () => (isBusy(part) ? setTimeout(refresh, BUSY_MS) : htmx.trigger(part, "changed")),
    Number(part.dataset.everyMs),
  );
  refreshOf.set(part, refresh);
  return refresh;
}

function partsOf(element) {
  const parts = [...element.querySelectorAll("[data-on]")];
  return parts.map((part) => ({ names: part.dataset.on.split(" "), refresh: refreshing(part) }));
}

// The browser resumes the stream (Last-Event-ID), unless the server refused it.
function listen(element) {
  const parts = partsOf(element);
  const source = new EventSource(element.dataset.events);
  source.onopen = () => {
    showState("Live");
    for (const part of parts) part.refresh(); // for events since the page was rendered
  };
  source.onerror = () => {
    showState("Connection lost, reconnecting");
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, RECONNECT_MS, element);
  };
  for (const name of new Set(parts.flatMap((part) => part.names))) {
    source.addEventListener(name, () => {
      for (const part of parts) if (part.names.includes(name)) part.refresh();
    });
  }
}

const tablesOf = (part) => [...part.querySelectorAll(".table")];

// What a reader did in a part: how far each table is scrolled, the focused link, whether a log is scrolled to its end.
const keptOf = new WeakMap();

function keep(part) {
  const log = part.querySelector(".log");
  keptOf.set(part, {
    lefts: tablesOf(part).map((table) => table.scrollLeft),
    link: part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null,
    isAtEnd: log && log.scrollHeight - log.scrollTop - log.clientHeight < 8,
  });
}

function restore(part) {
  const { lefts, link, isAtEnd } = keptOf.get(part) ?? { lefts: [] };
  tablesOf(part).forEach((table, index) => { table.scrollLeft = lefts[index] ?? 0; });
  const same = link && [...part.querySelectorAll("a[href]")].find((each) => each.getAttribute("href") === link);
  if (same) same.focus({ preventScroll: true });
  const log = part.querySelector(".log");
  if (log && isAtEnd) log.scrollTop = log.scrollHeight;
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { target } = detail;
  if (isBusy(target)) {
    // A form was opened while the part was on its way: the text in it stays.
    detail.shouldSwap = false;
    refreshOf.get(target)?.();
    return;
  }
  keep(target);
});
document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => restore(target));

for (const element of document.querySelectorAll("[data-events]")) listen(element);
