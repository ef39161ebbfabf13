// The menu on a phone, the switch of colours, copy buttons, and the recordings of live examples.
const root = document.documentElement;

const menu = document.querySelector("#open-menu");
const nav = document.querySelector("#menu");
const here = nav.querySelector("[aria-current]");
// Not scrollIntoView(), which would scroll the page as well.
const showHere = () => { if (here) nav.scrollTop = here.offsetTop - nav.clientHeight / 2; };
showHere();
menu.addEventListener("click", () => {
  const open = root.classList.toggle("menu-open");
  menu.setAttribute("aria-expanded", open);
  if (open) showHere();
});
addEventListener("keydown", ({ key }) => {
  if (key === "Escape" && root.classList.contains("menu-open")) {
    menu.click();
    menu.focus();
  }
});

const theme = document.querySelector("#theme");
const isDark = () => {
  const { theme: chosen } = root.dataset;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};
const label = () => {
  theme.textContent = isDark() ? "Light" : "Dark";
  theme.setAttribute("aria-label", `${theme.textContent} colours`);
};
theme.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
  label();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
label();

for (const block of document.querySelectorAll(".code")) {
  const button = document.createElement("button");
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy this code");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  block.append(button);
}

const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
const seen = new IntersectionObserver((entries) => {
  const first = entries.find(({ isIntersecting }) => isIntersecting);
  if (!first) return;
  for (const [id, link] of links) link.classList.toggle("current", id === first.target.id);
}, { rootMargin: "-80px 0px -70% 0px" });
for (const id of links.keys()) seen.observe(document.getElementById(decodeURIComponent(id)));

const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
for (const screen of document.querySelectorAll("[data-recording]")) {
  const frames = await (await fetch(screen.dataset.recording)).json();
  const play = () => {
    for (const [time, html] of frames) setTimeout(() => { screen.innerHTML = html; }, time);
    setTimeout(play, frames.at(-1)[0] + 2000);
  };
  if (still) screen.innerHTML = frames.at(-1)[1];
  else play();
}
