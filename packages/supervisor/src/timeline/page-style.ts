/** How the HTML page looks, in light and in dark. Only style rules. */
import { ENDS } from "./figures.ts"
import { colours } from "./palette.ts"

export const pageStyle = [
  colours(":root"),
  "*{box-sizing:border-box}",
  "body{margin:0 auto;padding:24px 24px 64px;max-width:1440px;background:var(--hf-ground);color:var(--hf-text);font:15px/1.5 system-ui,sans-serif}",
  "h1{font-size:22px;margin:0 0 4px}h2{font-size:17px;margin:36px 0 8px}",
  "p{margin:4px 0;max-width:80ch}.quiet{color:var(--hf-quiet)}",
  ".totals{display:flex;flex-wrap:wrap;gap:8px;margin:18px 0 0;padding:0}",
  ".totals div{background:var(--hf-raised);border:1px solid var(--hf-line);border-radius:8px;padding:8px 16px;min-width:112px}",
  ".totals dt{color:var(--hf-quiet);font-size:13px}.totals dd{margin:0;font-size:21px;font-weight:600;font-variant-numeric:tabular-nums}",
  ".totals .bad dd{color:var(--hf-failed)}",
  ".tools{display:flex;flex-wrap:wrap;align-items:center;gap:6px 16px;margin:0 0 8px}",
  ".legend{display:flex;flex-wrap:wrap;gap:4px 16px;margin:0;padding:0;list-style:none;font-size:13px;color:var(--hf-quiet)}",
  ".legend i{display:inline-block;width:12px;height:12px;border-radius:2px;margin-right:6px;vertical-align:-1px}",
  ".legend b{color:var(--hf-death);margin-right:6px}",
  ...ENDS.map((end) => `.is-${end}{background:var(--hf-${end})}.word-${end}{color:var(--hf-${end});font-weight:600}`),
  ".is-ready{background:var(--hf-alive);border:1px solid var(--hf-line)}",
  "button{font:inherit;font-size:13px;color:var(--hf-text);background:var(--hf-raised);border:1px solid var(--hf-line);border-radius:6px;padding:2px 10px;cursor:pointer}",
  "button:hover{border-color:var(--hf-quiet)}:focus-visible{outline:2px solid var(--hf-focus);outline-offset:2px}",
  ".chart{position:relative}.chart canvas{display:block;width:100%;touch-action:pan-y}",
  ".tip{position:absolute;z-index:1;pointer-events:none;max-width:min(640px,90%);background:var(--hf-text);color:var(--hf-ground);border-radius:6px;padding:6px 10px}",
  ".tip,.picked{font-size:13px;line-height:1.45;white-space:pre-wrap;overflow-wrap:anywhere}",
  ".picked{margin:8px 0 0;padding:8px 12px;background:var(--hf-raised);border-left:3px solid var(--hf-focus);border-radius:4px}",
  ".wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:14px}",
  "th{text-align:left;color:var(--hf-quiet);font-weight:500;font-size:13px}th,td{padding:5px 14px 5px 0;border-bottom:1px solid var(--hf-line);vertical-align:top}",
  "td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}",
  "code{font:13px/1.45 ui-monospace,monospace;overflow-wrap:anywhere}",
  "details{border-bottom:1px solid var(--hf-line);padding:6px 0}summary{cursor:pointer}summary b{display:inline-block;min-width:64px;font-variant-numeric:tabular-nums}",
  "details pre{font:13px/1.45 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere;background:var(--hf-raised);padding:8px 12px;border-radius:6px;margin:8px 0}",
  "noscript svg{width:100%;height:auto}noscript text{font:12px system-ui,sans-serif}",
  "@media print{button,.tip{display:none}}"
].join("\n")
