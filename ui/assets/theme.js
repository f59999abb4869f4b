// Runs before the first paint: the theme the program was started with, else the chosen one, else the system's. The
// keys are written by `theme.rs`, which also reads the mark that a theme was told.
const root = document.documentElement;
const told = new URLSearchParams(location.search).get("theme");
const known = (theme) => theme === "light" || theme === "dark";
if (known(told)) root.dataset.themeTold = "";
const theme = known(told) ? told : localStorage.getItem("zuc.theme");
const dark = matchMedia("(prefers-color-scheme: dark)");
root.dataset.theme = known(theme) ? theme : dark.matches ? "dark" : "light";
root.dataset.density = localStorage.getItem("zuc.density") === "comfortable" ? "comfortable" : "compact";
