/** Text that jobs might be given or say, to get out of the place where a report shows it. */
export const HOSTILE = [
  "</script><script>globalThis.owned = 1</script>",
  "<img src=x onerror='globalThis.owned = 2'>",
  `"><svg onload="globalThis.owned = 3">`,
  "<!--<script>",
  "]]></style><script>globalThis.owned = 4</script>",
  "&lt;b&gt; & &amp;",
  "\u0000\u0008\u001b[31m\ud800 lone \ufffe",
  "\u202egnp.exe\u202c",
  "${globalThis.owned = 5} `\\",
  "\u2028line\u2029 ends\r\n"
]
