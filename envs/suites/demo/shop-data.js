"use strict";
// What the shop sells. Prices in euros.
const PRODUCTS = [
  { id: "storm-lantern", name: "Storm lantern", kind: "Home", price: 48, stock: 14, about: "Burns for eighteen hours and does not mind a gale. Brass burner, hand-blown glass." },
  { id: "enamel-mug", name: "Enamel mug", kind: "Galley", price: 12.5, stock: 80, about: "Holds a third of a litre of anything hot. Chips with dignity." },
  { id: "oilskin-coat", name: "Oilskin coat", kind: "Clothing", price: 189, stock: 6, sizes: true, about: "Waxed cotton, storm collar, pockets deep enough for a chart. Made in the old sail loft." },
  { id: "fishermans-jumper", name: "Fisherman's jumper", kind: "Clothing", price: 96, stock: 11, sizes: true, about: "Five-ply wool, knitted in the round. Warm when wet." },
  { id: "brass-compass", name: "Brass compass", kind: "Tools", price: 64, stock: 9, about: "Gimballed, damped and true. Comes in a beech box." },
  { id: "hemp-rope", name: "Hemp rope", kind: "Tools", price: 18, stock: 120, about: "Ten metres of three-strand hemp, whipped at both ends." },
  { id: "sea-flask", name: "Sea flask", kind: "Galley", price: 28, stock: 33, about: "Keeps soup hot from one tide to the next." },
  { id: "deck-boots", name: "Deck boots", kind: "Clothing", price: 74, stock: 0, sizes: true, about: "Natural rubber with a razor-cut sole that holds on wet teak." },
  { id: "ships-bell", name: "Ship's bell", kind: "Home", price: 52, stock: 4, about: "Solid brass, with a plaited lanyard. The neighbours will know when it is noon." },
  { id: "watch-cap", name: "Watch cap", kind: "Clothing", price: 24, stock: 51, about: "Ribbed merino. Fits under a hood and over most ears." },
  { id: "rigging-knife", name: "Rigging knife", kind: "Tools", price: 39, stock: 17, about: "Sheepsfoot blade and a marlinspike for stubborn knots." },
  { id: "tide-clock", name: "Tide clock", kind: "Home", price: 85, stock: 8, about: "One hand, twelve hours and twenty-five minutes around. Tells you when to leave." },
];

const ZONES = [
  { place: "Harbour town", days: 1, price: 0 },
  { place: "Mainland", days: 2, price: 4 },
  { place: "Outer islands", days: 5, price: 7.5 },
  { place: "Iceland", days: 9, price: 19 },
  { place: "Rest of Europe", days: 6, price: 12 },
];

const WORKSHOPS = [
  { id: "splicing", name: "Rope splicing", with: "Morag Sinclair", hours: 3, price: 45, about: "Eye splice, back splice and a bell rope to take home." },
  { id: "navigation", name: "Chart reading", with: "Tom Abara", hours: 4, price: 60, about: "Tides, bearings and how to find your way home without a battery." },
  { id: "smoking", name: "Fish smoking", with: "Ines Dahl", hours: 5, price: 72, about: "From the quay to the kiln. You keep two sides of your own." },
];
const SESSIONS = ["Friday evening", "Saturday morning", "Sunday afternoon"];

const ORDERS = [
  { id: "HG-1038", date: "3 February", items: "Hemp rope × 2", status: "Delivered", total: 40 },
  { id: "HG-1041", date: "19 February", items: "Tide clock", status: "Delivered", total: 89 },
  { id: "HG-1043", date: "2 March", items: "Enamel mug × 4, Sea flask", status: "Sent", total: 82 },
  { id: "HG-1047", date: "11 March", items: "Ship's bell", status: "Packed", total: 56 },
];

const ADDRESSES = [
  { name: "Home", text: "4 Net Loft Lane, Harbour town" },
  { name: "Old boathouse", text: "The Slip, West Quay" },
  { name: "Office", text: "12 Chandlers Row, Mainland" },
];
