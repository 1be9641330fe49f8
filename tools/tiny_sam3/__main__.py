"""`python -m tools.tiny_sam3 build --out DIR` makes the tiny SAM 3 from nothing; `… evaluate DIR` measures one."""

import argparse
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.tiny_sam3", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _describe_build(commands.add_parser("build", help="train a checkpoint; goes on where an earlier build stopped"))
    _describe_evaluate(commands.add_parser("evaluate", help="measure a checkpoint through the product's engine"))
    arguments = parser.parse_args()
    arguments.run(arguments)


def _describe_build(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help="the checkpoint's folder; stages are kept in its work/")
    parser.add_argument("--device", help="cpu, cuda, cuda:1; the best there is by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies steps and scenes; 0.02 takes minutes")
    parser.add_argument("--start-from", type=Path, help="a checkpoint to train further instead of one from nothing")
    parser.add_argument("--learning-rate", type=float, help="of the stage that trains everything")
    parser.add_argument("--minutes", type=float, help="end the stage that trains everything after so long")
    parser.add_argument("--click-minutes", type=float, help="end the click head's training after so long")
    parser.set_defaults(run=_build)


def _describe_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", type=Path, nargs="+", help="a folder, or several to compare")
    parser.add_argument("--scenes", type=int, default=60, help="of each generator")
    parser.add_argument("--only", nargs="+", default=(), choices=("training", "demo", "unfamiliar"), help="generators")
    parser.add_argument("--card", action="store_true", help="print the tables of MODEL_CARD.md")
    parser.set_defaults(run=_evaluate)


def _build(arguments: argparse.Namespace) -> None:
    from tools.tiny_sam3.build import Order, build

    build(
        Order(
            folder=arguments.out,
            device=arguments.device,
            seed=arguments.seed,
            scale=arguments.scale,
            start_from=arguments.start_from,
            learning_rate=arguments.learning_rate,
            minutes=arguments.minutes,
            click_minutes=arguments.click_minutes,
        )
    )


def _evaluate(arguments: argparse.Namespace) -> None:
    from tools.tiny_sam3.evaluate import evaluate
    from tools.tiny_sam3.report import as_json, as_tables

    for folder in arguments.checkpoint:
        report = evaluate(folder, scenes=arguments.scenes, only=arguments.only)
        print(as_tables(report) if arguments.card else as_json(report))


if __name__ == "__main__":
    main()
