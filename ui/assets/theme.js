// Runs before the first paint: the theme the program was started with, else the chosen one, else the system's. The
// keys are written by `theme.rs`.
const root = document.documentElement;
const known = (theme) => theme === "light" || theme === "dark";
const told = new URLSearchParams(location.search).get("theme");
const theme = known(told) ? told : localStorage.getItem("zuc.theme");
const dark = matchMedia("(prefers-color-scheme: dark)");
root.dataset.theme = known(theme) ? theme : dark.matches ? "dark" : "light";
root.dataset.density = localStorage.getItem("zuc.density") === "comfortable" ? "comfortable" : "compact";
