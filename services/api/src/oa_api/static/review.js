// Keys of the review queue: a and r open the confirmation of a decision, n and p lead to the next and the previous job.
const OPENS = { a: "[data-decision=confirm] details.confirm", r: "[data-decision=reject] details.confirm" };
const FOLLOWS = { n: "a[data-testid=next-job]", p: "a[data-testid=previous-job]" };

addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select")) return;
  const confirmation = document.querySelector(OPENS[event.key] ?? "none");
  if (confirmation) {
    event.preventDefault(); // the key is not text for the field that gets the focus
    for (const open of document.querySelectorAll("details.confirm[open]")) open.open = false;
    confirmation.open = true;
    confirmation.querySelector("input[name=reason]")?.focus(); // before the next key, which is text of the reason
    return;
  }
  document.querySelector(FOLLOWS[event.key] ?? "none")?.click();
});
