"""Files of deals of any length, the same ones each time."""

import random
from datetime import datetime, timedelta
from pathlib import Path

CUSTOMERS = 20_000
GEMS = ("Сапфир", "Рубин", "Изумруд", "Танзанит", "Яшма", "Цаворит", "Петерсит", "Опал", '"Агат, голубой"')
HEADER = "customer,item,total,quantity,date\n"
BLOCK_ROWS = 10_000


def write(path: Path, rows: int) -> None:
    """About 65 bytes a row; one row in some hundred has a quoted value."""
    chance = random.Random(1)
    moment = datetime(2018, 12, 14, 8, 29, 52, 506166)  # noqa: DTZ001 — written without an offset, as UTC
    gems = [*GEMS, *(f"Камень {number}" for number in range(300))]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER)
        for start in range(0, rows, BLOCK_ROWS):
            lines = []
            for _ in range(min(BLOCK_ROWS, rows - start)):
                moment += timedelta(microseconds=chance.randrange(20_000_000))
                quantity = chance.randrange(1, 30)
                customer = f"customer{chance.randrange(CUSTOMERS)}"
                lines.append(
                    f"{customer},{chance.choice(gems)},{chance.randrange(1, 9_000) * quantity},{quantity},{moment}\n"
                )
            file.write("".join(lines))
