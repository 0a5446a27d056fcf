"""Questions as people put them: each as a part of a sentence, and as a sentence of its own.

clause, whole = ask(d, "Platform", "Ghent")    # "which platform the train to Ghent leaves from", "Which platform …"
"""

from __future__ import annotations

from .draw import Draw

ASKS: dict[str, tuple[tuple[str, str], ...]] = {
    "Opening hours": (("when {} is open", "When is {} open?"),),
    "Room": (("which room {} is in", "Which room is {} in?"),),
    "Floor": (("which floor {} is on", "On which floor is {}?"),),
    "Entrance fee": (("what it costs to get into {}", "How much is the entrance to {}?"),),
    "Founding year": (("when {} was founded", "In which year was {} founded?"),),
    "Bus line": (("which bus goes to {}", "Which bus do I take to {}?"),),
    "Wi-Fi code": (("the Wi-Fi code at {}", "What's the Wi-Fi code at {}?"),),
    "Minimum age": (("how old one must be for {}", "How old do you have to be for {}?"),),
    "Notice period": (("the notice period at {}", "How long is the notice period at {}?"),),
    "Closing day": (("on which day {} is closed", "Which day is {} closed?"),),
    "Capacity": (("how many people fit into {}", "How many people does {} hold?"),),
    "Parking": (("where to park at {}", "Where can I park at {}?"),),
    "Team": (("which team {} is in", "Which team is {} in?"), ("{}'s team", "What is {}'s team?")),
    "Joined": (("when {} joined", "When did {} join?"),),
    "Holidays left": (("how many holidays {} has left", "How many holidays does {} have left?"),),
    "Desk": (("at which desk {} sits", "Which desk is {}'s?"),),
    "Customer": (("who the customer of {} is", "Who got invoice {}?"),),
    "Status": (("what the status of {} is", "Is invoice {} open, paid or overdue?"),),
    "Amount": (("how much invoice {} comes to", "How much is invoice {}?"),),
    "Departs": (("when the one to {} departs", "When does the one to {} leave?"),),
    "Platform": (("from which platform it goes to {}", "Which platform for {}?"),),
    "Minutes": (("how many minutes it takes to {}", "How many minutes is it to {}?"),),
    "Fare": (("what the fare to {} is", "How much is the fare to {}?"),),
    "Material": (("what {} is made of", "What is {} made of?"),),
    "Shelf": (("on which shelf {} is", "Which shelf is {} on?"),),
    "In stock": (("how many of {} are in stock", "How many {} are in stock?"),),
    "Sold": (("how many of {} were sold", "How many {} were sold?"),),
    "Price": (("the price of {}", "How much is {}?"),),
    "Costs": (("what {} costs", "What does {} cost?"),),
    "Weight": (("how heavy {} is", "How heavy is {}?"),),
    "Length": (("how long {} is", "How long is {}?"),),
    "Guarantee": (("how long the guarantee for {} lasts", "How long is the guarantee for {}?"),),
    "Delivery": (("how long the delivery of {} takes", "How long does delivery of {} take?"),),
}
MOST: dict[str, tuple[str, str]] = {
    "Holidays left": ("who has the most holidays left", "who has the fewest holidays left"),
    "Desk": ("who has the highest desk number", "who has the lowest desk number"),
    "Amount": ("which invoice has the highest amount", "which invoice is the smallest by amount"),
    "Minutes": ("which town takes the longest by minutes", "which town takes the fewest minutes"),
    "Fare": ("which town has the highest fare", "which town is cheapest to go to by fare"),
    "In stock": ("which article has the most in stock", "which article has the fewest in stock"),
    "Sold": ("which article sold the most", "which article sold the least"),
}
NO_NOUNS = frozenset(("Costs", "Departs", "Joined", "Sold", "In stock", "Holidays left", "Opening hours"))
"""Names of columns that cannot stand with "the … of"."""
HOW_MANY = {
    "Team": "how many people are in the team {}", "Joined": "how many people joined on {}",
    "Customer": "how many invoices {} has", "Status": "how many invoices are {}",
    "Departs": "how many depart at {}", "Platform": "how many leave from platform {}",
    "Material": "how many articles are made of {}", "Shelf": "how many articles are on shelf {}",
}  # fmt: skip


def ask(d: Draw, name: str, of: str) -> tuple[str, str]:
    """What is given as ``name`` for ``of``: as a part of a sentence, and as a question."""
    plain = f"the {name if name.startswith('Wi-Fi') else name.lower()} of {{}}"
    forms = [*ASKS[name], *([(plain, f"What is {plain}?")] if name not in NO_NOUNS else [])]
    clause, whole = d.pick((forms[0], *forms))
    return clause.format(of), whole.format(of)


def direct(clause: str) -> str:
    """A question out of a clause: those that begin with who, which or how many need no other order."""
    if clause.startswith(("who ", "which ", "how many ")):
        return f"{clause[:1].upper()}{clause[1:]}?"
    return f"What is {clause}?" if clause.startswith("the ") else f"Can you tell me {clause}?"
