"""What a bar came to, and the table of all."""

from dataclasses import dataclass


@dataclass
class Result:
    bar: str
    limit: str  # as the table shows it; empty: told for comparison
    measured: float
    most: float | None
    detail: str = ""
    least: float | None = None
    unit: str = ""

    @property
    def passed(self) -> bool | None:
        if self.most is None:
            return None
        return self.measured <= self.most and (self.least is None or self.measured >= self.least)

    def row(self) -> str:
        verdict = {True: "pass", False: "FAIL", None: ""}[self.passed]
        figure = f"{self.measured:.0f} {self.unit}" if self.unit else f"{self.measured:.2f}"
        return f"| {self.bar} | {self.limit} | {figure} | {verdict} | {self.detail} |"


HEADER = "| bar | limit | measured | | figures |\n|-|-|-|-|-|"
