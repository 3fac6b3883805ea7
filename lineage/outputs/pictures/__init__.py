"""Pictures of graphs and leaderboards: laid out, folded, drawn."""
