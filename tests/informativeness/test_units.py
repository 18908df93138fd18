"""Measures of shoppers and shops, converted to base units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ameli_build.informativeness.units import is_measure, other_measures, with_base_units


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('14"', "14in"),
        ('6 1/2" woofers', "6.5in woofers"),
        ("6-1/2 inches", "6.5in"),
        ("3 feet", "36in"),
        ("6 foot 2 and tired", "74in and tired"),
        ("5'10\" tall", "70in tall"),
        ("5 lbs. 3 oz.", "83oz"),
        ("2 hours and 30 minutes", "9000s"),
        ("16 ounces and 2 pounds", "16oz 32oz"),
        ("sixty-five inches", "65in"),
        ("one hundred forty four hz", "144hz"),
        ("one hundred and five watts", "105w"),
        ("half a terabyte", "500gb"),
        ("one point six cubic foot", "1.6cuft"),
        ("a pound and a half", "24oz"),
        ("hour and a half", "5400s"),
        ("1ms", "0.001s"),
        ("a 32 incher", "a 32in"),
        ("up to 400f, 400\u00b0", "up to 400deg , 400deg"),
        ("110 degree view", "110deg view"),
        ("450 in-lbs, 10 ft-lbs", "450inlb , 120inlb"),
        ("1.2 gpm", "1.2gpm"),
        ("a 4.0ah battery", "a 4000mah battery"),
        ("600va", "600va"),
        ("40cc, 2700 pa", "40cc , 2700pa"),
        ('60"x24" desk', "60in x 24in desk"),
        ("half an hour", "1800s"),
        ("two and a half pounds", "40oz"),
        ("about a pound", "about 16oz"),
        ("12k btu", "12000btu"),
        ("8 thousand btus", "8000btu"),
        ("1,000 gb", "1000gb"),
        (".5 liter", "0.5l"),
        ("3200 megahertz", "3200000000hz"),
        ("15 miles per hour, 15 miles", "15mph , 15mi"),
        ("4k 60hz", "4k 60hz"),
        ("24/7 for years", "24/7 for years"),
        ("2 in the house, a 2-in-1", "2 in the house, a 2-in-1"),
        ("someone watts", "someone watts"),
        ("a year, an hour, a foot", "a year, an hour, a foot"),
        ("the m.2 slot, 1 m.2", "the m.2 slot, 1 m.2"),
    ],
)
def test_measures_are_converted_to_base_units(text: str, expected: str) -> None:
    assert " ".join(with_base_units(text).split()) == expected


@pytest.mark.parametrize(
    ("token", "inside", "outside"),
    [
        ("396in", "10000mm", "11000mm"),
        ("10000mm", "396in", "384in"),
        ("36in", "910mm", "1000mm"),
        ("2in", "50.8mm", "50mm"),
        ("32oz", "907g", "1000g"),
        ("1000g", "35.2oz", "32oz"),
        ("128gb", "128g", "128gb"),
        ("2048gb", "2000gb", "2100gb"),
        ("1000gb", "1024gb", "1000g"),
        ("1.7l", "1.8qt", "2qt"),
        ("5000kelvin", "5000k", "5k"),
        ("2400000000hz", "2400hz", "2400k"),
        ("1day", "86400s", "8640s"),
    ],
)
def test_measures_in_other_units_are_equal_only_within_rounding(token: str, inside: str, outside: str) -> None:
    others = other_measures(token)
    assert inside in others
    assert outside not in others


def test_other_tokens_are_no_measures() -> None:
    assert is_measure("14in")
    assert not any(map(is_measure, ("i7", "14", "14xyz", "3840x2160", "in")))
    assert other_measures("i7") == other_measures("60hz") == other_measures("14xyz") == ()


@pytest.mark.parametrize("unit", ["1,", "1, ", "1-", "1/", "1.", ",", "1' ", "1k ", "and a half "])
def test_a_long_list_of_numbers_is_read_in_linear_time(unit: str) -> None:
    """Each number is read with a bounded look ahead; a look at the whole rest would take hours."""
    text = unit * 100_000
    assert with_base_units(f"{text}x 5 gb").endswith("x  5gb ")


def test_a_number_with_too_many_digits_is_no_measure() -> None:
    assert with_base_units("100,000,000,000 gb").split() == ["100000000000gb"]
    assert with_base_units("9" * 400 + " gb") == "9" * 400 + " gb"


@given(st.text(alphabet="0123456789,./-' \"abfhinortwxkmg", max_size=40))
def test_any_mixture_of_numbers_is_read(text: str) -> None:
    assert isinstance(with_base_units(text), str)


@given(st.integers(1, 400), st.sampled_from([("feet", "inches", 12), ("lbs", "oz", 16), ("tb", "gb", 1000)]))
def test_a_large_unit_is_a_multiple_of_the_small_unit(number: int, units: tuple[str, str, int]) -> None:
    large, small, factor = units
    assert with_base_units(f"{number} {large}") == with_base_units(f"{number * factor} {small}")
