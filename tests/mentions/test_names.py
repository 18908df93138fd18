"""Name candidates from titles and leaf categories of any form."""

import pytest

from ameli_build.mentions.inflect import noun_forms, noun_lemma
from ameli_build.mentions.names import product_names
from ameli_build.mentions.tables import letters_of, other_names
from ameli_build.models.language import load_language

LANGUAGE = load_language("bundled:en")


def names(title: str, category: str) -> set[str]:
    """Names with adjacent words."""
    return {name.text for name in product_names(title, category, LANGUAGE) if not name.gapped}


@pytest.mark.parametrize(
    ("title", "category", "expected"),
    [
        ('Brand - 14" Laptop - 16GB Memory - Silver', "PC Laptops", {"laptop", "pc laptop"}),
        ("Brand Stainless Toaster", "Toasters", {"toaster", "stainless toaster", "brand stainless toaster"}),
        (
            "GE - 1.6 Cu. Ft. Over-the-Range Microwave - Black",
            "Over-the-Range Microwaves",
            {"microwave", "over the range microwave"},
        ),
        ('Laptop Bag for 15.6" Laptops', "Laptop Bags", {"bag", "laptop bag"}),
        (
            "LG - Side-by-Side Refrigerator with Ice Maker",
            "All Refrigerators",
            {"refrigerator", "side by side refrigerator"},
        ),
        ("Front Load Washer", "Washers & Dryers", {"washer", "load washer", "front load washer"}),
        (
            "Apple - MacBook Air 13-inch Laptop",
            "MacBook Air",
            {"macbook", "macbook air", "macbook air laptop", "air laptop", "laptop"},
        ),
        (
            "Lumen - Ion Plus 512GB Smartphone (Unlocked) - Black",
            "All Unlocked Cell Phones",
            {"smartphone", "plus smartphone", "ion plus smartphone", "phone", "cell phone", "unlocked cell phone"},
        ),
        ("Soft Pouch", "Vacuum Accessories", {"pouch", "soft pouch"}),
    ],
)
def test_names_are_spans_of_the_noun_chunk_that_end_in_its_root(title: str, category: str, expected: set[str]) -> None:
    found = names(title, category)
    everyday = {other for name in expected for other in other_names(letters_of(name))}
    assert expected <= found
    assert found <= expected | everyday


@pytest.mark.parametrize(
    ("title", "category", "some"),
    [
        ("Logiq MX 500 Wireless Laser Mouse", "Mice", {"wireless mouse", "laser mouse"}),
        ('Brand - 65" Class - LED - Smart - 4K UHD TV with HDR', "All Flat-Panel TVs", {"4k tv", "smart tv", "led tv"}),
        ("Zed - Earbud Headphones - Black", "Headphones", {"earbud", "headphone", "earbud headphone"}),
        ("Optar - T6 DSLR Two Lens Kit with Lens - Black", "DSLR Cameras", {"dslr", "dslr camera", "camera"}),
        (
            "Fit - Activity Tracker + Heart Rate (Large)",
            "Activity Trackers & Pedometers",
            {"activity tracker", "tracker"},
        ),
        ('Boom - 6" x 9" 3-Way Coaxial Speakers (Pair)', "Car Speakers", {"coaxial speaker", "car speaker", "speaker"}),
        ("Zip - E100 Electric Scooter w/8 mph Max Speed", "Electric Scooters", {"electric scooter", "scooter"}),
        ("Shavo - Trimmer", "Hair & Beard Trimmers", {"hair trimmer", "beard trimmer", "trimmer"}),
        ("Case for Apple iPhone 8 - Black", "iPhone 8 Cases", {"iphone case", "case"}),
        ("Norvik - 8-Cup Rice Cooker and Food Steamer", "Rice Cookers", {"rice cooker", "food steamer", "steamer"}),
        ("Keyway Smart Lock Deadbolt with Keypad", "Smart Door Locks", {"smart lock", "deadbolt", "lock"}),
        ("Sonance - In-Dash CD/DVD Receiver - Black", "Car Stereos", {"dvd receiver", "cd receiver", "receiver"}),
        ("Kestrel Notebook Computer", "Ultrabooks", {"notebook", "computer", "notebook computer", "ultrabook"}),
    ],
)
def test_titles_of_any_form_have_names(title: str, category: str, some: set[str]) -> None:
    assert some <= {name.text for name in product_names(title, category, LANGUAGE)}


