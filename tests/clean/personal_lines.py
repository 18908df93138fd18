"""Labelled lines of reviews with e-mail addresses, telephone numbers, and texts that look similar.

The lines were written by hand before the rules, in the style of reviews of electronics, and do not follow changes of
the rules. `{e:...}` is an address and `{p:...}` a number that must be masked; all other text must not change. Numbers
are from the ranges reserved for fiction; addresses have example domains or are invented.
"""

from __future__ import annotations

import re

POSITIVE = """\
Write to me at {e:jane.doe@example.com} if you want pictures.
My email is {e:jdoe77@example.org}.
({e:sales@example.net}) never answered.
Contact <{e:mike_the-man+tv@mail.example.co.uk}> for the mount.
EMAIL: {e:BIGDAD@EXAMPLE.COM}!!
send a mail to {e:a.b.c@sub.example.edu}, they reply fast
reach me:{e:x99@example.io}
two addresses: {e:one@example.com}/{e:two@example.com}
{e:support@example-brand.com} was useless, so was the chat.
I wrote {e:help@example.com}and got nothing
Hit me up at {e:jane.doe77 at gmail dot com} for the manual.
you can ask {e:tvguy [at] example [dot] com}
my address is {e:laptop_lady(at)yahoo(dot)com} if you need it
mail {e:kim@example.travel} for a refund
mailto:{e:owner@example.us}
Call me at {p:(212) 555-0134}.
Call me at {p:212-555-0134} any time after six.
text {p:212.555.0134} please
tel {p:212 555 0134}
Their number is {p:1-800-555-0199}, hours are bad.
customer service at {p:1 (800) 555-0199} hung up on me
dial {p:+1 212 555 0134}
dial {p:+1-212-555-0134} or ask for {e:help@example.com}
{p:800-555-0199} is their hotline
Phone:{p:303-555-0177}
ph. {p:(303)555-0177}
Call {p:2125550134} and ask for Joe.
my cell is {p:3035550177}
The support line {p:(888) 555-0123} is only in English.
call us toll free {p:866.555.0145} today!
Samsung told me to call {p:1.800.555.0199}
If yours breaks: {p:18005550199}.
my number {p:404-555-0156} ext. 12 is on the form
I live in London, {p:+44 20 7946 0958} is my number.
from Canada {p:+1 416 555 0198}
Mexico: {p:+52 55 5123 4567}
Geek squad gave me {p:877-555-0188} which is a fax
{p:(404) 555-0156} / {p:(404) 555-0157}
numbers are {p:404-555-0156}, {p:404-555-0157}
call or text {p:503-555-0142}, ask for Dana, {e:dana@example.com}
just call 1-800-BESTBUY or {p:1-800-555-0163}
installer: Bob {p:(512) 555-0111}.
Call {p:555-0134} if you live in town.
my phone number is {p:555-0177}
text me {p:555.0142}
I called {p: 1-800-555-0199 } four times
Fax {p:(512)-555-0111}
his WhatsApp is {p:+1 (512) 555-0111}
\u260e {p:512-555-0111}
Contact them on {p:+49 30 23125 004}
Customer care number: {p:512 - 555 - 0111}
The old {p:512\u2011555\u20110111} still works
{p:512-555-0111}
tty {p:711-555-0111}?
"""
"""Lines with addresses or numbers to mask."""

