// House rules of htmx, which it reads when the page is there: nothing inherited, evaluated, injected or remembered;
// refusals are shown.
const rules = {
  disableInheritance: true,
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  historyCacheSize: 0,
  // At once: a form that is not htmx's yet when it is submitted would leave the page.
  defaultSettleDelay: 0,
  refreshOnHistoryMiss: true,
  selfRequestsOnly: true,
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "(403|404|409|422)", swap: true },
    { code: "...", swap: false, error: true },
  ],
};
document.head.append(Object.assign(document.createElement("meta"), { name: "htmx-config", content: JSON.stringify(rules) }));
