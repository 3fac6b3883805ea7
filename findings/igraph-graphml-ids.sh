#!/usr/bin/env bash
# igraph 1.0.0 for Python (the newest on 2026-11-29) reads two sorts of ids in GraphML wrongly, without a warning:
#
# 1. The id of an edge becomes the id of the edge's source node, wherever the attribute `id` stands in the tag.
# 2. An ampersand in the id of a node becomes `&#38;`. In XML the value of `id="a&amp;b"` is `a&b`; in the text of <data> igraph reads it so.
#
# Expected: edge ids e0 and e1, and the node id a&b, as networkx 3.6.1 reads them from the same file.
# Seen: the output below. Exits 1 if the output differs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check igraph==1.0.0 networkx==3.6.1 2>/dev/null
cat >"$folder/expected.txt" <<'OUT'
networkx: nodes ['a&b', 'c'], names ['a&b', 'c'], edges ['e0', 'e1']
igraph:   nodes ['a&#38;b', 'c'], names ['a&b', 'c'], edges ['a&#38;b', 'c']
OUT
cat >"$folder/graph.graphml" <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="k" for="node" attr.name="name" attr.type="string"/>
  <graph edgedefault="directed">
    <node id="a&amp;b"><data key="k">a&amp;b</data></node>
    <node id="c"><data key="k">c</data></node>
    <edge id="e0" source="a&amp;b" target="c"/>
    <edge source="c" target="a&amp;b" id="e1"/>
  </graph>
</graphml>
XML
cat >"$folder/try.py" <<'PY'
import sys
import warnings

import igraph
import networkx

warnings.simplefilter("error")
theirs = networkx.read_graphml(sys.argv[1])
names = [data["name"] for _, data in theirs.nodes(data=True)]
print(f"networkx: nodes {list(theirs)}, names {names}, edges {[data['id'] for *_, data in theirs.edges(data=True)]}")
found = igraph.Graph.Read_GraphML(sys.argv[1])
print(f"igraph:   nodes {found.vs['id']}, names {found.vs['name']}, edges {found.es['id']}")
PY
"$folder/venv/bin/python" "$folder/try.py" "$folder/graph.graphml" | tee "$folder/seen.txt"
diff "$folder/expected.txt" "$folder/seen.txt"
