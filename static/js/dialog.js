// Dialogs that the server sends: open on arrival, give the focus back, and tell the page when they are gone.

class FlowDialog extends HTMLElement {
  connectedCallback() {
    const dialog = this.querySelector("dialog");
    const losesNothing = Boolean(dialog.querySelector(".confirmation, .drawer"));
    dialog.addEventListener("close", () => {
      this.remove();
      left(this.dataset.opener);
    });
    dialog.addEventListener("click", (event) => {
      if (losesNothing && event.target === dialog) dialog.close();
    });
    dialog.showModal();
    // A live region has to be there before its words.
    const errors = dialog.querySelector("#form-errors");
    if (errors) setTimeout(() => dialog.querySelector("#dialog-status").append(errors), 100);
  }
}

customElements.define("flow-dialog", FlowDialog);

// The server is done, or refused: close what is open; where nothing is, fetch the table all the same.
document.body.addEventListener("close-dialog", ({ target }) => {
  const dialog = document.querySelector("flow-dialog dialog");
  const menu = target.closest(".menu");
  if (dialog) dialog.close();
  else left(menu && document.querySelector(`[popovertarget="${menu.id}"]`).id);
});

const rows = () => [...document.querySelectorAll(".row-menu")];
let back = null;

// Give the focus back to what opened the dialog, and let the table fetch itself again.
function left(id) {
  const opener = document.getElementById(id);
  back = { id, row: rows().indexOf(opener) };
  opener?.focus();
  document.body.dispatchEvent(new Event("dialog-closed"));
}

// In the fetched table the opener is new (a key that was generated) or gone: then the next row, or the title.
document.body.addEventListener("htmx:afterSettle", ({ target }) => {
  if (target.id !== "keys" || !back || document.activeElement !== document.body) return;
  const next = rows()[Math.min(Math.max(back.row, 0), rows().length - 1)];
  (document.getElementById(back.id) ?? next ?? document.querySelector("h1")).focus();
  back = null;
});

// Actions that are as before stay where they are: else a click that begins before the swap and ends after it is none.
document.body.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  if (detail.target.id === "page-actions" && detail.target.innerHTML === detail.fragment.innerHTML) detail.shouldSwap = false;
});