NEGATIVE = """\
The model is WF45T6000AW and it fits.
Replaced my RF28R7351SR/AA after 3 years.
UPC 887276396453 on the box.
UPC: 0 12345 67890 5
The SKU is 6401728.
SKU 6401728 and 6430161 are the same but for colour.
Paid $1,299.99 plus tax.
It was $2125550134 dollars in my dreams
Was 1299.00, now 899.00, so I saved 400.00.
$499-$599 is a fair price range
Between 800-1000 dollars is too much.
Resolution of 3840 x 2160 at 120 Hz.
3840x2160 and 1920-1080 both work
It measures 35 3/4 x 70 x 36 1/2 inches.
29.75 x 68.875 x 33.5 in the nook
69-7/8 x 35-3/4 x 28-1/2
cut out is 30-1/8 by 14-5/16 by 24
2023-11-24 it arrived, 2024-01-15 it died.
Bought 11/24/2023, returned 12/02/2023.
from 2019-2023 we had the old one
Delivered between 10:30-12:45 on 05.06.2023
12-12-2012 was a good day
Order BBY01-806555012345 never came.
order number 8065550123 never came
order # 806-555-0123 was lost
order no. 8065550123
confirmation number 4045550156
tracking 1Z999AA10123456784
tracking number 9400110200881234567890
tracking 771234567890 with FedEx
serial number 2125550134
serial no: 0123456789
S/N 4045550156
part number 242-252-7020
part 2187172
part # 240-323-0020 does not fit
model 404-555-0156 is the black one
model number 5125550111
item 5035550142
ISBN 978-0-13-468599-1
ISBN 0-13-468599-7
EAN 4006381333931
FCC ID 2AHMR-ESP8266
IMEI 356938035643809
MAC 00:1A:2B:3C:4D:5E
set the router to 192.168.1.1
DNS 208.67.222.222 and 208.67.220.220
DNS is 208.67.222.22
255.255.255.0 as mask
firmware 1.800.555.0199
firmware 2.12.555.0134 fixed it
firmware 1.404.55.01.56
version 10.0.19041.1237
driver 31.0.15.3179
RTX 3060-3070-3080 compared
i7-12700H with 16-512 GB
10700-12700-13700 are the choices
Core i5 1135-1145-1155 series
Intel 11th gen 1165 7 1185 7
speeds of 300-400-1300 Mbps
Cycles 212 555 0134 seems random but 100 200 3000 is a list
battery 5000 mAh 4500 mAh 4000 mAh
100-240V 50-60Hz 1200W
110-120-220-240 volts
Charges 0-100 in 45-50 minutes
frequencies 20-20000 Hz
4.5 stars out of 1,234 reviews
1000 1200 1600 3200 dpi
dpi 800-1600-3200
8-10-12 cups
365 days 24 hours 60 minutes
ZIP 55401-0134
zip code 10001
24/7 support, 365 days
call 911 if it smokes
dial 411
We called 7 times in 2 weeks
It took 3 calls, 2 emails, 45 minutes.
call of duty 4 2007 and 2019 both run
Phone with 128 256 512 GB
phone 13 12 11 are all good
My phone is 6.7 inches and 1440 x 3088
cell phone case for 6-6.1 screens
the number 7 button sticks
the number 555-0134 on the label is the part
Runs at 4K@60Hz and 1080p@120Hz
1080p@60fps.it looks great
8K@30 or 4k@60.Both fine
@BestBuy please restock!
Follow me @tech_guy on the bird site
look at amazon dot com for the price
found it at bestbuy.com
see www.example.com/support
https://example.com/p?skuId=6401728&x=2125550134
bought @ target.com for less
met @ the store.no one helped
5 stars @ $199.99
Tested @ 3.5GHz
2@$19.99
I am @ home.alone with it
user@home is my router name
root@192 is what it says
@@@@@@ love it @@@@@@
PS5, PS4, XBOX 360 and 1
Weighs 212.5 lbs, 555 watts, 0134 code
1 800 555 is not a number
code 0000-1111-2222
code 1234-5678-9012-3456 on the gift card
gift card 6006491234567890123
error 0x80070005
error E2-555-0134 shows up
Room is 12 x 14 x 8
5-7-9 minutes
0.00000001 percent
10000000000 percent happy
1000000000000/10
1234567890
100-200-3000
9.99-19.99-29.99
2x4x8 3x5x7
7:00am-10:30pm 7 days
filters: 4396841 4396710 W10295370
replaces 8171413 and 8212652 8212656
LG LT1000P ADQ747935
HP 902XL 910XL 952XL
TN-760 DR-730 1-2-3
bulbs 2700-3000-5000 K
99.9 % of 1,000,000,000
SPF 5125550 filter
4,045,550,156 steps
"""
"""Lines without addresses or numbers to mask."""

_MARK = re.compile(r"\{([ep]):([^}]*)\}")
_MASK = {"e": "[email]", "p": "[phone]"}


def labelled() -> list[tuple[str, str]]:
    """Each line, and its expected masked form."""
    lines = [*POSITIVE.splitlines(), *NEGATIVE.splitlines()]
    return [(_MARK.sub(_plain, line), _MARK.sub(_masked, line)) for line in lines]


def _plain(found: re.Match[str]) -> str:
    return found[2]


def _masked(found: re.Match[str]) -> str:
    inner = found[2]
    left, right = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
    return f"{left}{_MASK[found[1]]}{right}"
