// Search as you type: what the form and the links of the toolbar cannot do by themselves.

const field = () => document.getElementById("q");
const isResults = ({ detail }) => detail.target?.id === "results";

// Nothing empty or usual in the address; and where one is asked for again, that one.
document.body.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt.id !== "find") return;
  const { again, usualSort } = detail.elt.dataset;
  const wanted = detail.formData ?? detail.parameters;
  for (const [name, value] of [...wanted.entries()]) {
    if (again || !value.trim() || (name === "sort" && value === usualSort)) wanted.delete(name);
  }
  if (again) detail.path = again;
  delete detail.elt.dataset.again;
});

function clearSearch() {
  field().value = "";
  field().dispatchEvent(new Event("input", { bubbles: true }));
  field().focus();
}

document.addEventListener("click", (event) => {
  if (!event.target.closest?.(".search-clear")) return;
  event.preventDefault();
  clearSearch();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.target !== field() || !field().value) return;
  event.preventDefault();
  clearSearch();
});

// The options of a panel that hold the words.
document.addEventListener("input", ({ target }) => {
  if (!target.matches("[data-narrows]")) return;
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  for (const option of target.closest(".filter-panel").querySelectorAll(".choice")) {
    option.hidden = !plain(option.textContent).includes(plain(target.value.trim()));
  }
});

// Applied: the panel goes, its button has the focus. Closed in another way: as it was.
const openPanel = () => document.querySelector(".filter-panel:popover-open");
document.addEventListener(
  "toggle",
  ({ target, newState }) => {
    if (newState !== "closed" || !target.matches?.(".filter-panel")) return;
    for (const box of target.querySelectorAll("[type=checkbox]")) box.checked = box.defaultChecked;
  },
  true,
);
document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (!isResults(event)) return;
  const panel = openPanel();
  if (panel?.contains(document.activeElement)) {
    panel.hidePopover();
    document.querySelector(`[popovertarget="${panel.id}"]`).focus();
  }
  document.getElementById("results").setAttribute("aria-busy", "true");
});

document.body.addEventListener("htmx:afterRequest", () => document.getElementById("results")?.removeAttribute("aria-busy"));

// Said once, when it has come to rest.
let saying;
let sorted = document.getElementById("results")?.dataset.sorted;
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "results") return;
  const results = document.getElementById("results");
  const words = [results.dataset.sorted === sorted ? "" : results.dataset.sorted, results.dataset.found];
  sorted = results.dataset.sorted;
  clearTimeout(saying);
  saying = setTimeout(() => {
    const lines = words.filter(Boolean).map((line) => Object.assign(document.createElement("p"), { textContent: line.trim() }));
    document.getElementById("find-status").replaceChildren(...lines);
  }, 500);
  if (document.activeElement === document.body) results.querySelector(".table-region")?.focus({ preventScroll: true });
  for (const next of document.querySelectorAll("input[name=next]")) next.value = location.pathname + location.search;
});

// Instead of a toast: the old results would not be those of the toolbar.
document.addEventListener(
  "htmx:responseError",
  (event) => {
    if (!isResults(event)) return;
    event.stopPropagation();
    const results = document.getElementById("results");
    results.replaceChildren(document.getElementById("not-loaded").content.cloneNode(true));
    results.removeAttribute("aria-busy");
    const again = document.getElementById("try-again");
    again.href = event.detail.pathInfo.finalRequestPath;
    again.focus();
  },
  true,
);
document.addEventListener("click", (event) => {
  const again = event.target.closest?.("#try-again");
  if (!again) return;
  event.preventDefault();
  const find = document.getElementById("find");
  find.dataset.again = again.getAttribute("href");
  find.requestSubmit();
});
