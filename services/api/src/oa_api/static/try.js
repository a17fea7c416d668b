// The editor of a definition: numbers of lines lead into the text, which can be copied; Ctrl+Enter sends it.
const LINES_ABOVE = 4;
const editor = document.getElementById("f-definition");

function select(number) {
  const lines = editor.value.split("\n");
  const line = Math.min(number, lines.length);
  const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  editor.focus();
  editor.setSelectionRange(start, start + lines[line - 1].length);
  editor.scrollTop = ((line - LINES_ABOVE) * editor.scrollHeight) / lines.length;
  editor.scrollIntoView({ block: "center" });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-line]");
  if (!link) return;
  event.preventDefault();
  select(Number(link.dataset.line));
});

editor.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) editor.form.requestSubmit();
});

// The clipboard exists on pages of https and of this machine only.
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = "Copied";
  });
}
