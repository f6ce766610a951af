/* The size and shape of letters that a reader chose, in every page of ours; kept in the browser where it allows that. */
(() => {
  "use strict";
  const KEY = "tanya-letters";
  const root = document.documentElement;
  const STYLE = "tanya-letters-style";
  const chosen = { size: 100, face: false };
  try {
    const kept = JSON.parse(localStorage.getItem(KEY)) || {};
    if (kept.size >= 100 && kept.size <= 200) chosen.size = Number(kept.size);
    chosen.face = kept.face === true;
  } catch { /* nothing is kept here */ }

  const show = () => {
    if ((chosen.face || chosen.size !== 100) && !document.getElementById(STYLE)) {
      const link = document.createElement("link");
      Object.assign(link, { id: STYLE, rel: "stylesheet", href: "__ADDRESS__" });
      document.head.append(link);
    }
    root.style.setProperty("--tanya-size", chosen.size / 100);
    root.classList.toggle("tanya-sized", chosen.size !== 100);
    root.classList.toggle("tanya-faced", chosen.face);
  };
  show();

  window.tanyaLetters = (changes) => {
    if (!changes) return { ...chosen };
    Object.assign(chosen, changes);
    chosen.size = Math.min(200, Math.max(100, chosen.size));
    show();
    try { localStorage.setItem(KEY, JSON.stringify(chosen)); } catch { /* for this page alone */ }
    return { ...chosen };
  };
})();
