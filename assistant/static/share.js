/* The page that makes snippets: shows what the form says while it is filled in, and copies. */
(() => {
  "use strict";
  const form = document.querySelector("#share form");
  let waiting = 0;
  let asking = new AbortController();
  document.documentElement.classList.add("live");

  const renew = async () => {
    asking.abort();
    asking = new AbortController();
    const said = new URLSearchParams([...new FormData(form)].filter(([, text]) => text));
    const address = `${form.action}?${said}`;
    try {
      const answer = await fetch(address, { signal: asking.signal });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!answer.ok || !fresh.querySelector("#outputs")) return;
      history.replaceState(null, "", address);
      for (const id of ["notes", "outputs", "languages"])
        document.getElementById(id).replaceChildren(...fresh.getElementById(id).childNodes);
      const preview = document.getElementById("preview");
      const src = fresh.getElementById("preview").getAttribute("src");
      if (preview.getAttribute("src") !== src) preview.setAttribute("src", src);
    } catch (problem) {
      if (problem.name !== "AbortError") throw problem;
    }
  };

  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(renew, 500); });
  form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(waiting); renew(); });

  const copied = async (field) => {
    try {
      await navigator.clipboard.writeText(field.value);
      return true;
    } catch { /* not allowed, or no HTTPS */ }
    field.focus();
    field.select();
    return document.execCommand("copy");
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copies]");
    if (!button) return;
    const worked = await copied(document.getElementById(button.dataset.copies));
    button.nextElementSibling.textContent = worked ? button.dataset.copied : button.dataset.yourself;
    if (worked) button.focus();
  });
})();
