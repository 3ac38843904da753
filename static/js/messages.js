// Toasts go by themselves or when dismissed; busy buttons say so; failed requests are told.

const STAYS = 8000;

document.addEventListener("click", ({ target }) => {
  target.closest?.("[data-dismiss]")?.closest(".toast").remove();
});

// Success goes after a while, but not while it is read.
function expire(toast) {
  const attended = toast.matches(":hover, :focus-within");
  if (attended) setTimeout(expire, 1000, toast);
  else toast.remove();
}

new MutationObserver(watch).observe(document.getElementById("status"), { childList: true });
function watch() {
  for (const toast of document.querySelectorAll("#status .toast:not([data-watched])")) {
    toast.dataset.watched = "";
    setTimeout(expire, STAYS, toast);
  }
}
watch();

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
