"""All figures of finding and answering, on one page: ``python -m bench.quality DATA --plot docs/images/quality.png``."""

import argparse
import json
import random
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.evaluation import Report, cell, evaluate_chat, evaluate_squad
from assistant.metrics import Mode
from assistant.outcomes import Judged
from assistant.settings import SURE
from index.encoder import Encoder, load_encoder
from index.progress import silent
from training.noise import misspelt

SETS = {
    "idk_mrc": "IDK-MRC",
    "tydiqa_id": "TyDi QA, Indonesian",
    "facqa": "FacQA",
    "kelasqa": "KelasQA",
    "tydiqa_en": "TyDi QA, English",
}
CHAT = "KelasChat"
PUBLISHED = {
    "IDK-MRC: XLM-R base, 278 M parameters": {"answerable F1": 0.723},
    "IDK-MRC: mBERT, 178 M parameters": {"answerable F1": 0.727},
    "IDK-MRC: IndoBERT": {"answerable F1": 0.646},
    "IDK-MRC: IndoBERT with intermediate training": {"EM": 0.658, "F1": 0.725},
}
"""Of the test or valid questions of IDK-MRC, as its authors (Putri and Oh 2022) and model cards state them."""

BINS = 10


def main() -> None:
    """Measure every valid set in each mode, print the tables and draw the plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of the question sets")
    parser.add_argument("--plot", type=Path, help="picture to write")
    options = parser.parse_args()
    encoder = load_encoder()
    collections = sorted(path for path in (options.data / "kelaschat" / "valid").iterdir() if path.is_dir())
    reading = read_figures(options.data, collections, encoder)
    show("Reading the right passage", {**overall(reading), **PUBLISHED})
    for name, report in reading.items():
        if len(report) > 1:
            show(f"Reading the right passage: {name}", report)
    found = {label: over_all(options.data, name, Mode.RETRIEVAL, encoder) for name, label in SETS.items()}
    show("Finding passages", found)
    asked = {"all": over_all(options.data, "tydiqa_id", Mode.ANSWERS, encoder)}
    show("Asking 402 questions over 4,264 passages", asked)
    show("A class's questions", evaluate_chat(collections, encoder, None, SURE, silent).figures)
    show("The same, every question misspelt on top", misspelt_figures(collections, encoder))
    judged = evaluate_chat(collections, encoder, None, 0.0, silent).judged
    points = reliability(judged)
    print(f"\nExpected calibration error on KelasChat's valid questions: {calibration_error(points):.3f}")
    if options.plot:
        draw(options.plot, overall(reading), points)


def read_figures(data: Path, collections: Sequence[Path], encoder: Encoder) -> dict[str, Report]:
    """Figures of the reader over the gold passage, by set."""
    files = {label: [data / name / "valid.json"] for name, label in SETS.items()}
    files[CHAT] = [folder / "questions.json" for folder in collections]
    return {
        label: evaluate_squad(some, some, Mode.READER, encoder, SURE, None, silent).figures
        for label, some in files.items()
    }


def over_all(data: Path, name: str, mode: Mode, encoder: Encoder) -> dict[str, float]:
    """Figures of a set's valid questions over the passages of its train and valid files."""
    files = [data / name / "train.json", data / name / "valid.json"]
    return evaluate_squad(files, files[1:], mode, encoder, SURE, None, silent).figures["all"]


def misspelt_figures(collections: Sequence[Path], encoder: Encoder) -> Report:
    """Figures of ``collections`` where every question is given shortened words and slips of the finger."""
    chance = random.Random(0)
    with tempfile.TemporaryDirectory() as work:
        folders = []
        for collection in collections:
            folders.append(Path(work) / collection.name)
            shutil.copytree(collection / "docs", folders[-1] / "docs")
            questions = json.loads((collection / "questions.json").read_text(encoding="utf-8"))
            for qa in (qa for article in questions["data"] for p in article["paragraphs"] for qa in p["qas"]):
                qa["question"] = misspelt(qa["question"], chance)
            (folders[-1] / "questions.json").write_text(json.dumps(questions), encoding="utf-8")
        figures = evaluate_chat(folders, encoder, None, SURE, silent).figures
    return {name: row for name, row in figures.items() if name == "all" or name.startswith("variety")}


def overall(reports: Mapping[str, Report]) -> Report:
    """The figures of whole sets."""
    return {label: report["all"] for label, report in reports.items()}


def reliability(judged: Sequence[Judged]) -> NDArray[np.float64]:
    """Rows of confidence, share right and number of answers, for tenths of confidence, shape (bins, 3)."""
    confidence = np.array([one.answer.confidence for one in judged])
    right = np.array([one.outcome.right for one in judged])
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    rows = [
        (confidence[bins == n].mean(), right[bins == n].mean(), (bins == n).sum())
        for n in range(BINS)
        if (bins == n).any()
    ]
    return np.array(rows)


def calibration_error(points: NDArray[np.float64]) -> float:
    """Expected calibration error (Naeini et al. 2015): mean distance of confidence and share right."""
    return float(np.average(np.abs(points[:, 0] - points[:, 1]), weights=points[:, 2]))


def show(title: str, report: Report) -> None:
    """Print ``report`` as a Markdown table."""
    columns = list(dict.fromkeys(column for figures in report.values() for column in figures))
    print(f"\n### {title}\n\n| | {' | '.join(columns)} |\n|{' --- |' * (len(columns) + 1)}")
    for name, figures in report.items():
        cells = (cell(column, figures.get(column)) for column in columns)
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def draw(path: Path, reading: Report, points: NDArray[np.float64]) -> None:
    """Draw F1 by set beside the published ones, and the reliability diagram."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (bars, diagram) = pyplot.subplots(1, 2, figsize=(11, 4.2), width_ratios=(3, 2))
    rows = {label: figures["answerable F1"] for label, figures in reading.items()}
    rows |= {
        name: figures["answerable F1"] for name, figures in PUBLISHED.items() if "answerable F1" in figures
    }
    colours = ["tab:blue" if name in reading else "tab:gray" for name in rows]
    drawn = bars.barh(list(rows), [100 * value for value in rows.values()], color=colours)
    bars.bar_label(drawn, fmt="%.1f", padding=3)
    bars.invert_yaxis()
    bars.set(xlim=(0, 100), title="Answerable F1 over the right passage\n(blue: Tanya, 38 M parameters)")
    diagram.plot([0, 1], [0, 1], color="tab:gray", linestyle=":")
    diagram.plot(points[:, 0], points[:, 1], marker="o")
    diagram.axvline(SURE, color="tab:red", linewidth=1)
    diagram.set(
        xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="share right",
        title=f"KelasChat: confidence and truth\n(expected calibration error {calibration_error(points):.3f})",
    )  # fmt: skip
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
