// The script of every page. Each file is one behaviour, and deletable: the pages work without.
import "../django_htmx/htmx-2.min.js";
import "./htmx.js";
import "./dialog.js";
import "./menu.js";
import "./copy.js";
import "./forms.js";
import "./roles.js";
import "./tooltip.js";
import "./messages.js";
import "./finding.js";
