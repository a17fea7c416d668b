// Light or dark as the system has it, unless one was chosen here. It runs before anything is drawn.
const root = document.documentElement;
const CHOICES = ["auto", "light", "dark"];

function chosen() {
  try {
    return localStorage.getItem("theme") ?? "auto";
  } catch {
    return "auto"; // storage may be forbidden
  }
}

function choose(theme) {
  if (theme === "auto") root.removeAttribute("data-theme");
  else root.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    return; // then it lasts as long as the page
  }
}

choose(chosen());
addEventListener("DOMContentLoaded", () => {
  const button = document.getElementById("theme");
  if (!button) return;
  const show = () => {
    button.querySelector("span").textContent = chosen();
  };
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    choose(CHOICES[(CHOICES.indexOf(chosen()) + 1) % CHOICES.length]);
    show();
  });
});
