// Light or dark as the system, unless the user selected a theme. It runs before the page is drawn.
const root = document.documentElement;
const THEMES = ["auto", "light", "dark"];

function selectedTheme() {
  try {
    return localStorage.getItem("theme") ?? "auto";
  } catch {
    return "auto"; // storage may be disabled
  }
}

function applyTheme(theme) {
  if (theme === "auto") root.removeAttribute("data-theme");
  else root.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    return; // the theme then lasts until the page is left
  }
}

applyTheme(selectedTheme());
addEventListener("DOMContentLoaded", () => {
  const button = document.getElementById("theme");
  if (!button) return;
  const show = () => {
    button.querySelector("span").textContent = selectedTheme();
  };
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    applyTheme(THEMES[(THEMES.indexOf(selectedTheme()) + 1) % THEMES.length]);
    show();
  });
});
