async (glue, module) => {
  // Asked for before anything else, and not when the browser is idle next: a busy one may never be.
  const bytes = fetch(module);
  const bundle = await import(glue);
  await bundle.default({ module_or_path: bytes });
  bundle.hydrate();
  for (const island of document.querySelectorAll('leptos-island')) bundle[island.dataset.component](island);
}