@pytest.mark.parametrize(
    ("title", "category", "some"),
    [
        ("PlayStation 5 Slim Console", "PS5 Consoles", {"slim ps5", "slim playstation"}),
        ("Garmin - vivofit Sport Activity Tracker", "Activity Trackers", {"sport vivofit"}),
        ("Nintendo - Switch Handheld Limited Console", "Consoles", {"limited switch", "handheld switch"}),
    ],
)
def test_the_name_of_a_product_line_may_have_a_modifier(title: str, category: str, some: set[str]) -> None:
    assert some <= {name.text for name in product_names(title, category, LANGUAGE)}


def test_the_purpose_of_a_product_modifies_its_name() -> None:
    gapped = {name.text for name in product_names("Slim Case for Apple iPhone X - Clear", "Cell Phone Cases", LANGUAGE)}
    assert {"iphone case", "phone case", "slim case"} <= gapped


def test_a_category_of_packs_adds_no_name_of_a_content() -> None:
    assert "power" not in names("Portable Charger", "Portable Chargers/Power Packs")


def test_a_brand_is_no_modifier_of_a_gapped_name() -> None:
    gapped = {name.text for name in product_names("Dornell Wireless Laser Mouse", "Mice", LANGUAGE) if name.gapped}
    assert gapped == {"wireless mouse"}


def test_a_hyphenated_compound_is_never_cut() -> None:
    assert "range microwave" not in names("Over-the-Range Microwave", "Over-the-Range Microwaves")


@pytest.mark.parametrize("title", ["", " - ", "12345", "---", "!!!", "\u200b", "電子レンジ", "🎧 - 🎧"])
def test_an_empty_title_has_only_names_of_the_category(title: str) -> None:
    assert {"laptop", "pc laptop"} <= names(title, "PC Laptops")
    assert all(name.strip() for name in names(title, ""))


def test_the_length_of_names_is_bounded() -> None:
    found = product_names("One Two Three Four Five Six Seven Eight Laptop", "", LANGUAGE, max_words=3)
    assert max(len(name.words) for name in found) == 3


@pytest.mark.parametrize(
    ("lemma", "plural"),
    [
        ("laptop", "laptops"),
        ("battery", "batteries"),
        ("watch", "watches"),
        ("shelf", "shelves"),
        ("mouse", "mice"),
        ("smartwatch", "smartwatches"),
        ("headset", "headsets"),
        ("tv", "tvs"),
        ("walkman", "walkmen"),
        ("salesman", "salesmen"),
        ("woman", "women"),
    ],
)
def test_all_forms_of_a_noun_lemmatise_to_it(lemma: str, plural: str) -> None:
    assert {lemma, plural} <= noun_forms(lemma, LANGUAGE)
    assert all(noun_lemma(form, LANGUAGE) == lemma for form in noun_forms(lemma, LANGUAGE))


def test_singulars_that_look_like_plurals_stay() -> None:
    assert [noun_lemma(word, LANGUAGE) for word in ("lens", "glasses", "headphones")] == [
        "lens",
        "glasses",
        "headphone",
    ]


@pytest.mark.parametrize(
    ("title", "category", "name"),
    [
        ("Microsoft - Office Home 2021 - Windows", "Office Software", "home"),
        ("The Legend of Zelda: Tears of the Kingdom - Nintendo Switch", "Nintendo Switch Games", "tear"),
    ],
)
def test_nouns_in_the_title_of_a_work_are_no_names(title: str, category: str, name: str) -> None:
    found = names(title, category)
    assert name not in found
    assert {"software", "game"} & found


