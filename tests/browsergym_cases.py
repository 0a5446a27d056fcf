"""Action strings that must do in our view what they do in BrowserGym (``browsergym_parity.py``)."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

PAGES = Path(__file__).resolve().parent / "pages"


class Case(NamedTuple):
    """``{name}`` stands for the bid of the element with that id. ``before``: actions that come first.

    ``peer``: the words for it in BrowserGym, where ``action`` is an alias that it does not know. ``page``: where it
    happens, below ``pages``.
    """

    action: str
    before: tuple[str, ...] = ()
    peer: str = ""
    page: str = "browsergym/index.html"


CASES = [
    # the pointer, on elements
    Case("click({save})"),
    Case("click({save}, button='right')"),
    Case("click({save}, 'middle')"),
    Case("click({save}, modifiers=['Shift'])"),
    Case("click({save}, 'left', ['Control', 'Alt'])"),
    Case("dblclick({save})"),
    Case("dblclick({title}, button='left', modifiers=['Shift'])"),
    Case("hover({hover})"),
    Case("click({check})"),
    Case("click({radio2})"),
    Case("click({wrap})"),
    Case("click({link})"),
    Case("click({next})"),
    Case("click({popup})"),
    Case("click({part})"),
    Case("click({covered})"),
    Case("click({hidden})"),
    Case("click({disabled})"),
    Case("click({below})"),
    Case("click({shadow})"),
    Case("click({inside})"),
    Case("click({deepest})"),
    Case("click({abroad})"),
    Case("click({far})"),
    Case("click({alert})"),
    Case("click({slow})"),
    Case("click({vanish})"),
    Case("click({vanish})", ("click({vanish})",)),
    Case("click({grow})"),
    Case("click({send})"),
    Case("click({blue})"),
    Case("click({second})"),
    Case("click({drawing})"),
    Case("drag_and_drop({from}, {to})"),
    Case("drag_and_drop({handle}, {to})"),
    # fields
    Case("fill({name}, 'Ann')"),
    Case("fill({full}, '')"),
    Case("fill({area}, 'first\\nsecond')"),
    Case("fill({rich}, 'plain')"),
    Case("fill({date}, '2024-05-06')"),
    Case("fill({date}, 'soon')"),
    Case("fill({number}, '12.5')"),
    Case("fill({number}, 'twelve')"),
    Case("fill({range}, '7')"),
    Case("fill({colour}, '#ff0000')"),
    Case("fill({check}, 'x')"),
    Case("fill({readonly}, 'x')"),
    Case("fill({auto}, 'Par', True)"),
    Case("fill({label}, 'through its label')"),
    Case("fill({dark}, 'in the shadow')"),
    Case("fill({field}, 'in a frame')"),
    Case("fill({visitor}, 'in a foreign frame')"),
    Case("clear({full})"),
    Case("select_option({pick}, 'blue')"),
    Case("select_option({pick}, 'Blue one')"),
    Case("select_option({multi}, ['a', 'c'])"),
    Case("select_option({pick}, 'green')"),
    Case("select_option({name}, 'x')"),
    Case("press({name}, 'x')"),
    Case("press({full}, 'Backspace')"),
    Case("press({full}, 'Control+a')"),
    Case("press({area}, 'Enter')"),
    Case("press({name}, 'Shift+KeyA')"),
    Case("focus({full})"),
    Case("check({check})"),
    Case("check({checked})"),
    Case("uncheck({checked})"),
    Case("upload_file({file}, '{dir}/a.txt')"),
    Case("upload_file({files}, ['{dir}/a.txt', '{dir}/b.txt'])"),
    # points and keys
    Case("scroll(0, 200)"),
    Case("scroll_at(60, 560, 0, 40)", ("scroll(0, 100)",)),
    Case("mouse_move(60, 90)"),
    Case("mouse_click(25, 78)"),
    Case("mouse_click(25.5, 78.25, 'right')"),
    Case("mouse_dblclick(40, 40)"),
    Case("mouse_down(25, 78)"),
    Case("mouse_down(25, 78) mouse_up(200, 40)"),
    Case("mouse_drag_and_drop(12, 40, 60, 40)"),
    Case("mouse_upload_file(480, 78, '{dir}/a.txt')"),
    Case("keyboard_press('Tab')"),
    Case("keyboard_press('End')", ("click({full})",)),
    Case("click({name})\nkeyboard_type('hi There')"),
    Case("keyboard_insert_text('all at once')", ("focus({name})",)),
    Case("keyboard_down('Shift') click({save}) keyboard_up('Shift')"),
    Case("keyboard_down('Shift')\nmouse_click(25, 78)"),
    Case("keyboard_press('NoSuchKey')"),
    # going places
    Case("goto('{url}next.html')"),
    Case("goto('http://127.0.0.1:1/')"),
    Case("go_back()"),
    Case("go_back()", ("goto('{url}next.html')",)),
    Case("go_forward()", ("goto('{url}next.html')", "go_back()")),
    Case("new_tab()"),
    Case("new_tab() goto('{url}next.html')"),
    Case("tab_close()", ("new_tab()",)),
    Case("tab_close()"),
    Case("tab_focus(0)", ("new_tab()",)),
    Case("tab_focus(7)"),
    # talking and waiting
    Case("noop(20)"),
    Case("send_msg_to_user('It is done.')"),
    Case("report_infeasible('There is no such thing.')"),
    # words that other harnesses use
    Case("scroll('down')", peer="scroll(0, 500)"),
    Case("send_keys('Tab')", peer="keyboard_press('Tab')"),
    Case("send_keys('hello')", ("focus({name})",), peer="keyboard_type('hello')"),
    Case("press('Tab')", peer="keyboard_press('Tab')"),
    # what is wrong with an action, or around it
    Case(""),
    Case("Nothing to do here."),
    Case("I shall press it: click({save}), so that it is saved."),
    Case("# click({save})\nfill({name}, 'x')  # and no more"),
    Case("tap({save})"),
    Case("click('999')"),
    Case("click('b999')"),
    Case("click(12)"),
    Case("click()"),
    Case("click({save}, knob='left')"),
    Case("click({save}, button='first')"),
    Case("fill({name}, 5)"),
    Case("mouse_click('a', 'b')"),
    Case("click({save}) click('999') click({title})"),
]

LOOKS = [Case("noop(300)", page=f"awkward/{p.name}") for p in sorted((PAGES / "awkward").glob("[0-9]*.html"))]
"""Nothing is done here: only what is seen of pages that are hard to read is compared."""
