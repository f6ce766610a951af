/* Tanya in a page of another site: a bubble that opens the chat, or the chat as a block in the page. */
(() => {
  "use strict";
  const script = document.currentScript;
  const data = script.dataset;
  const server = new URL(script.src).origin;
  const words = __WORDS__;
  const say = words[(data.lang || document.documentElement.lang).slice(0, 2).toLowerCase()] || words.id;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const colour = /^#[0-9a-f]{3,8}$/i.test(data.color || "") ? data.color : "#0b6e69";
  const width = Math.min(800, Math.max(280, parseInt(data.width, 10) || 380));
  const height = Math.min(1200, Math.max(320, parseInt(data.height, 10) || 560));
  const side = data.position === "left" ? "left" : "right";
  let target = null;
  let frame = null;
  let panel = null;
  let ready = false;
  let open = () => {};
  let close = () => {};

  const address = () => {
    const url = new URL("embed", script.src);
    for (const name of ["title", "greeting", "lang", "color"]) if (data[name]) url.searchParams.set(name, data[name]);
    for (const name of ["starters", "documents"])
      for (const one of (data[name] || "").split("|")) if (one.trim()) url.searchParams.append(name, one.trim());
    if (data.question) url.searchParams.set("q", data.question);
    const theme = data.theme === "light" || data.theme === "dark" ? data.theme : dark.matches ? "dark" : "light";
    url.searchParams.set("__theme", theme);
    if (target) url.searchParams.set("inline", "1");
    return url.href;
  };

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const make = (tag, attributes, parent) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    parent.append(element);
    return element;
  };
  const styles = () => `
    :host { all: initial !important; ${target ? "display: block !important" : `position: fixed !important; bottom: 1rem !important; ${side}: 1rem !important; z-index: 2147483000 !important`} }
    button { all: unset; box-sizing: border-box; cursor: pointer; background: ${colour}; color: #fff; border-radius: 999px;
      font: 600 1rem/1 system-ui, sans-serif; padding: .9rem 1.2rem; box-shadow: 0 4px 16px #0005; }
    button:focus-visible { outline: 3px solid #fff; box-shadow: 0 0 0 6px ${colour}; }
    .panel { box-sizing: border-box; width: min(${width}px, calc(100vw - 2rem)); height: min(${height}px, calc(100vh - 6rem));
      margin-bottom: .8rem; border-radius: 1rem; overflow: hidden; background: #fff; box-shadow: 0 8px 40px #0006; }
    .panel[hidden] { display: none; }
    .block { box-sizing: border-box; width: 100%; height: ${height}px; border: 1px solid #8886; border-radius: .8rem; overflow: hidden; }
    iframe { border: 0; width: 100%; height: 100%; display: block; }
    p { font: 1rem/1.5 system-ui, sans-serif; color: #1c2733; background: #fff; margin: 0; padding: 1rem; overflow-wrap: anywhere; }
    .row { display: flex; justify-content: flex-${side === "left" ? "start" : "end"}; }
    ${still ? "" : ".panel { animation: up .18s ease-out } @keyframes up { from { opacity: 0; transform: translateY(8px) } }"}`;
  /* A sheet that the page's own security policy does not forbid, where the browser has such. */
  const dress = () => {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(styles());
      root.adoptedStyleSheets = [sheet];
    } catch { make("style", {}, root).textContent = styles(); }
  };

  dark.addEventListener("change", () => {
    const theme = dark.matches ? "dark" : "light";
    if (frame?.contentWindow && !data.theme) frame.contentWindow.postMessage({ tanya: "theme", theme }, server);
  });

  const tell = (text) => {
    if (ready || !frame.isConnected) return;
    console.error("Tanya: " + text);
    frame.remove();
    make("p", { role: "alert" }, panel).textContent = text;
  };

  const explain = async () => {
    if (ready) return;
    let text = say.away;
    try {
      const answer = await fetch(new URL("embed/allowed", script.src), { credentials: "omit" });
      if (!(await answer.json()).allowed) text = say.refused + location.origin;
    } catch { /* the server is away */ }
    tell(text);
  };

  document.addEventListener("securitypolicyviolation", (event) => {
    if (frame && event.effectiveDirective === "frame-src" && event.blockedURI.startsWith(server)) tell(say.blocked + server);
  });

  const load = () => {
    if (frame) return;
    frame = make("iframe", { src: address(), title: say.chat, allow: "clipboard-write; microphone", referrerpolicy: "origin" }, panel);
    setTimeout(explain, 10000);
  };

  const start = () => {
    target = data.target ? document.querySelector(data.target) : null;
    dress();
    panel = make("div", { class: target ? "block" : "panel", role: target ? "region" : "dialog", "aria-label": say.chat }, root);
    if (target) {
      target.append(host);
      if ("IntersectionObserver" in window) {
        const seen = new IntersectionObserver((entries) => {
          if (entries.some((entry) => entry.isIntersecting)) { seen.disconnect(); load(); }
        });
        seen.observe(host);
      } else load();
    } else {
      panel.hidden = true;
      panel.id = "panel";
      const button = make("button", { type: "button", "aria-expanded": "false", "aria-controls": "panel" }, make("div", { class: "row" }, root));
      const show = (opened) => {
        panel.hidden = !opened;
        button.setAttribute("aria-expanded", String(opened));
        button.textContent = opened ? "✕" : data.label || say.open;
        if (opened) button.setAttribute("aria-label", say.close);
        else button.removeAttribute("aria-label");
      };
      open = () => { load(); show(true); frame.focus(); };
      close = () => { show(false); button.focus(); };
      show(false);
      button.addEventListener("click", () => (panel.hidden ? open() : close()));
      host.addEventListener("keydown", (event) => { if (event.key === "Escape" && !panel.hidden) close(); });
      document.body.append(host);
      if (data.open === "true") { load(); show(true); }
    }
  };

  addEventListener("message", (event) => {
    if (event.origin !== server || !frame || event.source !== frame.contentWindow) return;
    const said = event.data && event.data.tanya;
    if (said === "ready") { ready = true; if (!panel.hidden && !target && data.open !== "true") frame.focus(); }
    else if (said === "escape" && !target) close();
    else if (said === "height" && target) panel.style.height = Math.min(1600, Math.max(320, Number(event.data.height) || 0)) + "px";
  });

  /* A script in the head runs before there is a body, or the place for a block. */
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start, { once: true });
  else start();
})();
