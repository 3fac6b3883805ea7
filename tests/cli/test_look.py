"""`ls` and `show`: what is in a snapshot, node by node, in each format."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import tracemalloc
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

import lineage
from lineage.domain.canonical import canonical
from lineage.domain.records import Enumeration
from lineage.errors import UnknownNode
from lineage.graphs.derive import join
from tests.records import ACCOUNT, REGION, arn, processing, record, training
from tests.snapshot.packing import with_bodies
from tests.snapshot.test_file import crawl, gap
from tests.work import steps

MANY = 30_000


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot of very many models, all with a tag."""
    path = tmp_path_factory.mktemp("many") / "s.db"
    crawl(path)
    rows = ((arn("model", f"Fit-{n * 97:08}"), f"Fit-{n * 97:08}") for n in range(MANY))
    with closing(with_bodies(sqlite3.connect(path))) as db, db:
        db.executemany("""INSERT INTO node VALUES (?, 'model', ?, '', '', '', '', '', '', 1, '{"tags":["team=x"]}')""", rows)
    return path


ONE = {
    "kind": "model", "name": "Loans-Model-42", "account": "111122223333", "region": "eu-west-1",
    "created": "2026-05-04T09:10:00Z", "status": None, "id": arn("model", "Loans-Model-42"),
}  # fmt: skip
CELLS = [value or "" for value in ONE.values()]


@pytest.mark.parametrize(
    ("form", "read"),
    [
        ("tsv", lambda out: [line.split("\t") for line in out.splitlines()]),
        ("csv", lambda out: list(csv.reader(io.StringIO(out)))),
        ("md", lambda out: [line[2:-2].split(" | ") for number, line in enumerate(out.splitlines()) if number != 1]),
        ("json", lambda out: [list(ONE), *([value or "" for value in one.values()] for one in json.loads(out)["nodes"])]),
        (
            "jsonl",
            lambda out: [list(ONE), *([value or "" for value in json.loads(line).values()] for line in out.splitlines())],
        ),
        (
            "table",
            lambda out: [out.split("\n")[0].split(), [*out.split("\n")[1].split()[:5], "", out.split("\n")[1].split()[5]]],
        ),
    ],
)
def test_ls_in_each_format(ask, form: str, read) -> None:
    """Each format shows the same: kind, name, account, region, created, status, id."""
    ran = ask("ls", "+loans-live", "kind:model", "-f", form)
    assert (ran.code, read(ran.out)) == (0, [list(ONE), CELLS])


def test_ls_lists_everything(ask, bank: lineage.Snapshot, tmp_path: Path) -> None:
    """Without a selector each node is a line, on stdout as in a file."""
    ran = ask("ls", "-f", "jsonl")
    assert [json.loads(line)["id"] for line in ran.out.splitlines()] == sorted(node.id for node in bank.nodes())
    assert ask("ls", "-o", "nodes.jsonl").code == 0
    assert (tmp_path / "nodes.jsonl").read_text() == ran.out
    assert json.loads(ask("ls", "-f", "json").out)["schema"] == "lineage.nodes/1"


def test_ls_of_nothing_is_refused(ask) -> None:
    """A selector that matches nothing exits with 2, and an unknown kind gets the list of kinds."""
    ran = ask("ls", "kind:modle")
    assert (ran.code, ran.out) == (2, "")
    assert "no kind 'modle'; did you mean model" in ran.err
    assert (
        ask("ls", "kind:model", "tag:team=fraud").err
        == "lineage: nothing in the snapshot has the tag 'team=fraud': `lineage crawl --tags` reads tags\n"
    )
    assert ask("ls", "loans-liv").err == "lineage: nothing in the snapshot is named 'loans-liv'; did you mean loans-live?\n"
    assert ask("ls", "tag:").code == 2


SELECTORS = (
    "kind:model", "kind:dataset", "kind:model tag:team", "tag:team=fraud", "tag:tea", "loans-live", "LOANS-LIVE", "model/Loans-Model-42",
    "endpoint/Loans-Model-42", "s3://bank-ml/loans/", "s3://bank-ml/loans/train/x.csv", "s3://bank-ml/ kind:artifact", "s3://none/",
    arn("model", "Loans-Model-42"), arn("model", "none"), "loans-live loans-live-config", "kind:none", "kind:", "tag:", "tag:none", "nobody kind:model", "loans-liv", "none/x", "s3://",
    "s3://*", "s3://*/train/", "s3://bank-r?w/*", "efs://*", "s3://no-such-*", "kind:dataset s3://*",
)  # fmt: skip


@pytest.mark.parametrize("selector", SELECTORS)
def test_ls_reads_what_select_selects(bank: lineage.Snapshot, bank_graph: lineage.Graph, selector: str) -> None:
    """`ls` over the snapshot gives node by node what the graph gives, also where that is an error."""

    def told(chosen) -> list[str] | str:
        try:
            return sorted(chosen())
        except lineage.LineageError as error:
            return str(error)

    assert told(lambda: [node.id for node in lineage.nodes(bank, selector)]) == told(
        lambda: lineage.select(bank_graph, selector)
    )


