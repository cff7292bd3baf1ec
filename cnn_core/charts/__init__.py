"""Results to figures, without torch: ECharts for what moves, plotly for what stands still."""
