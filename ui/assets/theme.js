// Runs before the first paint: the chosen theme, else the system's. The same keys are written by `theme.rs`.
const root = document.documentElement;
const theme = localStorage.getItem("zuc.theme");
const dark = matchMedia("(prefers-color-scheme: dark)");
root.dataset.theme = theme === "light" || theme === "dark" ? theme : dark.matches ? "dark" : "light";
root.dataset.density = localStorage.getItem("zuc.density") === "comfortable" ? "comfortable" : "compact";