def test_tags_are_selected_by_key_and_value(tmp_path: Path) -> None:
    """A tag is selected by its key, or with its value: whole, in its exact case, also where it holds a `=`."""
    tagged = {"a": "team=x", "b": "team=x=y", "c": "Team=x", "d": "teams=x"}
    jobs = [
        training(name, {}, Tags=[dict(zip(("Key", "Value"), tag.split("=", 1), strict=True))]) for name, tag in tagged.items()
    ]
    crawl(tmp_path / "s.db", *jobs)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        chosen = {tag: [node.name for node in lineage.nodes(snapshot, f"tag:{tag}")] for tag in ("team", "team=x", "team=x=y")}
        names = {
            tag: [
                snapshot_node["name"]
                for _, snapshot_node in lineage.select(lineage.graph(snapshot), f"tag:{tag}").nodes(data=True)
            ]
            for tag in chosen
        }
    assert (
        chosen
        == {"team": ["a", "b"], "team=x": ["a", "b"], "team=x=y": ["b"]}
        == {tag: sorted(found) for tag, found in names.items()}
    )


def test_what_walks_is_not_listed(bank: lineage.Snapshot) -> None:
    """A selector that goes up or down needs a graph, and is refused with a sentence."""
    with pytest.raises(lineage.MalformedName, match="'\\+loans-live' goes up or down, which takes a graph"):
        lineage.nodes(bank, "+loans-live")


def test_very_many_nodes_are_listed_one_by_one(many: Path) -> None:
    """A kind or a tag of many nodes is printed from the first one on, without the others in memory."""
    with lineage.open_snapshot(many) as snapshot:
        tracemalloc.start()
        for selector in ("", "kind:model", "tag:team=x", "kind:model tag:team=x"):
            with closing(lineage.nodes(snapshot, selector)) as found:
                assert sum(1 for _ in found) == MANY
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 5_000_000


def test_a_name_that_nothing_has_is_missed_at_once(many: Path) -> None:
    """Among very many names similar ones are found without a comparison with all."""
    with lineage.open_snapshot(many) as snapshot:
        for slip in (
            "Fit-01x97465",
            "Ftt-01197465",
            "it-01197465",
            "Fit-0119745",
            "Fit-011974655",
            "Fit-01197456",
            "model/Fit01197465",
        ):
            with steps(snapshot) as gone, pytest.raises(UnknownNode, match="did you mean .*Fit-01197465"):
                lineage.find_in(snapshot, slip)
            assert 100 * len(gone) < MANY
        with pytest.raises(UnknownNode, match=r"lineage\.nodes\(snapshot\) lists what is there"):
            lineage.find_in(snapshot, "x" * 5_000)


def test_a_cell_can_not_break_its_row(run, tmp_path: Path) -> None:
    """Bars, quotes and commas in a key stay in their cell."""
    crawl(tmp_path / "s.db", training("j", {"train": 's3://d/a|b,"c"/'}))
    assert '| dataset | s3://d/a\\|b,"c"/ |' in run("ls", "kind:dataset", "-f", "md", "--snapshot", "s.db").out
    rows = list(csv.reader(io.StringIO(run("ls", "kind:dataset", "-f", "csv", "--snapshot", "s.db").out)))
    assert 's3://d/a|b,"c"/' in [row[1] for row in rows]


def test_markdown_shows_a_name_and_does_not_render_it(run, tmp_path: Path) -> None:
    """Angle brackets, entities, code and emphasis in a key are shown as text, and make no link or tag."""
    crawl(tmp_path / "s.db", training("j", {"train": "s3://d/<b>&amp;`x`*y*_z_[a](b)~k_k\\/"}))
    told = run("ls", "kind:dataset", "-f", "md", "--snapshot", "s.db").out
    assert r"| s3://d/\<b\>\&amp;\`x\`\*y\*\_z\_\[a\](b)\~k_k\\/ |" in told
    assert "| `lineage trace` shows where" in run("check", "--list-rules", "-f", "md").out


def test_show_tells_all_of_a_node(tmp_path: Path) -> None:
    """`show` has the record as it was kept, the edges with their fields, the gaps, and the crawls that saw each version."""
    path = tmp_path / "s.db"
    endpoint = record(
        "endpoint", "e", {"CreationTime": "2026-01-01T00:00:00Z", "EndpointConfigName": "c", "EndpointStatus": "Updating"}
    )
    crawl(path, endpoint)
    crawl(path, endpoint)
    changed = replace(endpoint, body=endpoint.body | {"EndpointStatus": "InService"}, status="InService")
    crawl(path, changed, gap(endpoint.id, "DescribeEndpoint"))
    with lineage.open_snapshot(path) as snapshot:
        shown = lineage.show(snapshot, "e").as_json()
        config = lineage.show(snapshot, "c").as_json()
    assert (shown["schema"], shown["subject"]["id"], shown["attributes"]["status"]) == (
        "lineage.node/1",
        endpoint.id,
        "InService",
    )
    assert canonical(shown["record"]) == canonical(changed.body)
    assert [(edge["relation"], edge["path"]) for edge in shown["edges_in"]] == [("configures", "EndpointConfigName")]
    assert [one["operation"] for one in shown["gaps"]] == ["DescribeEndpoint"]
    assert [(one["first_crawl"], one["last_crawl"], one["status"]) for one in shown["versions"]] == [
        (1, 2, "Updating"),
        (3, 3, "InService"),
    ]
    assert (config["record"], config["versions"], config["subject"]["observed"]) == (None, [], False)


