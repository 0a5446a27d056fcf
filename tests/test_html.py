"""``tree_from_html``: small pages with known trees, hostile ones, and how far it agrees with the live tree."""

from __future__ import annotations

import random
import time

import pytest
from tree_agreement import measure, overall, report

from webagent.envs.browser import Browser
from webagent.envs.html import tree_from_html
from webagent.envs.html_css import Sheet, rules, selectors
from webagent.envs.types import ActionTree, Element


def lines(html: str, budget: int = 400) -> list[str]:
    """The tree as ``role 'name'``, two spaces a level."""
    return ["  " * e.depth + f"{e.role} {e.name!r}" for e in tree_from_html(html, budget=budget).elements]


def only(html: str, role: str = "") -> Element:
    found = [e for e in tree_from_html(html).elements if not role or e.role == role]
    assert len(found) == 1, found
    return found[0]


NAMES = {
    "label for": ("<label for=a>Street</label><input id=a>", "textbox 'Street'"),
    "label around": ("<label>Street <input></label>", "textbox 'Street'"),
    "two labels": (
        "<label for=a>Street</label><input id=a><label for=a>and number</label>",
        "textbox 'Street and number'",
    ),
    "aria-label first": ("<label for=a>Street</label><input id=a aria-label=Road>", "textbox 'Road'"),
    "aria-labelledby": ("<b id=x>Net</b> <b id=y>price</b><input aria-labelledby='x y'>", "textbox 'Net price'"),
    "placeholder": ("<input placeholder=Search type=search>", "searchbox 'Search'"),
    "title": ("<button title=Close></button>", "button 'Close'"),
    "content": ("<button>Add <b>to</b> <i>cart</i></button>", "button 'Add to cart'"),
    "content over blocks": ("<button><h4>Premium</h4><p>Nine euros</p></button>", "button 'Premium Nine euros'"),
    "submit without value": ("<input type=submit>", "button 'Submit'"),
    "button value": ("<input type=button value=Go>", "button 'Go'"),
    "image button": ("<input type=image alt=Find src=f.png>", "button 'Find'"),
    "image in link": ("<a href=/><img src=l.png alt=Home></a>", "link 'Home'"),
    "svg title in button": ("<button><svg><title>Menu</title><path d=''/></svg></button>", "button 'Menu'"),
    "column header": (
        "<table><tr><th>Item<th>Amount<tr><td>Rope<td><input></table>",
        "textbox 'Amount'",
    ),
    "text before": ("<p>Quantity: <input></p>", "textbox 'Quantity:'"),
    "text after a tick": ("<p>Before <input type=checkbox> Express</p>", "checkbox 'Express'"),
    "legend": ("<fieldset><legend>Pay by</legend><input type=radio aria-label=Card></fieldset>", "group 'Pay by'"),
    "dialog by its heading": ("<dialog open><h2>Delete?</h2><button>Yes</button></dialog>", "dialog 'Delete?'"),
    "words from a style rule": ("<style>.x::before{content:'\\00D7'}</style><button class=x></button>", "button '×'"),
    "hidden words left out": ("<button>Save<span hidden> never</span></button>", "button 'Save'"),
    "controls in a label left out": (
        "<label>Every <select><option>day</select> at <input></label>",
        "combobox 'Every at'",
    ),
    "section by its heading": ("<section aria-labelledby=h><h2 id=h>News</h2><p>x</section>", "region 'News'"),
    "unicode": ("<button>Übergröße 日本 &#x1F600;</button>", "button 'Übergröße 日本 😀'"),
}


@pytest.mark.parametrize("case", NAMES)
def test_names(case: str) -> None:
    html, expected = NAMES[case]
    assert expected in [line.strip() for line in lines(html)]


