"""Fusion of the values of several extractors."""

from sheets_made import base

from ameli_build.baseline.extraction.attributes import Found, fuse, listed_names, make_sheets

TEXT = Found.of([("Color", ("black",)), ("Ports", ("hdmi",))])
PHOTO = Found.of([("Color", ("silver",)), ("Brand", ("norvex",)), ("Ports", ("usb", "c"))])
GUESS = Found.of([("Color", ("black",)), ("Color", ("noir",)), ("Brand", ("kalden",))])


def test_the_most_trusted_extractor_wins_unless_an_attribute_is_a_list() -> None:
    fused = fuse([TEXT, PHOTO, GUESS], frozenset({"Ports"}))
    assert fused.pairs() == [
        ("Brand", "norvex"),
        ("Color", "black"),
        ("Color", "noir"),  # agrees, in another form
        ("Ports", "hdmi"),
        ("Ports", "usb c"),
    ]
    assert fuse([PHOTO, TEXT], frozenset()).pairs() == [("Brand", "norvex"), ("Color", "silver"), ("Ports", "usb c")]
    assert fuse([], frozenset()) == Found()


def test_attributes_with_several_values_are_listed() -> None:
    kb = base(
        {"Ports": "HDMI, USB-C", "Color": "Red"}, [("Mode", "Bake"), ("Mode", "Broil")], {"Weight": "1,200 pounds"}
    )
    assert listed_names(make_sheets(kb)) == {"Ports", "Mode"}