def test_show_of_an_earlier_life(tmp_path: Path) -> None:
    """A reused name means its last life; an earlier one is shown by its id, with its own record."""
    old, new = training("j", {"train": "s3://old/"}, day="2026-01-01"), training("j", {"train": "s3://new/"}, day="2026-03-01")
    crawl(tmp_path / "s.db", old, new)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert lineage.show(snapshot, "j").record == new.body
        assert lineage.show(snapshot, f"{old.id}@{old.created}").record == old.body


def test_show_of_a_place(ask) -> None:
    """An S3 URI is shown with its readers and writers."""
    ran = ask("show", "s3://bank-ml/loans/train/", "-f", "table")
    assert ran.out.splitlines()[:4] == [
        "s3://bank-ml/loans/train/ · dataset",
        "  id  s3://bank-ml/loans/train/",
        "1 edge into it",
        f"  writes  {arn('processing-job', 'loans-prep-0042')}  train (data)  ProcessingOutputConfig.Outputs[].S3Output.S3Uri  2026-05-03T08:20:00Z/2026-05-03T08:20:00Z",
    ]
    assert f"  reads  {arn('training-job', 'loans-fit-0042')}  train (data)" in ran.out


def test_show_on_the_command_line(ask, bank: lineage.Snapshot) -> None:
    """JSON is what Python answers; rows have whole values; a person sees the record and whether it was seen at all."""
    assert json.loads(ask("show", "loans-live", "-f", "json").out) == lineage.show(bank, "loans-live").as_json()
    rows = [line.split("\t") for line in ask("show", "loans-live").out.splitlines()]
    assert {len(row) for row in rows} == {8}
    assert {row[0] for row in rows[1:]} == {"attribute", "edge in", "version", "record"}
    assert '    "EndpointConfigName": "loans-live-config",' in ask("show", "loans-live", "-f", "table").out.splitlines()
    assert ask("show", "ledger-0", "-f", "table").out.startswith("ledger-0 · model · not observed\n")


def test_show_refuses_what_it_can_not_tell_apart(run, tmp_path: Path) -> None:
    """A name that several nodes have is refused with their ids, an unknown one with similar names; both exit with 2."""
    crawl(tmp_path / "lineage.db", training("twice", {}), processing("twice", {}, {}))
    ran = run("show", "twice")
    assert ran.code == 2
    assert (
        ran.err
        == f"lineage: several are named twice: name one by its id: {arn('processing-job', 'twice')}, {arn('training-job', 'twice')}\n"
    )
    assert run("show", "twise").err == "lineage: nothing in the snapshot is named 'twise'; did you mean twice?\n"
    assert run("show", "training-job/twise").err.endswith("did you mean training-job/twice?\n")


def test_a_deleted_node_says_so(tmp_path: Path) -> None:
    """A node that a complete list no longer contains is shown with the time by which it was gone."""
    gone = record("model", "m", {"CreationTime": "2026-01-01T00:00:00Z"})
    crawl(tmp_path / "s.db", gone)
    with lineage.Snapshot(tmp_path / "s.db", writing=True) as snapshot, snapshot.recording() as recording:
        crawl_ = recording.begin(snapshot.crawls()[0])
        recording.mark_gone(Enumeration(ACCOUNT, REGION, "model", "ListModels", "2026-02-01T00:00:00Z"), "2026-02-01T00:00:00Z")
        recording.replace_graph(lambda db: join(db, recording.resources, listings=recording.listings))
        recording.finish(crawl_.started)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert lineage.show(snapshot, "m").attributes["deleted"] == "2026-02-01T00:00:00Z"


@pytest.mark.parametrize("word", ["s3://bank-ml/loans", "s3://bank-ml/loans/"])
def test_a_place_means_all_that_share_its_keys(account_path: Path, word: str) -> None:
    """A place means all that share keys with it, with or without a slash: `+` misses no endpoint that `impact` finds."""
    with lineage.open_snapshot(account_path) as bank:
        for source in (bank, lineage.graph(bank)):
            places = set(lineage.select(source, word))
            assert {"s3://bank-ml/loans/", "s3://bank-ml/loans/train/"} <= places
            assert {node.id for node in lineage.nodes(bank, word)} == places
            below = set(lineage.select(source, f"{word}+"))
            reached = {row["id"] for row in lineage.impact(bank, word).reached if row["sure"] and row["kind"] == "endpoint"}
            assert reached
            assert reached <= below
