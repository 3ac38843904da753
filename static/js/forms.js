// The error of a field goes as soon as the field changes; the help text takes its place again.

document.addEventListener("input", ({ target }) => {
  const field = target.closest('[aria-invalid="true"]');
  if (!field) return;
  const described = field.getAttribute("aria-describedby").split(" ").map((id) => document.getElementById(id)).filter(Boolean);
  const error = described.find((text) => text.matches(".field-error"));
  const help = error.parentElement.querySelector(".field-help");
  if (help) help.hidden = false;
  field.removeAttribute("aria-invalid");
  const rest = [...described.filter((text) => text !== error), help].filter((text) => text?.id).map(({ id }) => id);
  if (rest.length) field.setAttribute("aria-describedby", rest.join(" "));
  else field.removeAttribute("aria-describedby");
  error.remove();
});

// A form that is a page of its own is sent once: the second click of two comes before the answer. htmx sees to the others.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.closest(".flow-page")) return;
  if ("sent" in form.dataset) event.preventDefault();
  form.dataset.sent = "";
});

// Back may show the page as it was left.
addEventListener("pagehide", () => {
  for (const form of document.querySelectorAll("[data-sent]")) delete form.dataset.sent;
});
