import pytest

from ameli_build.shops.bestbuy.urls import listing_url, original_image, product_url, review_url, sku_of


@pytest.mark.parametrize(
    ("url", "sku"),
    [
        ("https://www.bestbuy.com/site/a-lamp-red/7000101.p?skuId=7000101", "7000101"),
        ("/site/7000101.p", "7000101"),
        ("https://www.bestbuy.com/site/a-lamp/1218217453234.p?id=1218217453234&skuId=7000101", "7000101"),
        ("https://www.bestbuy.com/product/a-lamp/JJGCQ8WQR5/sku/7000101", "7000101"),
        ("/product/a-lamp/JJGCQ8WQR5/sku/7000101/openbox?condition=excellent", "7000101"),
        ("/site/reviews/a-lamp/7000101?variant=A&page=2", "7000101"),
        ("/site/reviews/submission/7000101/review/338043791?campaignid=RR_&return=", "7000101"),
        ("/ugc/v2/reviews?page=1&pageSize=20&sku=7000101&sort=MOST_RECENT", "7000101"),
        ("/product/a-lamp/JJGCQ8WQR5", None),
        ("/site/x/x/pcmcat138500050001.c?id=pcmcat138500050001", None),
        ("/site/a/7000101.p?skuId=../x", "7000101"),
        ("http://[", None),
        ("", None),
    ],
)
def test_the_sku_of_a_url(url: str, sku: str | None) -> None:
    assert sku_of(url) == sku


def test_urls_of_requests_name_their_sku_or_category() -> None:
    site = "http://127.0.0.1:8000/"
    assert sku_of(product_url(site, "43900")) == "43900"
    assert product_url(site, "43900").startswith("http://127.0.0.1:8000/site/")
    assert review_url(site, "43900", page=3) == (
        "http://127.0.0.1:8000/ugc/v2/reviews?page=3&pageSize=20&sku=43900&sort=MOST_RECENT"
    )
    assert listing_url(site, "abcat0502000") == "http://127.0.0.1:8000/site/x/x/abcat0502000.c?cp=1&id=abcat0502000"


def test_an_image_without_its_resize_suffix() -> None:
    full = "https://pisces.bbystatic.com/image2/BestBuy_US/images/products/7000/7000101_sd.jpg"
    assert original_image(f"{full};maxHeight=256;maxWidth=384?format=webp") == full
    assert original_image(full) == full