@pytest.mark.parametrize(
    ("title", "category", "some"),
    [
        (
            'Apple - MacBook Pro 14" Laptop - M3 Pro chip - 18GB Memory',
            "MacBooks",
            {"laptop", "macbook", "macbook pro"},
        ),
        ('Apple - MacBook Air 13.6" - M2 chip - 8GB Memory - Midnight', "MacBooks", {"laptop", "macbook", "computer"}),
        ("PlayStation 5 Slim Console", "PS5 Consoles", {"ps5", "console", "playstation", "playstation 5"}),
        ("Sony - PlayStation 5 Console", "PlayStation 5 Consoles", {"ps5", "console", "game console"}),
        (
            "Amazon - Echo Dot (4th Gen) - Smart Speaker - Blue",
            "Smart Speakers",
            {"echo dot", "echo", "dot", "speaker"},
        ),
        ("Norvik - WRT54G Wireless Router", "Routers", {"wrt54g", "router"}),
        ('Visara - 39" Class - LED - 720p - HDTV', "Flat-Panel TVs", {"tv", "television", "hdtv"}),
        ("Linkwise - Lightning to USB Cable - White", "Cables", {"cable", "usb cable"}),
        ("Back To Basics Apple Peeler", "Kitchen Gadgets", {"peeler", "apple peeler"}),
        ("Splash Hot Water on Demand Pet Washer", "Pet Care", {"washer", "pet washer"}),
        ("Roadix Double DIN Dash Kit for Select Vehicles", "Dash Installation Kits", {"kit", "dash kit"}),
        ("Castell Nesting Canister Set, Cobalt", "Kitchen Storage", {"canister", "canister set", "set"}),
        ("Set Of Four Deep Cereal Bowls", "Dinnerware", {"bowl", "cereal bowl"}),
        ("Audio-Works - Microphone", "Condenser", {"microphone", "mic"}),
        ("Belora - Magic Charger - Retail Packaging", "Chargers", {"charger", "magic charger"}),
        ("Norvik - Door Harness", "Harnesses", {"harness"}),
        ("Clear Ring - Loud Phone Ringer", "Special Telephones", {"ringer", "phone ringer"}),
        ('Apple - 24" iMac - 8GB Memory - 256GB SSD', "Non-Touch Screen", {"imac", "desktop", "computer"}),
        ('Kestrel - 14" Chromebook - 4GB Memory', "Touch Screen", {"chromebook", "laptop"}),
        ("Apple - Mac mini - 8GB Memory", "Small Form Factor", {"mac mini", "computer"}),
        ("Norvik - Tower UPS - Black", "Battery Backup (UPS)", {"ups", "tower ups"}),
        ("Datavo - 2-Bay NAS", "Network Attached Storage (NAS)", {"nas"}),
        ("Typo - Wireless Keyboard and Mouse Combo", "Keyboard & Mouse Combos", {"keyboard", "mouse"}),
        ("Sonance - Receiver and Speaker Package", "Home Audio", {"receiver", "speaker"}),
        ("Halde - Bed and Mattress Set", "Furniture", {"bed", "mattress"}),
        ("The Long Rain (2 Disc) (Blu-ray Disc)", "Movies & TV Shows", {"bluray", "movie"}),
        ("The Long Rain [DVD]", "Movies & TV Shows", {"dvd", "movie"}),
        ("Night Choir - Vinyl", "Music", {"vinyl"}),
        ("Wardo Internet Security (1-Year Subscription) - Mac/Windows", "Wardo Lab", {"internet security", "software"}),
        ("Cellaro - 46-Bottle Wine Cooler", "Wine Refrigerators & Coolers", {"wine cooler", "fridge"}),
        ("Packwell - Camera Bag", "Camera Bags & Cases", {"bag", "case"}),
        ("Apple - MacBook Pro - M3", "MacBooks", {"macbook", "mbp", "laptop"}),
        ("Samsung - Galaxy S21 edge 128GB - Pink", "Cell Phones", {"s21", "s21 edge", "galaxy s21", "galaxy s21 edge"}),
        ("Apple - iPhone 7 64GB - Black (Telora)", "iPhone", {"iphone 7", "iphone", "phone"}),
        ("Canon - EOS Rebel T9 Camera Kit", "DSLR Cameras", {"rebel t9", "t9", "rebel"}),
        ("Amazon - Fire HD 8 Tablet", "Tablets", {"fire hd 8", "fire"}),
        ("Netlink Wireless Router NX54G", "Wireless Routers", {"nx54g", "router"}),
        ("Keld - Over-Ear Headphones KH30BT", "Headphones", {"kh30bt"}),
        ("Sonance - Recorder SR-ZR7", "Voice Recorders", {"zr7", "srzr7"}),
        ("Coolair - 8,000 BTU Window Air Conditioner", "Window Air Conditioners", {"window unit", "ac"}),
        ('Visara - 50" Class - LED - HDTV', "TVs", {"flat screen", "tv"}),
    ],
)
def test_everyday_names_of_products_are_included(title: str, category: str, some: set[str]) -> None:
    assert some <= names(title, category)


