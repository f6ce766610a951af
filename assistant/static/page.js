/* In the chat page: its colour, and in another site's page its look there, and what it tells that page. */
(() => {
  "use strict";
  const wanted = new URLSearchParams(location.search);
  if (/^#[0-9a-f]{3,8}$/i.test(wanted.get("color") || "")) {
    const style = document.createElement("style");
    const colour = wanted.get("color");
    style.textContent = `.gradio-container { --tanya: ${colour} !important; --button-primary-background-fill: ${colour} !important; }`;
    document.head.append(style);
  }
  if (!location.pathname.endsWith("/embed")) return;
  const root = document.documentElement;
  root.classList.add("tanya-embedded");
  if (wanted.has("inline")) root.classList.add("tanya-inline");
  if (parent === window) return;
  const tell = (said) => parent.postMessage(said, "*");
  addEventListener("keydown", (event) => { if (event.key === "Escape") tell({ tanya: "escape" }); });
  addEventListener("message", (event) => {
    if (event.source !== parent || !event.data || event.data.tanya !== "theme") return;
    document.body.classList.toggle("dark", event.data.theme === "dark");
  });
  const started = setInterval(() => {
    const page = document.querySelector("#tanya-box");
    if (!page) return;
    clearInterval(started);
    tell({ tanya: "ready" });
    if (!wanted.has("inline")) return;
    const main = document.querySelector(".gradio-container > .main") || document.body;
    new ResizeObserver(() => tell({ tanya: "height", height: Math.ceil(main.getBoundingClientRect().height) })).observe(main);
  }, 50);
})();
