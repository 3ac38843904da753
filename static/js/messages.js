// Toasts go by themselves or when dismissed; busy buttons say so; failed requests are told.

document.addEventListener("click", ({ target }) => {
  target.closest?.("[data-dismiss]")?.closest(".toast").remove();
});

// The style sheet says how long good news stays, and that the time stands still while it is read.
document.addEventListener("animationend", ({ animationName, target }) => {
  if (animationName === "toast-stay") target.remove();
});

const submitters = ({ target }) => [
  ...target.querySelectorAll("[type=submit]"),
  ...(target.id ? document.querySelectorAll(`[form="${target.id}"]`) : []),
  ...(target.matches("a") ? [target] : []),
];

document.body.addEventListener("htmx:beforeRequest", (event) => {
  for (const control of submitters(event)) control.setAttribute("aria-disabled", "true");
});
document.body.addEventListener("htmx:afterRequest", (event) => {
  for (const control of submitters(event)) control.removeAttribute("aria-disabled");
});

// In the open dialog, whose page behind is out of reach, or as a toast, which no open menu may cover.
function tell(id) {
  document.querySelector(".menu:popover-open")?.hidePopover();
  const words = document.getElementById(id).content.cloneNode(true);
  const inDialog = document.querySelector("dialog[open] #dialog-alert");
  if (inDialog) words.firstElementChild.role = "alert";
  (inDialog ?? document.getElementById("alert")).replaceChildren(words);
}

document.body.addEventListener("htmx:sendError", () => tell("error-offline"));
document.body.addEventListener("htmx:responseError", () => tell("error-generic"));
