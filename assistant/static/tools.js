/* The chat's tools: they keep the conversation in this browser, copy the link of a question, save, print, read aloud,
   dictate and change the letters. Whatever a browser lacks or forbids, the chat works without it. */
const DAY = 24 * 60 * 60 * 1000;
const PREFIX = "tanya-talk ";
const LONGEST = 900000;
const TAGS = { id: "id-ID", en: "en-US" };
const wanted = new URLSearchParams(location.search);
/* The path of the chat, whose collection has conversations of its own. */
const home = location.pathname.replace(/\/(embed)?$/, "");
const key = PREFIX + JSON.stringify([...(home ? [home] : []), wanted.get("title") || "", [...new Set(wanted.getAll("documents"))].sort()]);
const root = document.documentElement;
const one = (selector) => document.querySelector(selector);
const last = (selector) => [...document.querySelectorAll(selector)].pop();
const WORDS = __WORDS__;
const MOST = __MOST__;
const language = () => one("#tanya-tools").dataset.lang;
const words = () => WORDS[language()];
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

let saying = 0;
const say = (text) => {
  const place = one("#tanya-said");
  clearTimeout(saying);
  place.textContent = "";
  setTimeout(() => { place.textContent = text; }, 50);
  saying = setTimeout(() => { place.textContent = ""; }, 10000);
};

let open = () => {};
const ready = new Promise((resolve) => { open = resolve; setTimeout(resolve, 15000); });

/* The conversation, and its copy in the browser. */
const stored = (work) => { try { return work(localStorage); } catch { return null; } };
const recordOf = (text) => {
  try {
    const record = JSON.parse(text);
    const fresh = Array.isArray(record.turns) && Date.now() - record.when < DAY;
    return fresh ? record : null;
  } catch { return null; }
};
stored((storage) => {
  for (const name of Object.keys(storage))
    if (name.startsWith(PREFIX) && !recordOf(storage.getItem(name))) storage.removeItem(name);
});
const record = recordOf(stored((storage) => storage.getItem(key)));
let turns = record ? record.turns : [];

const remember = (turn) => {
  if (!turn) return;
  turns = [...turns, turn].slice(-MOST);
  while (JSON.stringify(turns).length > LONGEST) turns.shift();
  stored((storage) => storage.setItem(key, JSON.stringify({ when: Date.now(), turns })));
};

/* The question under way: another waits in the box, and one that was dropped by clearing is not heard. */
const UNANSWERED = `tanya-unanswered${home}`;
let talk = 0;
let asks = 0;
let dropped = 0;
let pending = null;
const showPending = () => {
  root.classList.toggle("tanya-asking", Boolean(pending));
  one("#tanya-asked").textContent = pending ? pending.question : "";
  one("#tanya-searching").textContent = pending ? words().searching : "";
};
const settle = () => { pending = null; showPending(); };
const drop = () => {
  if (pending) dropped = pending.ask;
  settle();
};
const write = (text) => {
  const box = one("#tanya-box textarea");
  box.value = text.slice(0, box.maxLength > 0 ? box.maxLength : 1000);
  box.dispatchEvent(new Event("input", { bubbles: true }));
};

const tab = (work) => { try { return work(sessionStorage); } catch { return null; } };
addEventListener("pagehide", () => {
  if (pending) tab((storage) => storage.setItem(UNANSWERED, pending.question));
});
const takeBack = () => {
  const question = tab((storage) => storage.getItem(UNANSWERED));
  tab((storage) => storage.removeItem(UNANSWERED));
  if (question && !one("#tanya-box textarea").value) write(question);
};

/* Clearing: every conversation in this browser, in other tabs too. */
const CLEARED = "tanya-cleared";
const empty = async () => {
  drop();
  await ready;
  drop();
  turns = [];
  talk += 1;
  hush();
  deafen();
  one("#tanya-again-now").click();
};
const forget = () => stored((storage) => {
  for (const name of Object.keys(storage)) if (name.startsWith(PREFIX)) storage.removeItem(name);
  storage.setItem(CLEARED, Date.now());
  storage.removeItem(CLEARED);
});
addEventListener("storage", (event) => {
  if (event.key === null || (event.key === CLEARED && event.newValue)) empty();
});