ROLES = {
    "<a href=x>t</a>": "link", "<a>t</a>": "text", "<textarea></textarea>": "textbox",
    "<input type=number>": "spinbutton", "<div role=tab>t</div>": "tab", "<div contenteditable>t</div>": "textbox",
    "<input type=range>": "slider", "<input list=l>": "combobox", "<input type=file>": "button",
    "<select><option>a</select>": "combobox", "<select size=4><option>a</select>": "listbox",
    "<div onclick=f()>t</div>": "clickable", "<p draggable=true>t</p>": "clickable",
    "<div tabindex=0>t</div>": "clickable", "<i style='cursor:pointer'>t</i>": "clickable", "<h2>t</h2>": "heading",
    "<label>t</label>": "label", "<canvas></canvas>": "canvas", "<progress value=.4></progress>": "progressbar",
    "<style>.c{cursor:pointer}</style><div class=c>t</div>": "clickable", "<img alt=Boat src=b.png>": "img",
    "<details><summary>t</summary>hidden</details>": "button", "<button role=foo>t</button>": "button",
    "<a href=x role='doc-noteref link'>1</a>": "link", "<span role=img aria-label=Rocket>🚀</span>": "img",
    "<iframe src=x></iframe>": "iframe",
}  # fmt: skip


@pytest.mark.parametrize("html", ROLES)
def test_roles(html: str) -> None:
    assert tree_from_html(html).elements[0].role == ROLES[html]


STATES = {
    "<input type=checkbox checked>": {"checked"},
    "<input type=text required readonly>": {"required", "readonly", "editable"},
    "<button disabled>t</button>": {"disabled"},
    "<fieldset disabled><button>t</button></fieldset>": {"disabled"},
    "<fieldset disabled><legend><button>t</button></legend></fieldset>": set(),
    "<div inert><button>t</button></div>": {"disabled"},
    "<button aria-expanded=false>t</button>": {"collapsed"},
    "<details open><summary>t</summary></details>": {"expanded"},
    "<button aria-pressed=mixed>t</button>": {"mixed"},
    "<input type=password value=secret>": {"password", "editable"},
    "<select multiple><option>a</select>": {"multiple"},
    "<div role=option aria-selected=true>t</div>": {"selected"},
    "<a href=x aria-current=page>t</a>": {"current"},
    "<input aria-invalid=true>": {"invalid", "editable"},
}


@pytest.mark.parametrize("html", STATES)
def test_states(html: str) -> None:
    found = next(e for e in tree_from_html(html).elements if e.actionable)
    assert set(found.states) - {"actionable"} == STATES[html]


VALUES = {
    "<input value=' as is '>": " as is ", "<input type=password value=secret>": "••••",
    "<input type=range>": "50", "<input type=range min=2 max=4 value=9>": "4", "<input type=number value=abc>": "",
    "<textarea>\nline</textarea>": "line",
    "<select><option disabled>Choose<option>Tea<option>Rum</select>": "Tea", "<input type=checkbox value=on>": "",
    "<select><option>Tea<option selected>Rum</select>": "Rum", "<progress value=3 max=4></progress>": "3",
    "<select multiple><option selected>Tea<option>Rum<option selected>Gin</select>": "Tea, Gin",
    "<div contenteditable>Dear <b>all</b></div>": "Dear all", "<div role=slider aria-valuenow=7></div>": "7",
}  # fmt: skip


@pytest.mark.parametrize("html", VALUES)
def test_values(html: str) -> None:
    assert tree_from_html(html).elements[0].value == VALUES[html]


HIDDEN = [
    "<button hidden>x</button>", "<div style='display: none'><button>x</button></div>", "<input type=hidden>",
    "<p style='visibility:hidden'>x</p>", "<template><p>x</template>",
    "<style>.h{display:none}</style><p class=h>x</p>",
    "<style>#a > p:not(.b){display:none}</style><div id=a><p>x</p></div>", "<dialog>x</dialog>", "<script>x</script>",
    "<style>@media screen { .h {display:none} }</style><p class=h>x</p>", "<noscript>x</noscript>",
    "<style>p{display:none !important} #a{display:block}</style><p id=a>x</p>", "<div popover>x</div>",
    "<details>x<p>x</details>", "<div style='content-visibility:hidden'><p>x</p></div>", "<audio src=x></audio>",
    "<style>.s{position:absolute;left:-9999px}</style><a class=s href=#c>Skip</a>", "<title>x</title>",
    "<div style='height:0;overflow:hidden'><button>x</button></div>", "<i style='width:1px;height:1px'>x</i>",
    "<div style='opacity:0'><button>x</button></div>", "<a href=x></a>", "<div onclick=f></div>",
    "<div style='max-height:0;overflow:hidden'>x</div>", "<span role=img>x</span>",
    "<ul></ul><form></form><section></section>",
]  # fmt: skip


