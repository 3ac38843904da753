// The list of roles: search hides options and never unchecks them; the legend counts what is checked.

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

document.addEventListener("input", ({ target }) => {
  if (!target.matches?.("[data-roles-search]")) return;
  const box = target.closest(".roles-box");
  const options = [...box.querySelectorAll(".choice")];
  for (const option of options) option.hidden = !plain(option.textContent).includes(plain(target.value));
  box.querySelector("[data-roles-none]").hidden = options.some((option) => !option.hidden);
});

document.addEventListener("keydown", (event) => {
  // Enter in the search would send the form.
  if (event.key === "Enter" && event.target.matches?.("[data-roles-search]")) event.preventDefault();
});

function count(field) {
  const n = field.querySelectorAll("input:checked").length;
  const words = field.querySelector("[data-roles-count]");
  words.textContent = n === 1 ? words.dataset.one : words.dataset.many.replace("{n}", n);
}

const countAll = () => document.querySelectorAll(".roles-field").forEach(count);
document.addEventListener("change", countAll);
document.body.addEventListener("htmx:afterSettle", countAll);
countAll();
