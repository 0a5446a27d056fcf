"""WALK"""

# ---- the walk ---------------------------------------------------------------------------------------------------


class Walk:
    """One pass in document order that picks candidates; a stack of its own, so that no depth is too deep."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.list: list[Candidate] = []
        self.proxies: dict[Node, Node] = {}  # control that cannot be seen -> its visible label
        self.frames = 0
        self._stack: list[tuple[Node | None, At]] = []
        self._run: Candidate | None = None

    def run(self, document: Node) -> None:
        self._children(document, At())
        while self._stack:
            node, at = self._stack.pop()
            if node is None:
                self._flush()
            elif node.tag == "#text":
                self._text(node, at)
            elif at.drawing:
                self._shape(node, at)
            else:
                self._element(node, at)
        self._flush()

    def _push(self, node: Node, role: str, at: At, act: bool, *, closed: bool = False, ghost: bool = False) -> int:
        self.list.append(Candidate(node, role, node.tag, at.parent, act, closed=closed, ghost=ghost))
        return len(self.list) - 1

    def _flush(self) -> None:
        if self._run is not None and squash(self._run.words):
            self.list.append(self._run)
        self._run = None

    def _flush_later(self, at: At) -> None:
        self._stack.append((None, at))

    def _text(self, node: Node, at: At) -> None:
        if at.mute or at.drawing:
            return
        if self._run is None:
            self._run = Candidate(node, at.role, "#text", at.parent)
        self._run.words += node.text

    def _children(self, node: Node, at: At) -> None:
        source = node.shadow if node.shadow is not None else node
        kids = source.assigned if source.tag == "slot" and source.assigned else source.kids
        self._stack.extend((kid, at) for kid in reversed(kids))

    def _element(self, el: Node, at: At) -> None:
        tag = el.tag
        if tag in table().skip:
            if tag == "map":
                self._areas(el, at)
            return
        seen = look(el)
        if not seen.rendered:
            return
        if not seen.visible:
            return self._children(el, at._replace(mute=True))
        if tag == "br":
            if self._run is not None:
                self._run.words += " "
            return
        if at.ghost or not seen.opaque:
            return self._ghostly(el, at)
        if tag not in table().inline:
            self._flush()
            self._flush_later(at)
        self._visible(el, at)

    def _ghostly(self, el: Node, at: At) -> None:
        """Fully transparent: only controls that still take clicks count (styled file inputs, boxes to tick)."""
        role = role_of(el)
        if el.tag in _CONTROLS and role:
            self._push(el, role, at, True, ghost=True)
        else:
            self._children(el, at._replace(ghost=True, mute=True))

    def _areas(self, el: Node, at: At) -> None:
        if el.get("name") in el.scope.maps:
            for area in el.below():
                if area.tag == "area" and ("href" in area.attrs or "onclick" in area.attrs):
                    self._push(area, "link", at, True)

    def _visible(self, el: Node, at: At) -> None:
        special = {"slot": self._children, "svg": self._svg, "iframe": self._frame, "frame": self._frame, "label": self._label}.get(el.tag)
        if special is not None:
            return special(el, at)
        role = role_of(el)
        if el.tag == "select":
            return self._select(el, role, at)
        pointer = not at.in_act and look(el).cursor == "pointer"
        act, kind = role in table().actionable, role
        if not act and not at.in_act and _is_clickable(el, pointer and not at.pointer):
            act = True
            if role not in table().container or role in ("listitem", "row", "group"):
                kind = "gridcell" if role == "cell" else "clickable"
        self._enter(el, role, kind, act, at._replace(pointer=at.pointer or pointer))

    def _enter(self, el: Node, role: str, kind: str, act: bool, at: At) -> None:
        """Keep the element or only go into it; ``at`` is how its children will be taken."""
        roles = table()
        parent = at
        if role in roles.leaf and not act:
            at = at._replace(role=role)
        if el.get("aria-hidden") == "true":
            at = at._replace(mute=True)
        if not (act or role in roles.container or role in ("img", "progressbar", "meter")):
            return self._children(el, at)
        self._flush()
        self._flush_later(at)
        at = at._replace(parent=self._push(el, kind, parent, act))
        if act and ((kind in roles.from_content and not (kind == "clickable" and _is_rich(el))) or kind in FIELDS):
            at = at._replace(mute=True, in_act=True)
        if el.tag not in ("input", "img", "textarea"):
            self._children(el, at)

    def _label(self, el: Node, at: At) -> None:
        control = el.scope.controls.get(el)
        inside = at._replace(role="label")
        if control is None:
            return self._children(el, inside)
        self._flush()
        self._flush_later(at)
        if control not in self.proxies and not _can_see(control):
            self.proxies[control] = el
            role = role_of(control)
            if role:
                self._push(control, role, at, True)
        self._children(el, inside._replace(mute=True, in_act=False, pointer=True))

    def _select(self, el: Node, role: str, at: At) -> None:
        self._flush()
        inside = at._replace(parent=self._push(el, role, at, True))
        for option in options_of(el)[:MAX_OPTIONS]:
            self._push(option, "option", inside, True, closed=role != "listbox")

    def _svg(self, el: Node, at: At) -> None:
        if at.in_act or _is_icon(el):
            act = not at.in_act and _is_clickable(el, look(el).cursor == "pointer" and not at.pointer)
            if act or (not at.in_act and name_of(el, "")):
                self._push(el, "clickable" if act else "img", at, act)
            return
        self._flush()
        parent = self._push(el, "graphics-document", at, _listens(el))
        self._stack.extend((kid, at._replace(parent=parent, role="text", drawing=True)) for kid in reversed(el.kids))

    def _shape(self, el: Node, at: At) -> None:
        tag = el.tag
        seen = look(el)
        if tag in table().skip or not (seen.rendered and seen.visible and seen.opaque):
            return
        if tag in table().shapes:
            self._push(el, "graphics-symbol", at, True)
        elif tag == "text" and _listens(el):
            self._push(el, "clickable", at, True)
        else:
            if tag == "text":
                self._flush_later(at)
            inside = at._replace(drawing=tag not in ("text", "foreignobject"))
            self._stack.extend((kid, inside) for kid in reversed(el.kids))

    def _frame(self, el: Node, at: At) -> None:
        self._flush()
        if any(side is not None and side < 2 for side in size_of(el)):
            return
        parent = self._push(el, "iframe", at, False)
        self.frames += 1
        if "srcdoc" in el.attrs and self.frames <= MAX_FRAMES:
            self._flush_later(at)
            self._children(parse(el.attrs["srcdoc"], el.scope.base), at._replace(parent=parent, role="text", pointer=False))


def _listens(el: Node) -> bool:
    return any(key in el.attrs for key in LISTENERS)


def _is_clickable(el: Node, pointer: bool) -> bool:
    if el.tag in ("html", "body"):
        return False
    if pointer or "onclick" in el.attrs or el.get("draggable") == "true":
        return True
    return _listens(el) and not _has_rows(el)


def _has_rows(el: Node) -> bool:
    """A listener on a list answers for its rows: the rows are what a person clicks."""
    tags = [kid.tag for kid in el.elements()]
    text_only = all(tag in table().inline or tag == "br" for tag in tags)
    return len(set(tags)) < len(tags) and not text_only


def _is_rich(el: Node) -> bool:
    return el.length > 160 or any(kid.rich for kid in el.kids)


def _can_see(control: Node) -> bool:
    seen = look(control)
    return seen.rendered and seen.visible and seen.opaque and seen.onscreen and not any(s is not None and s <= 2 for s in size_of(control))


def _is_icon(el: Node) -> bool:
    width, height = size_of(el)
    if width is None and height is None and not el.get("width").endswith("%"):
        parts = [px(part) or 0.0 for part in el.get("viewbox").replace(",", " ").split()[2:4]]
        width, height = parts if len(parts) == 2 else (None, None)
    return width is not None and width <= ICON and (height is None or height <= ICON)


