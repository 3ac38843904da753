// Copy, the guard against losing a token that was not copied, and the end of a token on the screen.

document.addEventListener("click", async ({ target }) => {
  const button = target.closest?.("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    copied(button);
  } catch {
    getSelection().selectAllChildren(source);
    fail(button);
  }
});

// By hand, with the keys or the menu of the browser.
document.addEventListener("copy", () => {
  const secret = document.querySelector("[data-secret]");
  if (secret && getSelection().containsNode(secret, true)) secret.dataset.copied = "";
});

function copied(button) {
  const source = document.getElementById(button.dataset.copy);
  source.dataset.copied = "";
  say(button.dataset.said);
  const failure = document.getElementById(`${source.id}-failed`);
  if (failure) failure.hidden = true;
  button.classList.add("copied");
  setTimeout(() => button.classList.remove("copied"), 3000);
}

function fail(button) {
  const failure = document.getElementById(`${button.dataset.copy}-failed`);
  if (!failure) return;
  failure.hidden = false;
  failure.textContent = button.dataset.failed;
  say(button.dataset.failed);
}

function say(words) {
  const region = document.getElementById("dialog-status") ?? document.getElementById("copy-status");
  if (region) region.textContent = words;
}

// What would leave a token that nobody has is asked once more, before the browser or htmx sees it.
function guard(event, holder, isAskedFor) {
  const secret = document.querySelector("[data-secret]");
  if (!secret || !holder?.dataset.guard || "copied" in secret.dataset || !isAskedFor(holder)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  delete holder.dataset.guard;
  document.getElementById("dialog-alert").replaceChildren(document.getElementById("not-copied").content.cloneNode(true));
  const submit = document.querySelector("[data-anyway]");
  submit.textContent = submit.dataset.anyway;
  document.querySelector("[data-copy=secret]").focus();
}

const isChosen = (form) => new FormData(form).get("old_token") === form.dataset.guard;
const always = () => true;

document.addEventListener("submit", (event) => guard(event, event.target, isChosen), true);
document.addEventListener("submit", (event) => guard(event, event.target.closest("#dismiss") && event.target.closest("dialog"), always), true);
document.addEventListener("cancel", (event) => guard(event, event.target, always), true);

// Not on a page that the browser keeps for Back.
addEventListener("pagehide", () => {
  for (const secret of document.querySelectorAll("[data-secret]")) secret.remove();
});
