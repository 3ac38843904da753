// The menu button pattern of the ARIA Authoring Practices, over popovers that work without it.

const all = (menu) => [...menu.querySelectorAll(".menu-item")];
const items = (menu) => all(menu).filter((item) => item.checkVisibility());

function enhance(menu) {
  const button = buttonOf(menu);
  if (!button || menu.role === "menu" || !all(menu).length) return;
  menu.role = "menu";
  menu.setAttribute("aria-labelledby", button.id);
  for (const wrapper of menu.querySelectorAll("ul, li, form")) wrapper.role ||= wrapper.hasAttribute("aria-labelledby") ? "group" : "none";
  for (const item of all(menu)) {
    item.role = "menuitem";
    item.tabIndex = -1;
  }
}

const buttonOf = (menu) => document.querySelector(`[popovertarget="${menu.id}"][data-menu]`);

function enhanceButtons() {
  for (const button of document.querySelectorAll("[data-menu]:not([aria-haspopup])")) {
    button.setAttribute("aria-haspopup", "menu");
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("keydown", openWithArrow);
  }
}

function openWithArrow(event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  event.preventDefault();
  const menu = document.getElementById(event.currentTarget.getAttribute("popovertarget"));
  menu.showPopover({ source: event.currentTarget });
  items(menu).at(event.key === "ArrowUp" ? -1 : 0).focus();
}

function move(menu, event) {
  const shown = items(menu);
  const at = shown.indexOf(document.activeElement);
  const letter = event.key.length === 1 ? event.key.toLowerCase() : "";
  const startsWith = (item) => letter && item.textContent.trim().toLowerCase().startsWith(letter);
  const after = [...shown.slice(at + 1), ...shown.slice(0, at + 1)];
  const target = {
    ArrowDown: shown[(at + 1) % shown.length],
    ArrowUp: shown.at((at <= 0 ? shown.length : at) - 1),
    Home: shown[0],
    End: shown.at(-1),
  }[event.key] ?? after.find(startsWith);
  if (event.key === "Tab") {
    // Closes, and the browser moves on from the button.
    menu.hidePopover();
    buttonOf(menu).focus();
  } else if (event.key === " " && document.activeElement.matches("a")) {
    event.preventDefault();
    document.activeElement.click();
  } else if (target && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    target.focus();
  }
}

// Toggle events do not bubble: they are caught on their way down.
function whenOpened(type, act) {
  document.addEventListener(
    type,
    ({ target: menu, newState }) => {
      const button = menu.matches?.(".menu") && buttonOf(menu);
      if (button) act(menu, button, newState === "open");
    },
    true,
  );
}

whenOpened("beforetoggle", (menu, button, open) => {
  button.setAttribute("aria-expanded", String(open));
  if (open) enhance(menu);
});
whenOpened("toggle", (menu, button, open) => {
  if (!open) return;
  place(menu, button);
  if (!menu.contains(document.activeElement)) items(menu)[0].focus();
});

// Browsers without anchor positioning.
function place(menu, button) {
  if (CSS.supports("position-area: block-end")) return;
  const at = button.getBoundingClientRect();
  const below = at.bottom + 4 + menu.offsetHeight <= innerHeight;
  menu.style.margin = "0";
  menu.style.insetBlockStart = `${below ? at.bottom + 4 : at.top - 4 - menu.offsetHeight}px`;
  menu.style.insetInlineStart = `${Math.max(8, Math.min(at.right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8))}px`;
}

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.('[role="menu"]');
  if (menu) move(menu, event);
});

enhanceButtons();
document.body.addEventListener("htmx:afterSettle", enhanceButtons);