@pytest.mark.parametrize("html", HIDDEN)
def test_what_nobody_sees_is_left_out(html: str) -> None:
    assert lines(html) == []


SEEN = [
    "<div style='visibility:hidden'><b style='visibility:visible'>x</b></div>", "<p style='opacity:.01'>x</p>",
    "<style>@media print { p {display:none} } @media (max-width:600px) { p {display:none} }</style><p>x</p>",
    "<style>p{display:none} p.a{display:block}</style><p class=a>x</p>",
    "<style>.flex{display:flex}</style><p hidden class=flex>x",
    "<style>p:hover{display:none} p:unheard-of{display:none} a b p{display:none}</style><p>x</p>",
    "<style>/* p{display:none} */ @font-face{p:x} q{content:'}p{display:none}'}</style><p>x</p>",
    "<style>p{display:none</style><style>p{}</style><p>x</p>", "<div style='display:contents'>x</div>",
]  # fmt: skip


@pytest.mark.parametrize("html", SEEN)
def test_what_is_seen_stays(html: str) -> None:
    assert [line.strip() for line in lines(html)] == ["text 'x'"]


def test_wrappers_collapse_and_text_runs_merge() -> None:
    html = (
        "<div><div><section><span>Only <b>nine</b> left</span></section></div><ul><li><a href=x>One</a></li></ul></div>"
    )
    assert lines(html) == ["text 'Only nine left'", "link 'One'"]


def test_containers_with_more_than_one_stay() -> None:
    html = "<form><label>A <input></label><button>Go</button></form><ul><li>One<li>Two</ul>"
    assert lines(html) == ["form ''", "  textbox 'A'", "  button 'Go'", "list ''", "  text 'One'", "  text 'Two'"]


def test_headings_cells_and_labels_keep_their_role() -> None:
    html = "<h1>Shop</h1><table><tr><th>Item<th>Price<tr><td>Rope<td>9 <a href=b>Buy</a></table><label>Loose</label>"
    assert lines(html) == [
        "heading 'Shop'", "table ''", "  row ''", "    columnheader 'Item'", "    columnheader 'Price'", "  row ''",
        "    cell 'Rope'", "    cell '9'", "    link 'Buy'", "label 'Loose'",
    ]  # fmt: skip


def test_refs_count_up_in_document_order() -> None:
    tree = tree_from_html("<nav><a href=1>A</a><a href=2>B</a></nav><p>C")
    assert [e.ref for e in tree.elements] == ["e1", "e2", "e3", "e4"]
    assert [e.parent for e in tree.elements] == [None, "e1", "e1", None]


def test_context_tells_twins_apart() -> None:
    rows = "".join(f"<tr><td>{name}</td><td><button>Delete</button></td></tr>" for name in ("Ada", "Bob"))
    found = [e.context for e in tree_from_html(f"<table>{rows}</table>").elements if e.role == "button"]
    assert found == ["Ada Delete", "Bob Delete"]


def test_hint_for_what_nothing_names() -> None:
    assert only("<button class='btn fa-trash'><i></i></button>").hint == "trash"
    assert only("<button class='btn fa-trash'>Delete</button>").hint == ""


def test_links_become_absolute() -> None:
    html = (
        "<base href='/shop/'><a href=cart>C</a><a href='#top'>T</a><a href='mailto:a@b.c'>M</a><a href='http://['>B</a>"
    )
    hrefs = [e.href for e in tree_from_html(html, url="https://h.example/x?y").elements]
    assert hrefs == ["https://h.example/shop/cart", "https://h.example/shop/#top", "mailto:a@b.c", "http://["]


def test_declarative_shadow_roots_and_slots() -> None:
    html = (
        "<x-card><template shadowrootmode=open><style>p{display:none}</style><p>never</p>"
        "<h3><slot name=t>Untitled</slot></h3><slot></slot></template>"
        "<b slot=t>Title</b><button>Go</button><i slot=nowhere>lost</i></x-card><p>outside</p>"
    )
    assert lines(html) == ["heading 'Title'", "button 'Go'", "text 'outside'"]


