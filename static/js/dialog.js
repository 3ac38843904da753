// Dialogs that the server sends: open on arrival, give the focus back, and tell the page when they are gone.

class FlowDialog extends HTMLElement {
  connectedCallback() {
    const dialog = this.querySelector("dialog");
    const confirmation = Boolean(dialog.querySelector(".confirmation"));
    dialog.addEventListener("close", () => this.closed());
    dialog.addEventListener("click", (event) => {
      if (confirmation && event.target === dialog) dialog.close();
    });
    dialog.showModal();
  }

  closed() {
    const opener = document.getElementById(this.dataset.opener);
    this.remove();
    focusSoon.row = openers().indexOf(opener);
    opener?.focus();
    document.body.dispatchEvent(new Event("dialog-closed"));
  }
}

customElements.define("flow-dialog", FlowDialog);

// The server is done, or refused: close what is open; where nothing is, fetch the table all the same.
document.body.addEventListener("close-dialog", () => {
  const dialog = document.querySelector("flow-dialog dialog");
  if (dialog) dialog.close();
  else document.body.dispatchEvent(new Event("dialog-closed"));
});

// The row of the opener may be gone from the fetched table: then the next row, or the title, has the focus.
const focusSoon = { row: -1 };
const openers = () => [...document.querySelectorAll(".row-menu")];

document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "keys" || document.activeElement !== document.body || focusSoon.row < 0) return;
  const next = openers()[Math.min(focusSoon.row, openers().length - 1)] ?? document.querySelector("h1");
  next.focus();
});
