// The reader's choice of colours, before the first paint. Without one, the system's setting counts.
const choice = localStorage.getItem("theme");
if (choice) document.documentElement.dataset.theme = choice;
document.documentElement.classList.add("scripted");