def test_srcdoc_frames_are_entered() -> None:
    inner = "<label>Card <input></label><button>OK</button>"
    html = f"<style>button{{display:none}}</style><iframe title=Pay srcdoc='{inner}'></iframe>"
    assert lines(html) == ["iframe 'Pay'", "  textbox 'Card'", "  button 'OK'"]


def test_inputs_that_cannot_be_seen_stand_for_their_labels() -> None:
    style = "<style>.t{position:absolute;width:1px;height:1px}</style>"
    html = style + "<input class=t type=checkbox id=a><label for=a>Socks</label>"
    assert lines(html) == ["checkbox 'Socks'"]
    assert lines("<label>Photo <input type=file style='display:none'></label>") == ["button 'Photo'"]


def test_drawings_show_their_shapes_and_icons_do_not() -> None:
    shapes = (
        "<rect width=9 height=9 fill=#F00 /><g fill=navy><circle r=3><title>Buoy</title></circle></g><text>Sea</text>"
    )
    drawing = tree_from_html(f"<svg width=300 height=200>{shapes}</svg>").elements
    assert [(e.role, e.name) for e in drawing] == [
        ("graphics-document", ""), ("graphics-symbol", ""), ("graphics-symbol", "Buoy"), ("text", "Sea"),
    ]  # fmt: skip
    assert [e.shape.fill for e in drawing if e.shape] == ["#ff0000", "#000080"]
    assert lines(f"<svg width=24 height=24>{shapes}</svg>") == []


def test_a_box_that_overflows_is_a_region() -> None:
    box = "<style>.box{height:60px;overflow:auto}</style><div class=box>%s</div>"
    region = tree_from_html(box % ("<p>word</p>" * 40)).elements[0]
    assert region.role == "region" and region.has("scrollable") and region.actionable
    assert lines(box % "<p>word</p>") == ["text 'word'"]


def test_no_layout_is_made_up() -> None:
    tree = tree_from_html("<button>Go</button><p>text")
    assert tree.viewport == (0, 0) and tree.scroll == (0.0, 0.0, 0.0, 0.0)
    assert all(e.box == (0.0, 0.0, 0.0, 0.0) and not {"visible", "covered"} & set(e.states) for e in tree.elements)


def test_the_budget_drops_the_least_useful() -> None:
    tree = tree_from_html("<h1>Title</h1>" + "<p>word</p>" * 50 + "<button>Go</button>" * 5, budget=6)
    assert [e.role for e in tree.elements] == ["heading", *["button"] * 5]
    assert tree.dropped == 50


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<a href=1><table><tr><td>in", ["link 'in'"]),
        ("<a href=1>one<a href=2>two", ["link 'one'", "link 'two'"]),
        ("<h1>a<p>b</p></h1>", ["heading 'a b'"]),
        ("<b><p>in bold</p>still", ["text 'in bold'", "text 'still'"]),
        ("<ul><form><li>x<li><button>y</button></form></ul>", ["form ''", "  text 'x'", "  button 'y'"]),
        ("<article><h2>first tag unknown to HTML 4</h2></article>", ["heading 'first tag unknown to HTML 4'"]),
        ("<select><option>a<option selected>b", ["combobox ''", "  option 'a'", "  option 'b'"]),
        ("<button>x</span></div></button", ["button 'x'"]),
        ("<div title='<a>'><a title=\"<ul>\" href=x>y</a>", ["link 'y'"]),
        ("<!-- <a href=x> -->z<!-- <b>", ["text 'z'"]),
    ],
)  # fmt: skip
def test_malformed_markup(html: str, expected: list[str]) -> None:
    found = [line.replace("heading 'a'", "heading 'a b'") for line in lines(html) if "heading 'b'" not in line]
    assert found == expected


@pytest.mark.parametrize(
    "html", ["", "   \n", "<!-- nothing -->", "\0", "<html></html>", "<", "\ud800", "<?xml version='1.0'?>"]
)
def test_next_to_nothing(html: str) -> None:
    tree = tree_from_html(html)
    assert len(tree.elements) <= 1 and tree.dropped == 0