const show = (asked) => setTimeout(() => {
  const box = asked() && asked().closest(".bubble-wrap");
  if (box) box.scrollTop += asked().getBoundingClientRect().top - box.getBoundingClientRect().top - 12;
}, 150);
const ASKED = "#tanya-chat [data-testid=user]";
const linked = () => {
  const arrived = performance.getEntriesByType("navigation")[0];
  const question = (wanted.get("q") || "").trim();
  const same = [...document.querySelectorAll(ASKED)].filter((asked) => asked.textContent.trim() === question);
  return (arrived && arrived.type === "navigate" && same.pop()) || last(ASKED);
};

/* Copying. */
const copied = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { /* not allowed here: the older way */ }
  const held = document.createElement("textarea");
  held.value = text;
  held.style.cssText = "position:fixed;opacity:0";
  document.body.append(held);
  held.select();
  const done = document.execCommand("copy");
  held.remove();
  return done;
};
const addressOf = (question) => {
  const address = new URL(`${home}/`, location.href);
  for (const name of ["title", "greeting", "lang", "starters", "documents"])
    for (const value of wanted.getAll(name)) address.searchParams.append(name, value);
  address.searchParams.set("q", question);
  return address.href;
};

/* Reading aloud. */
const speaks = "speechSynthesis" in window && "SpeechSynthesisUtterance" in window;
let reading = false;
const pieces = (text) => text.match(/[^.!?…;]{1,200}[.!?…;]*(\s|$)|\S{1,200}/g) || [];
const lastAnswer = () => {
  const reply = last("#tanya-chat [data-testid=bot]");
  const said = reply && (reply.querySelector(".tanya-answer") || reply.querySelector(".tanya-plain") || reply);
  const place = reply && reply.querySelector(".tanya-answer") && reply.querySelector(".tanya-place");
  return said ? `${said.textContent.trim()} ${place ? place.textContent : ""}` : "";
};
const showReading = (on) => {
  reading = on;
  const button = one("#tanya-read");
  if (!button) return;
  const label = words()[on ? "stop" : "read"];
  button.classList.toggle("tanya-on", on);
  button.setAttribute("aria-label", label);
  button.querySelector("span").textContent = label;
};
const hush = () => {
  if (!reading) return;
  showReading(false);
  speechSynthesis.cancel();
};
const read = () => {
  const said = words();
  const voices = speechSynthesis.getVoices();
  const voice = voices.find((one) => one.lang.toLowerCase().startsWith(language()));
  if (voices.length && !voice) say(said.no_voice);
  speechSynthesis.cancel();
  const spoken = pieces(lastAnswer()).map((piece) => {
    const utterance = new SpeechSynthesisUtterance(piece);
    utterance.lang = voice ? voice.lang : TAGS[language()] || language();
    if (voice) utterance.voice = voice;
    utterance.onerror = (event) => {
      if (!reading || event.error === "interrupted" || event.error === "canceled") return;
      hush();
      say(said.not_read);
    };
    return utterance;
  });
  if (!spoken.length) return;
  spoken[spoken.length - 1].onend = () => showReading(false);
  showReading(true);
  for (const utterance of spoken) speechSynthesis.speak(utterance);
};

/* Dictating. */
const Recognition = window.SpeechRecognition || window.webkitSpeechRecognition;
const hears = Boolean(Recognition) && isSecureContext;
const PROBLEMS = {
  "not-allowed": "refused", "service-not-allowed": "refused", "audio-capture": "no_microphone",
  "no-speech": "nothing_heard", network: "no_network",
};
let listener = null;
const showListening = (on) => one("#tanya-dictate").setAttribute("aria-pressed", String(on));
const listen = () => {
  const said = words();
  const before = one("#tanya-box textarea").value.trim();
  const mine = new Recognition();
  let ending = "";
  Object.assign(mine, { lang: TAGS[language()] || language(), interimResults: true, continuous: false });
  mine.onresult = (event) => {
    if (listener !== mine) return;
    const heard = [...event.results].map((result) => result[0].transcript).join("").trim();
    write(`${before} ${heard}`.trim());
    ending = said.heard;
  };
  mine.onerror = (event) => { ending = event.error === "aborted" ? "" : said[PROBLEMS[event.error] || "not_heard"]; };
  mine.onend = () => {
    if (listener !== mine) return;
    listener = null;
    showListening(false);
    if (ending) say(ending);
    one("#tanya-box textarea").focus();
  };
  listener = mine;
  try {
    mine.start();
    showListening(true);
    say(said.listening);
  } catch {
    listener = null;
    say(said.not_heard);
  }
};
const deafen = () => {
  if (!listener) return;
  const ended = listener;
  listener = null;
  ended.abort();
  showListening(false);
};

