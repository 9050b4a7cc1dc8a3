"""The words in which a model may word the free clause: those of delivery, and no others.

A figure can be held against the terms; a promise cannot. So a model's clause is closed: every word of it stands here,
or the template writes instead. No word here gives up, ends, approves, orders or denies anything.
"""

import re
import unicodedata
from collections.abc import Collection

from contracts.paper.field import Values
from contracts.paper.free_text import differences

_ENGLISH = """
    a additional agreed agreement all amount an and are as at be begin beginning begins between both buyer by
    clock day days deliver delivered deliveries delivers delivery during each electricity energy every expected
    following follows for from given half hour hours in into is it its kwh leave less local long may metered
    minute minutes month months more of on once or part per percent permille planned quantity receive received
    receives seller share slot slots start starting starts take taken takes that the their them these they this
    through time times to total under until up volume wh when where which while will with within year years
"""
ENGLISH = frozenset(_ENGLISH.split())
JAPANESE = re.compile(
    "売り手|買い手|受渡し|受け渡す|受け渡し|受け取る|受け取り|引き取る|引取り|引き取らないことができる|電力量|電力|予定量|予定|各|毎日|"
    "開始|終了|始まり|始まる|終わり|終わる|時刻|時間帯|時間|期間|範囲|以内|及び|又は|並びに|合計|割合|単位|コマ|年間|か月|月間|日間|分間|"
    "量|幅|内|間|年|月|日|時|分|一|"
    "することができる|ことができる|できる|とします|します|とする|である|される|まで|から|ごと|ずつ|うち|とし|する|こと|その|"
    "[はがをにでとのもへし]|[、。・,.:~〜()%‰□ \\dA-Za-z/]"
)
WORD = re.compile(r"[A-Za-z]+")
UNITS = frozenset({"kWh", "Wh", "MWh", "JPY", "kW", "W"})


def unfit(text: str, language: str, values: Values, others: Collection[str] = ()) -> list[str]:
    """Why a model's clause may not stand: figures and parties that the terms lack, and words of other matters."""
    return differences(text, values, others) + [f"word {word}" for word in _strange_words(text, language)]


def _strange_words(text: str, language: str) -> list[str]:
    """The words of a text in which a model may not word a clause; empty when all are known."""
    folded = unicodedata.normalize("NFKC", text)
    if language == "en":
        words = [word for word in WORD.findall(folded) if word not in UNITS and word.lower() not in ENGLISH]
        return words + re.findall(r"[^\x00-\x7f–—’]", folded)
    left = JAPANESE.sub("", folded)
    latin = [word for word in WORD.findall(folded) if word not in UNITS]
    return [*left, *latin]