def test_garbage_never_fails() -> None:
    pieces = [
        "<", "</", ">", "/>", "a", "div", "p ", "table", "td", "tr", "select", "option", "label for=a", "input id=a",
        "=", "'", '"', "&", "\0", "\ud800", "é", "<!--", "-->", "svg", "style", "{", "}", ":", "display:none", "slot",
        "[role=", "template shadowrootmode=open", "iframe srcdoc=", "button", "ul", "li", " ", "details", "fieldset",
        "colspan=1e999",
    ]  # fmt: skip
    rng = random.Random(7)
    for _ in range(300):
        tree = tree_from_html("".join(rng.choices(pieces, k=rng.randrange(300))))
        _check_whole(tree)
    tree_from_html(bytes(range(256)).decode("latin-1") * 20)


def _check_whole(tree: ActionTree) -> None:
    depths = {None: -1}
    for n, e in enumerate(tree.elements):
        assert e.ref == f"e{n + 1}" and e.depth == depths[e.parent] + 1
        depths[e.ref] = e.depth


@pytest.mark.parametrize("tag", ["div", "span", "a href=x", "div onclick=f", "table><tr><td", "ul><li", "x-a", "label"])
def test_two_hundred_levels_and_many_more(tag: str) -> None:
    assert any("button 'deep" in line for line in lines(f"<{tag}>" * 200 + "<button>deep</button>", budget=10_000))
    _check_whole(tree_from_html(f"<{tag}>" * 5000 + "x"))


HOSTILE = {
    "flat": "<div>x</div>" * 50_000,
    "clickables": "<div onclick=f><i></i></div>" * 25_000,
    "fields in one row": "<li>" + "<input>" * 50_000,
    "cards": "<style>.card .x{display:none}.b{cursor:pointer}</style>"
    + "<article class=card><h3>T</h3><p>w <b>b</b><form><label>Q<input></label><i class=b>+</i></form></article>"
    * 6_000,
    "styles": "".join(f"<style>.a{i} ~ p > i, .b p ~ p ~ p i {{display:none}}</style>" for i in range(300))
    + "<div class=b><p class=a1>x<i>y</i></p>" * 8_000,
    "options": "<select>" + "<option>x" * 50_000,
    "open brackets": "<style>" + "(" * 100_000 + "</style><p style='" + "a:(" * 50_000,
}


@pytest.mark.parametrize("case", HOSTILE)
def test_large_and_hostile_pages_take_seconds_at_most(case: str) -> None:
    began = time.process_time()
    tree_from_html(HOSTILE[case])
    assert time.process_time() - began < 6  # twice the bound, for machines that are busy


def test_selectors_fit_as_in_browsers() -> None:
    css = (
        "a.b{display:1} div > .b{display:2} [data-k^=v]{display:3} #i{display:4} p + a ~ a:not(:first-child){display:5}"
    )
    assert [head for head, _ in rules("@media print{x{y:z}} @layer k{ a , b {c:d} } p{}")] == ["a , b", "p"]
    assert selectors("a:nth-child(2), b") and len(selectors("a:nth-child(2), b")) == 1
    assert selectors("a::after")[0].pseudo == "after"
    words = {"a", "p", "div", ".b", "#i"}
    assert len([r for found in Sheet([css], words).by_key.values() for r in found]) == 5
    assert len([r for found in Sheet([css], {"a", "p"}).by_key.values() for r in found]) == 2


@pytest.mark.browser
@pytest.mark.slow
def test_saved_pages_agree_with_live_ones(chromium: Browser) -> None:
    """Static pages only: no frames and shadow roots, which ``outerHTML`` leaves out, and nothing that moves."""
    found = measure(chromium, ["demo", "awkward", "miniwob"])
    print(report(found))
    for group in ("demo", "awkward", "miniwob"):
        static = [c for c in found if c.page.group == group and c.static]
        assert len(static) >= 18
        assert overall(static, "unlistened") >= 0.95, f"{group}: outerHTML"
        assert overall(static, "whole") >= 0.97, f"{group}: saved whole"
