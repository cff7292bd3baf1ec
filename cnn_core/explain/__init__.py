"""What a network does with one picture: maps, filters, receptive fields, reasons.

Pure functions of an `nn.Module` in evaluation mode and a tensor; they return the values of
`cnn_core.results.inspection` and leave the network as it was: no hook stays, no gradient,
no mode and no number changes. This package file imports nothing, so that importing it does not
import torch.
"""
