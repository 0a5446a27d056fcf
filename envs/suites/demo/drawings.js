"use strict";
// One drawing a product, as the inside of an SVG with a view box of 240 × 170.
const BACKGROUNDS = { Home: "#e9e2d2", Galley: "#dcebea", Clothing: "#dfe6ef", Tools: "#ece6df" };
const DRAWINGS = {
  "storm-lantern": `<path d="M92 52q28-44 56 0" fill="none" stroke="#40525b" stroke-width="4"/><rect x="102" y="36" width="36" height="12" rx="5" fill="#8a5a1d"/>
    <path d="M98 48h44l6 12H92z" fill="#b17a2c"/><path d="M94 60h52q10 26 0 52H94q-10-26 0-52z" fill="#fdf3cf" stroke="#b17a2c" stroke-width="3"/>
    <path d="M120 74c12 15 12 29 0 32c-12-3-12-17 0-32z" fill="#e98b2a"/><path d="M120 88c5 7 5 15 0 17c-5-2-5-10 0-17z" fill="#fde08a"/>
    <path d="M88 62v50M152 62v50" stroke="#8a5a1d" stroke-width="4"/><rect x="86" y="112" width="68" height="24" rx="6" fill="#b17a2c"/><rect x="80" y="134" width="80" height="9" rx="4" fill="#8a5a1d"/>`,
  "enamel-mug": `<path d="M150 66h18q20 0 20 22t-22 24h-18" fill="none" stroke="#f7f9f8" stroke-width="13"/><path d="M150 66h18q20 0 20 22t-22 24h-18" fill="none" stroke="#1f6280" stroke-width="2"/>
    <path d="M72 46h84v82q0 14-14 14H86q-14 0-14-14z" fill="#f7f9f8"/><rect x="68" y="40" width="92" height="11" rx="5.5" fill="#1f6280"/>
    <path d="M72 112h84v16q0 14-14 14H86q-14 0-14-14z" fill="#1f6280" opacity=".9"/><path d="M98 86l16-20 16 20zM112 86h4v10h-4zM96 96h36l-6 10h-24z" fill="#c94f22"/>
    <path d="M98 30q-7-8 0-16M114 30q-7-8 0-16M130 30q-7-8 0-16" fill="none" stroke="#a9bfc2" stroke-width="3" stroke-linecap="round"/>`,
  "oilskin-coat": `<path d="M94 30l26 12 26-12 38 22 16 76-26 6-14-44v56H80V90l-14 44-26-6 16-76z" fill="#d9a02c"/><path d="M94 30l26 30 26-30-26 12z" fill="#b9841d"/>
    <path d="M120 60v86" stroke="#a87616" stroke-width="2.5"/><g fill="#6b4a0e"><circle cx="126" cy="74" r="3"/><circle cx="126" cy="94" r="3"/><circle cx="126" cy="114" r="3"/></g>
    <path d="M92 110h18v20H92zM132 110h18v20h-18z" fill="#c28f22"/><path d="M92 110h18v6H92zM132 110h18v6h-18z" fill="#a87616"/>`,
  "fishermans-jumper": `<path d="M98 34q22 14 44 0l38 20-10 58-20-3v37H90v-37l-20 3-10-58z" fill="#29506b"/><path d="M98 34q22 14 44 0l-4-6q-18 9-36 0z" fill="#1c3b51"/>
    <path d="M90 138h60v8H90zM60 104l21 3-1 7-20-2zM180 104l-21 3 1 7 20-2z" fill="#1c3b51"/>
    <path d="M91 66h58M91 88h58" stroke="#dfe6ef" stroke-width="5" stroke-dasharray="5 5"/><path d="M91 77h58" stroke="#c94f22" stroke-width="5"/>`,
  "brass-compass": `<circle cx="120" cy="88" r="56" fill="#8a5a1d"/><circle cx="120" cy="88" r="51" fill="#c99a3d"/><circle cx="120" cy="88" r="42" fill="#fbf7ea"/>
    <g stroke="#40525b" stroke-width="3"><path d="M120 49v9M120 118v9M81 88h9M150 88h9"/></g><path d="M120 56l9 32h-18z" fill="#c94f22"/><path d="M120 120l9-32h-18z" fill="#29506b"/>
    <circle cx="120" cy="88" r="5" fill="#8a5a1d"/><circle cx="120" cy="24" r="9" fill="none" stroke="#8a5a1d" stroke-width="5"/>`,
  "hemp-rope": `<g fill="none" stroke="#b08d57" stroke-width="15"><ellipse cx="120" cy="112" rx="62" ry="24"/><ellipse cx="120" cy="94" rx="58" ry="22"/><ellipse cx="120" cy="77" rx="54" ry="20"/><path d="M172 78q24-16 8-46" stroke-linecap="round"/></g>
    <g fill="none" stroke="#8b6b3b" stroke-width="15" stroke-dasharray="2.5 9"><ellipse cx="120" cy="112" rx="62" ry="24"/><ellipse cx="120" cy="94" rx="58" ry="22"/><ellipse cx="120" cy="77" rx="54" ry="20"/><path d="M172 78q24-16 8-46"/></g>
    <path d="M174 26l13 7" stroke="#c94f22" stroke-width="9"/>`,
  "sea-flask": `<rect x="100" y="14" width="40" height="30" rx="7" fill="#c94f22"/><rect x="106" y="42" width="28" height="9" fill="#8fa3aa"/><path d="M94 62q0-12 12-12h28q12 0 12 12v78q0 10-10 10h-32q-10 0-10-10z" fill="#2d6b62"/>
    <path d="M94 84h52v36H94z" fill="#f3efe2"/><path d="M100 110q6-8 12 0t12 0 12 0" fill="none" stroke="#1f6280" stroke-width="3"/><path d="M112 100l9-10v10zM108 103h26l-4 4h-18z" fill="#c94f22"/>
    <path d="M102 60v82" stroke="#4d8a80" stroke-width="4" stroke-linecap="round"/>`,
  "deck-boots": `<path d="M62 26h40v68q0 8 10 12l22 9q8 4 8 15v8H62z" fill="#23424f"/><path d="M58 134h88v12H58z" fill="#e9e2d2"/><path d="M60 24h44v12H60z" fill="#c94f22"/>
    <path d="M120 20h38v62q0 8 10 12l18 8q8 4 8 15v7h-46q-2-14-14-18l-14-6z" fill="#1a333e"/><path d="M152 124h46v10h-46z" fill="#d8d0bd"/><path d="M118 18h42v11h-42z" fill="#a83f18"/>`,
  "ships-bell": `<path d="M120 20v14" stroke="#40525b" stroke-width="6"/><rect x="84" y="12" width="72" height="9" rx="4" fill="#6d4a25"/><path d="M120 32c26 0 30 26 32 50c1 18 8 24 18 32H70c10-8 17-14 18-32c2-24 6-50 32-50z" fill="#c99a3d"/>
    <path d="M104 44c-7 12-6 34-10 52" fill="none" stroke="#ecd08a" stroke-width="6" stroke-linecap="round"/><rect x="66" y="112" width="108" height="10" rx="5" fill="#a87616"/><circle cx="120" cy="128" r="8" fill="#8a5a1d"/><path d="M120 134v22" stroke="#f7f3e8" stroke-width="6" stroke-dasharray="5 2"/>`,
  "watch-cap": `<path d="M64 108c0-50 26-76 56-76s56 26 56 76z" fill="#7a2f25"/><g stroke="#611f18" stroke-width="3" fill="none"><path d="M84 104c0-36 12-60 26-70M102 104c0-40 8-62 14-72M138 104c0-40-8-62-14-72M156 104c0-36-12-60-26-70M120 104V33"/></g>
    <rect x="56" y="102" width="128" height="36" rx="12" fill="#8f3a2d"/><path d="M74 104v32M92 104v32M110 104v32M130 104v32M148 104v32M166 104v32" stroke="#6f281e" stroke-width="3"/>`,
  "rigging-knife": `<path d="M40 96q2-16 20-18h88v26H58q-14 0-18-8z" fill="#6d4a25"/><circle cx="64" cy="91" r="4" fill="#e0c58a"/><circle cx="98" cy="91" r="4" fill="#e0c58a"/><circle cx="134" cy="91" r="4" fill="#e0c58a"/>
    <path d="M148 78h50q8 0 8 9l-8 17h-50z" fill="#b9c6cb"/><path d="M150 98h50l-3 6h-47z" fill="#e8eef0"/><path d="M60 78q40-34 96-40l4 8q-50 8-80 32z" fill="#8fa3aa"/><path d="M42 104q-16 22 6 32" fill="none" stroke="#c94f22" stroke-width="5" stroke-linecap="round"/>`,
  "tide-clock": `<circle cx="120" cy="86" r="62" fill="#0f3447"/><circle cx="120" cy="86" r="54" fill="#fbf7ea"/><path d="M70 98q12-12 25 0t25 0 25 0 25 0a54 54 0 0 1-100 0z" fill="#9cc7cf"/>
    <g fill="#17313f"><circle cx="120" cy="42" r="4"/><circle cx="120" cy="130" r="4"/><circle cx="76" cy="86" r="3"/><circle cx="164" cy="86" r="3"/></g><path d="M120 86l26-30" stroke="#c94f22" stroke-width="6" stroke-linecap="round"/><circle cx="120" cy="86" r="7" fill="#c94f22"/>`,
};

function drawing(id) {
  const kind = PRODUCTS.find((product) => product.id === id).kind;
  return `<svg viewBox="0 0 240 170" aria-hidden="true"><rect width="240" height="170" fill="${BACKGROUNDS[kind]}"/>${DRAWINGS[id]}</svg>`;
}