@pytest.mark.parametrize(
    ("title", "category", "name", "never"),
    [
        ("Tenway Kids Bike Red", "Toys", "bike", {"red", "bike red"}),
        ("Ostra Desk Lamp Matte White", "", "lamp", {"white", "matte white"}),
        ("Milo Travel Backpack Olive Green", "", "backpack", {"green", "olive green"}),
        ("Corda Area Rug Ivory", "Home", "rug", {"ivory"}),
        ("Nordal Armchair Walnut", "Home", "armchair", {"walnut"}),
        ("Keld Over-Ear Headphones Midnight", "Audio", "headphone", {"midnight"}),
        ("Vento Tower Fan Black/Silver", "", "fan", {"black", "silver"}),
        ("Ottoman Blush Pink", "Furniture", "ottoman", {"pink", "blush pink"}),
    ],
)
def test_a_colour_after_the_noun_is_no_name(title: str, category: str, name: str, never: set[str]) -> None:
    found = names(title, category)
    assert name in found
    assert not never & found


@pytest.mark.parametrize(
    ("title", "category", "never"),
    [
        ("HomeChef - Scraper, Black", "Kitchen Gadgets", {"homechef", "black"}),
        ("Brisko Wireless Mouse Black", "", {"black", "brisko"}),
        ("Galvia - J2 4G LTE with 8GB Memory Cell Phone (Unlocked) - Silver", "Cell Phones", {"4g", "lte", "memory"}),
        ('Visara - 39" Class - LED - HDTV', "Flat-Panel TVs", {"clas", "class", "led"}),
        ("Norvik - Bypass Harness", "Harnesses", {"harnes", "bypas"}),
        ("Datavo - Memory Card", "Secure Digital", {"digital"}),
        ("Shellback - Case for Apple iPhone 11", "iPhone Cases", {"iphone", "phone"}),
        ("Playmark - Controller for PlayStation 5", "PS5 Controllers", {"ps5", "playstation", "console"}),
        ("Roadix Double DIN Dash Kit", "Dash Installation Kits", {"dash"}),
        ("Belora - Hair Cutting Kit", "Hair Cutting Kits", {"hair"}),
        ("Kestrel - MX Desktop - 8GB Memory", "Non-Touch Screen", {"screen", "memory"}),
        ("Cablo - USB Cable", "USB Cables & Hubs", {"hub"}),
        ("Shellback - Belt Clip", "Cell Phone Cases & Clips", {"case"}),
        ("Front Load Dryer", "Washers & Dryers", {"washer"}),
        ("Wardo Tune-Up (3-Device) - Mac/Windows", "Wardo Lab", {"window", "mac window", "mac"}),
        ("Portway - 5-Port Gigabit Switch", "Network Switches", {"console", "system"}),
        ("Inkline - Active Stylus", "Tablet Accessories", {"printer"}),
        ("Shellback - Glass Shield", "Phone Accessories", {"streamer", "media player"}),
        ("Datavo - 64GB microSDXC Memory Card", "Micro SD Memory", {"ram"}),
        ("Amperon - Charge Tower", "Cell Phone Accessories", {"computer", "pc", "desktop"}),
        ("Roadix - Vent Mount", "Car Mounts", {"bracket", "wall mount"}),
        ("Cablo - RG59 Coaxial Cable", "Coaxial Cables", {"rg59"}),
        ("Runwell - Sport Armband", "Cell Phone Cases & Clips", {"case", "clip"}),
        ("Cablo - Charge/Sync Cable", "Wall Chargers & Power Adapters", {"charger", "adapter"}),
        ("Breezo - Pocket Fan", "Tablet Cases, Covers & Sleeves", {"case", "cover", "sleeve"}),
        ("Shell21 - Slim Case", "Cases", {"shell21"}),
        ("Apple - iPod touch 16GB MP3 Player", "MP3 Players", {"mp3"}),
        ("Apple - iPhone 3G 16GB", "iPhone", {"3g"}),
        ("Shellback - Case for Apple iPhone 6s", "iPhone Cases", {"6s"}),
        ("Kestrel - 15 Laptop - Intel Core i5-7200U", "PC Laptops", {"i57200u"}),
        ("Hoops 2K30 - Xbox One", "Xbox One Games", {"2k30"}),
    ],
)
def test_words_that_alone_do_not_name_the_product_are_no_names(title: str, category: str, never: set[str]) -> None:
    assert not never & names(title, category)
