// The dot in the menu: requests the health of the system, so that an open page shows it when everything has died.
const POLL_MS = 10_000;
const ANSWER_WITHIN_MS = 5_000;
const TEXTS = { good: "System works", bad: "System problem", lost: "No connection", unknown: "System status" };

const dot = document.querySelector("[data-system]");

function show(state, problems = []) {
  dot.dataset.system = state;
  dot.querySelector("[data-text]").textContent = TEXTS[state];
  dot.title = problems.join("\n");
  const box = document.querySelector("[data-problems]");
  if (!box) return;
  box.hidden = !problems.length;
  box.querySelector("ul").replaceChildren(...problems.map((problem) => {
    const item = document.createElement("li");
    item.textContent = problem;
    return item;
  }));
}

// The banner of the pauses; the answer has only their labels, the page itself also who paused and why.
function showPauses(labels) {
  const banner = document.querySelector("[data-paused]");
  if (!banner) return;
  // The server separates and escapes JSON in another way.
  const text = JSON.stringify(labels);
  if (JSON.stringify(JSON.parse(banner.dataset.paused)) === text) return;
  banner.dataset.paused = text;
  banner.hidden = !labels.length;
  banner.querySelector("strong").textContent = `Paused: ${labels.join(", ")}`;
  banner.querySelector("[data-details]").replaceChildren();
}

async function ask() {
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const answer = await fetch("/", { headers: { accept: "application/json" }, cache: "no-store", signal });
    const { problems, paused, database_s: database } = await answer.json();
    // Without the database the server knows of no pause; what the page shows is more likely.
    if (paused && database !== null) showPauses(paused);
    show(problems.length ? "bad" : "good", problems);
  } catch {
    show("lost", ["The server does not answer."]);
  }
}

// The status page itself is fetched again; what could not be fetched is shown as out of date.
async function refresh(part) {
  try {
    const answer = await fetch(part.dataset.refresh, { cache: "no-store", signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(part.id);
    if (fresh) part.replaceChildren(...fresh.childNodes);
    if (fresh && !fresh.dataset.refresh) delete part.dataset.refresh;
    part.ariaBusy = fresh ? null : "true";
  } catch {
    part.ariaBusy = "true";
  }
}

async function poll() {
  if (!document.hidden) {
    await ask();
    const part = document.querySelector("[data-refresh]");
    if (part) await refresh(part);
  }
  setTimeout(poll, POLL_MS);
}

document.addEventListener("visibilitychange", () => document.hidden || ask());
poll();
