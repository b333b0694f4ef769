"""The page with the snippet to copy: a loader of a dozen lines, and a button that checks.

The loader keeps calls in a list until the library is there, as the library expects it. The page
loads nothing from elsewhere.
"""

from __future__ import annotations

import html
import json
from typing import Final

from ebbline.hosts.embedded.collect.library import HOW

_CALLS: Final = (
    "track", "page", "screen", "identify", "group", "alias", "reset", "ready", "on", "once", "off",
    "user", "setAnonymousId", "addSourceMiddleware", "register", "debug",
)  # fmt: skip

_POLICY: Final = (
    b"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline';"
    b" connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", _POLICY),
)

_LOADER: Final = """\
<script>
(function (key, host, names) {
  var waiting = (window.analytics = window.analytics || []);
  if (waiting._writeKey || waiting.initialized) return;
  waiting._writeKey = key;
  waiting._cdn = host;
  names.forEach(function (name) {
    waiting[name] = function () {
      var loaded = window.analytics;
      if (loaded !== waiting) return loaded[name].apply(loaded, arguments);
      waiting.push([name].concat([].slice.call(arguments)));
      return waiting;
    };
  });
  var script = document.createElement("script");
  script.async = true;
  script.src = host + "/analytics.js/v1/" + encodeURIComponent(key) + "/analytics.min.js";
  document.head.appendChild(script);
  waiting.page();
})(%s, %s, %s);
</script>"""

_PAGE: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Track a website - Ebbline</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
pre { overflow-x: auto; padding: 1rem; border: 1px solid #8886; border-radius: .4rem;
  font-size: .85rem; }
button, input { font: inherit; padding: .4rem .8rem; }
</style>
<h1>Track a website</h1>
%s
</html>
"""

_WITH_KEY: Final = """\
<p>Copy this into the <code>head</code> of every page. It loads the library, and tells each page
view; <code>analytics.track</code>, <code>analytics.identify</code> and the other calls work from
then on.</p>
<pre id="snippet" tabindex="0" aria-label="The snippet">%s</pre>
<p><button id="copy" type="button">Copy</button>
<button id="check" type="button">Check the installation</button></p>
<div id="result" role="status" aria-live="polite">%s</div>
<script>
const result = document.getElementById("result");
function say(lines) {
  result.replaceChildren(...lines.map((line) => {
    const row = document.createElement("p");
    row.textContent = line;
    return row;
  }));
}
document.getElementById("copy").onclick = async () => {
  const snippet = document.getElementById("snippet");
  try {
    await navigator.clipboard.writeText(snippet.textContent);
    say(["Copied."]);
  } catch {
    getSelection().selectAllChildren(snippet);
    say(["Selected: copy it with your keyboard."]);
  }
};
document.getElementById("check").onclick = async () => {
  try {
    const answer = await fetch("/snippet/check?writeKey=" + encodeURIComponent(%s));
    const told = await answer.json();
    const reasons = told.reasons.map((reason) => reason.code + ": " + reason.message + "." +
      (reason.seconds_ago === null ? "" : " " + reason.seconds_ago + " s ago."));
    say([(told.arrived ? "It works: " : "Not yet: ") + told.message + "."].concat(reasons));
  } catch (error) {
    say(["The host does not answer: " + error.message]);
  }
};
</script>"""

_WITHOUT_KEY: Final = """\
<p>Which source? Give the write key of one that the project declares.</p>
<form action="snippet"><label>Write key <input name="writeKey" required></label>
<button>Show the snippet</button></form>"""


def loader(write_key: str, address: str) -> str:
    """The snippet itself: HTML for a page's head. `address` is a scheme and a host."""
    return _LOADER % (_script_text(write_key), _script_text(address), _script_text(list(_CALLS)))


def page(write_key: str | None, address: str, *, library: bool) -> str:
    """The page for a known write key, or for none; `library` says whether it can be loaded."""
    if write_key is None:
        return _PAGE % _WITHOUT_KEY
    missing = "" if library else f"<p>Not ready: {html.escape(HOW)}.</p>"
    code = html.escape(loader(write_key, address))
    return _PAGE % (_WITH_KEY % (code, missing, _script_text(write_key)))


def _script_text(value: str | list[str]) -> str:
    """A literal for a script inside HTML: nothing in it can end the script."""
    return json.dumps(value).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
