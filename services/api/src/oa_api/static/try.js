// The editor of a definition: numbers of lines lead into the text; Ctrl+Enter sends it. A live page adds it later.
const LINES_ABOVE = 4;

function select(editor, number) {
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
  select(document.getElementById("f-definition"), Number(link.dataset.line));
});

document.addEventListener("keydown", (event) => {
  const isSent = event.key === "Enter" && (event.ctrlKey || event.metaKey);
  if (isSent && event.target.id === "f-definition") event.target.form.requestSubmit();
});
