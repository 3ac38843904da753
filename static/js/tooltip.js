// Escape hides the tooltip that shows, until pointer and focus were elsewhere.

document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  for (const holder of document.querySelectorAll(":is(.icon-button, .menu-item, .tooltip-anchor):is(:hover, :focus-visible)")) {
    holder.dataset.quiet = "";
    for (const gone of ["pointerleave", "blur"]) holder.addEventListener(gone, () => delete holder.dataset.quiet, { once: true });
  }
});