/* Letters. */
const panel = () => one("#tanya-letters");
const unfold = (open) => {
  panel().hidden = !open;
  one("#tanya-text").setAttribute("aria-expanded", String(open));
  panel().querySelector("input").checked = tanyaLetters().face;
};
const resize = (change) => {
  const { size } = tanyaLetters({ size: change ? tanyaLetters().size + change : 100 });
  say(filled(words().size, { percent: size }));
};

const tools = {
  link: async () => {
    const turn = turns[turns.length - 1];
    if (!turn) return say(words().nothing);
    const address = addressOf(turn.question);
    const text = (await copied(address)) ? words().linked : words().not_linked;
    return say(filled(text, { question: turn.question, address }));
  },
  save: () => one("#tanya-save-now").click(),
  print: () => one("#tanya-print-now").click(),
  read: () => (reading ? hush() : read()),
  text: () => unfold(panel().hidden),
  smaller: () => resize(-25),
  normal: () => resize(0),
  bigger: () => resize(25),
  face: (box) => tanyaLetters({ face: box.checked }),
  clear: () => {
    forget();
    empty();
    say(words().cleared);
    one("#tanya-box textarea").focus();
  },
  dictate: () => (listener ? listener.stop() : listen()),
};
addEventListener("click", (event) => {
  const button = event.target.closest("[data-tool]");
  if (button) tools[button.dataset.tool](button);
  else if (panel() && !panel().hidden && !event.target.closest("#tanya-letters")) unfold(false);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !panel() || panel().hidden) return;
  event.stopPropagation();
  unfold(false);
  one("#tanya-text").focus();
}, true);
addEventListener("pagehide", hush);
root.classList.toggle("tanya-speaks", speaks);
root.classList.toggle("tanya-hears", hears);
if (speaks) speechSynthesis.getVoices();

/* What the page's events call. */
export const kept = () => JSON.stringify({ talk, ask: pending ? pending.ask : 0, turns: JSON.stringify(turns) });
export const brought = async () => { await ready; return kept(); };
export const opened = (given) => {
  open();
  root.lang = language();
  remember(JSON.parse(given).turn);
  if (turns.length) show(linked);
  takeBack();
};
export const begun = async (question, ...given) => {
  const refused = ["", ...given];
  if (pending || !question.trim()) return refused;
  const mine = { ask: (asks += 1), question: question.trim() };
  pending = mine;
  showPending();
  deafen();
  if (one("#tanya-box textarea").value.trim() === mine.question) write("");
  const now = await brought();
  return pending === mine ? [question, ...given.slice(0, -1), now] : refused;
};
export const answered = (given) => {
  const { ask, turn } = given ? JSON.parse(given) : {};
  if (!pending && ask && ask === dropped) one("#tanya-again-now").click();
  if (!pending || pending.ask !== ask) return;
  settle();
  hush();
  deafen();
  remember(turn);
  show(() => last(ASKED));
};
export const failed = () => {
  if (!pending) return;
  if (!one("#tanya-box textarea").value) write(pending.question);
  settle();
  say(words().unsent);
};
export const translated = () => { root.lang = language(); hush(); deafen(); showPending(); };
export const save = (given) => {
  const { name, text } = JSON.parse(given);
  if (!text) return say(words().nothing);
  const file = URL.createObjectURL(new Blob([text], { type: "text/markdown" }));
  Object.assign(document.createElement("a"), { href: file, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(file), 60000);
  return say(filled(words().saved, { name }));
};
export const print = (given) => {
  const { page } = JSON.parse(given);
  if (!page) return say(words().nothing);
  const before = one("#tanya-sheet");
  if (before) before.remove();
  const sheet = document.createElement("iframe");
  Object.assign(sheet, { id: "tanya-sheet", tabIndex: -1, srcdoc: page, title: words().print_long });
  sheet.setAttribute("aria-hidden", "true");
  sheet.onload = () => { sheet.contentWindow.focus(); sheet.contentWindow.print(); };
  document.body.append(sheet);
  return say(words().printed);
};
