"""CNN Lab's package: train, open up, compare and deploy the classic convolutional networks.

This file imports nothing, so that `import cnn_core` is free; import the layer you need
(`docs/architecture.md` draws them).
"""
