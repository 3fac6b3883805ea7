#!/usr/bin/env bash
# graphology-graphml 0.5.2 with graphology 0.26.0 (the newest on 2026-11-29) reads four things wrongly that GraphML allows:
#
# 1. A key for="all" ends in a TypeError of the parser.
# 2. An edge with directed="false" in a directed graph becomes a directed edge.
# 3. The data of a graph after its first node is dropped; before it, the same data is read.
# 4. A default stays a text whatever the type of its key: 5 becomes "5", while the same value in <data> becomes the number.
#
# Expected: each is read as the specification says (http://graphml.graphdrawing.org/specification.html), or refused with a sentence.
# Seen: the output below. Exits 1 if the output differs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund graphology@0.26.0 graphology-graphml@0.5.2
cat >expected.txt <<'OUT'
key for all: TypeError: Cannot set properties of undefined (setting 'k')
edge directed="false" in a directed graph: directed
data of the graph before its first node: {"k":"told"}
data of the graph after its first node: {}
an int with the default 5: {"k":"5"}
an int 5: {"k":5}
OUT
cat >try.js <<'JS'
const {MultiDirectedGraph} = require('graphology');
const {parse} = require('graphology-graphml/node');

function read(key, graph, answer) {
  const xml = `<graphml xmlns="http://graphml.graphdrawing.org/xmlns">${key}<graph edgedefault="directed">${graph}</graph></graphml>`;
  try {
    return answer(parse(MultiDirectedGraph, xml));
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

const key = (of, type, inner = '') => `<key id="k" for="${of}" attr.name="k" attr.type="${type}">${inner}</key>`;
const data = value => `<data key="k">${value}</data>`;
const node = value => `<node id="n">${value}</node>`;
const ofNode = graph => JSON.stringify(graph.getNodeAttributes('n'));
const ofGraph = graph => JSON.stringify(graph.getAttributes());
const sort = graph => (graph.isDirected(graph.edges()[0]) ? 'directed' : 'undirected');

console.log(`key for all: ${read(key('all', 'string'), node(data('told')), ofNode)}`);
const loose = `${node('')}<node id="m"/><edge source="n" target="m" directed="false"/>`;
console.log(`edge directed="false" in a directed graph: ${read('', loose, sort)}`);
console.log(`data of the graph before its first node: ${read(key('graph', 'string'), data('told') + node(''), ofGraph)}`);
console.log(`data of the graph after its first node: ${read(key('graph', 'string'), node('') + data('told'), ofGraph)}`);
console.log(`an int with the default 5: ${read(key('node', 'int', '<default>5</default>'), node(''), ofNode)}`);
console.log(`an int 5: ${read(key('node', 'int'), node(data('5')), ofNode)}`);
JS
node try.js | tee seen.txt
diff expected.txt seen.txt
